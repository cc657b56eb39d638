import { DueLoop } from "../../connectors/due-loop.ts";
import { outboundNonce } from "../../connectors/nonce.ts";
import { retryDelay, retryLimits } from "../../connectors/retry-policy.ts";
import type {
  StoredDelivery,
  WebhookDeliveryStore,
} from "../../connectors/store/parts/webhook-delivery-store.ts";
import type { InboundMessageEvent, OutboundMessageRequest, RoutedOutput } from "../../contracts/connector.ts";
import type { WebhookIntegration, WebhookTarget } from "../../contracts/webhook.ts";
import { messageOf, PalyraError } from "../../platform/errors.ts";
import { actionDigest } from "../approvals/action-digest.ts";
import type { ApprovalDraft } from "../approvals/approval-decisions.ts";
import type { Decision } from "../approvals/approval-desk.ts";
import { messageText, quotedText } from "./delivery-text.ts";
import { noDestination } from "./hook-ingress.ts";

/** Effects in hand at one time, and of those, turns of the agent. */
const inHandLimit = 64;
const turnLimit = 4;
/** How long an agent may take, in milliseconds. */
const turnTimeoutMs = 300_000;
/** Deliveries whose approval is asked for at one time. */
const heldLimit = 32;

/** The connector that a delivery goes to. */
export interface Destination {
  split(text: string): string[];
  /** Messages for it are in the outbox. */
  wake(): void;
}

export interface DeliveryDeskOptions {
  readonly store: WebhookDeliveryStore;
  readonly integration: (integrationId: string) => WebhookIntegration | null;
  /** Null while there is no such connector, or it is disabled. */
  readonly destination: (connectorId: string) => Destination | null;
  /** The agent's answer to a message. */
  readonly turn: (event: InboundMessageEvent, signal: AbortSignal) => Promise<readonly RoutedOutput[]>;
  /** Asks the owner. */
  readonly ask: (draft: ApprovalDraft, signal: AbortSignal) => Promise<Decision>;
  /** Deliveries changed. */
  readonly changed: () => void;
  /** The store failed; returns milliseconds until the next try. */
  readonly onFault: (thrown: unknown) => number;
  readonly log: { warn(message: string, fields: Readonly<Record<string, unknown>>): void };
}

/**
 * Gives every accepted delivery its effect, exactly once: the messages and the note that the delivery is done are
 * one transaction, whenever the gateway may be killed.
 */
export class DeliveryDesk {
  readonly #options: DeliveryDeskOptions;
  readonly #loop: DueLoop;
  readonly #stopped = new AbortController();
  readonly #inHand = new Map<string, Promise<void>>();
  readonly #asking = new Map<string, AbortController>();
  #turns = 0;

  constructor(options: DeliveryDeskOptions) {
    this.#options = options;
    this.#loop = new DueLoop({
      work: () => this.#takeDue(),
      nextDueAt: () => this.#options.store.nextDueAt(),
      onFault: options.onFault,
    });
  }

  start(): void {
    this.#loop.start();
    this.#askHeld();
  }

  /** A delivery was accepted. */
  wake(state: "received" | "held" | "done"): void {
    if (state === "received") this.#loop.wake();
    if (state === "held") this.#askHeld();
    this.#options.changed();
  }

  /** Once more from the beginning, for one that is held or dead. @returns false for any other */
  async replay(deliveryId: string): Promise<boolean> {
    const released = await this.#options.store.release(deliveryId, Date.now());
    if (released) {
      this.#asking.get(deliveryId)?.abort(new Error("replayed"));
      this.wake("received");
    }
    return released;
  }

  /** @returns false when there is nothing to let go of */
  async discard(deliveryId: string, reason: string): Promise<boolean> {
    const discarded = await this.#options.store.discard(deliveryId, reason, Date.now());
    this.#asking.get(deliveryId)?.abort(new Error("discarded"));
    this.#options.changed();
    return discarded;
  }

  /** No effect is begun after this; those in hand end, or are done again after the next start. */
  async stop(): Promise<void> {
    this.#stopped.abort(new Error("The gateway stops."));
    await this.#loop.stop();
    await Promise.all(this.#inHand.values());
  }

  async #takeDue(): Promise<void> {
    const room = inHandLimit - this.#inHand.size;
    if (room <= 0) return;
    const due = await this.#options.store.due(Date.now(), inHandLimit + this.#inHand.size);
    const fresh = due.filter(({ deliveryId }) => !this.#inHand.has(deliveryId)).slice(0, room);
    for (const delivery of fresh) {
      if (this.#stopped.signal.aborted) return;
      this.#begin(delivery);
    }
  }

  #begin(delivery: StoredDelivery): void {
    const isTurn = this.#options.integration(delivery.integrationId)?.target?.mode === "agent";
    if (isTurn && this.#turns >= turnLimit) return;
    if (isTurn) this.#turns += 1;
    const work = this.#give(delivery)
      .catch((thrown: unknown) => {
        this.#options.onFault(thrown);
      })
      .finally(() => {
        if (isTurn) this.#turns -= 1;
        this.#inHand.delete(delivery.deliveryId);
        this.#options.changed();
        if (this.#inHand.size === 0 || isTurn) this.#loop.wake();
      });
    this.#inHand.set(delivery.deliveryId, work);
  }

  /** @throws what the store fails with */
  async #give(delivery: StoredDelivery): Promise<void> {
    const { store } = this.#options;
    const integration = this.#options.integration(delivery.integrationId);
    if (integration === null) {
      await store.fail(delivery.deliveryId, "The integration was removed.", null, Date.now());
      return;
    }
    const { target } = integration;
    if (target === undefined) {
      await store.complete(delivery.deliveryId, [], noDestination, Date.now());
      return;
    }
    let messages: OutboundMessageRequest[];
    try {
      messages = await this.#messages(delivery, target);
    } catch (thrown) {
      await this.#failed(delivery, thrown);
      return;
    }
    await store.complete(delivery.deliveryId, messages, null, Date.now());
    this.#options.destination(target.connector_id)?.wake();
  }

  async #messages(delivery: StoredDelivery, target: WebhookTarget): Promise<OutboundMessageRequest[]> {
    const destination = this.#options.destination(target.connector_id);
    if (destination === null) {
      throw new PalyraError("service_unavailable", `${target.connector_id} does not exist or is disabled.`);
    }
    const outputs: readonly RoutedOutput[] =
      target.mode === "message"
        ? [{ text: messageText(delivery), in_reply_to_message_id: null }]
        : await this.#turn(delivery, target);
    const parts = outputs.flatMap(({ text, attachments = [] }) =>
      destination.split(text).map((part, index) => ({
        text: part,
        ...(index === 0 && attachments.length > 0 ? { attachments } : {}),
      })),
    );
    return parts.map((part, sequence) => ({
      connector_id: target.connector_id,
      conversation_id: target.conversation_id,
      envelope_id: delivery.deliveryId,
      sequence,
      in_reply_to_message_id: null,
      nonce: outboundNonce(target.connector_id, delivery.deliveryId, sequence),
      ...part,
    }));
  }

  #turn(delivery: StoredDelivery, target: WebhookTarget): Promise<readonly RoutedOutput[]> {
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(turnTimeoutMs)]);
    return unlessAborted(this.#options.turn(turnEvent(delivery, target), signal), signal);
  }

  async #failed(delivery: StoredDelivery, thrown: unknown): Promise<void> {
    // A stop is no fault of the delivery: it is taken up again at the next start, as after a crash.
    if (this.#stopped.signal.aborted) return;
    const { deliveryId, integrationId } = delivery;
    const attempts = delivery.attempts + 1;
    const reason = messageOf(thrown);
    const now = Date.now();
    const next = attempts >= retryLimits.outboundAttempts ? null : now + retryDelay(attempts, Math.random());
    this.#options.log.warn(next === null ? "a delivery was given up" : "a delivery is tried again", {
      delivery: deliveryId,
      integration: integrationId,
      attempts,
      error: reason,
    });
    await this.#options.store.fail(deliveryId, reason, next, now);
  }

  #askHeld(): void {
    if (this.#stopped.signal.aborted) return;
    this.#options.store.held(heldLimit).then(
      (held) => {
        for (const delivery of held) if (!this.#asking.has(delivery.deliveryId)) this.#askOwner(delivery);
      },
      (thrown: unknown) => this.#options.onFault(thrown),
    );
  }

  #askOwner(delivery: StoredDelivery): void {
    const { deliveryId } = delivery;
    const withdrawn = new AbortController();
    this.#asking.set(deliveryId, withdrawn);
    this.#settleHeld(delivery, withdrawn.signal)
      .catch((thrown: unknown) => {
        if (!withdrawn.signal.aborted && !this.#stopped.signal.aborted) this.#options.onFault(thrown);
      })
      .finally(() => this.#asking.delete(deliveryId));
  }

  async #settleHeld(delivery: StoredDelivery, signal: AbortSignal): Promise<void> {
    const { store, ask } = this.#options;
    const { deliveryId } = delivery;
    let decision: Decision;
    try {
      decision = await ask(approvalDraft(delivery), signal);
    } catch (thrown) {
      // Too many risky actions wait, or the gateway stops: the delivery stays held, for the owner or the next start.
      if (thrown instanceof PalyraError) return;
      throw thrown;
    }
    if (decision.kind === "allowed") {
      await store.release(deliveryId, Date.now());
      this.wake("received");
    } else {
      const [state, reason] =
        decision.kind === "denied"
          ? (["discarded", decision.reason ?? "The owner said no."] as const)
          : (["dead", "Nobody decided in time; replaying it is a yes."] as const);
      await store.endHeld(deliveryId, state, reason, Date.now());
      this.#options.changed();
    }
    this.#askHeld();
  }
}

function approvalDraft({ deliveryId, integrationId, facts }: StoredDelivery): ApprovalDraft {
  return {
    subjectType: "webhook",
    subjectId: deliveryId,
    connectorId: null,
    action: "webhook.deliver",
    resource: `webhook:${integrationId}`,
    policyReason: facts.safetyCodes.join(" "),
    risk: "high",
    sentence: `Pass on a delivery of the webhook ${integrationId} that looks as if it wanted secrets (${facts.safetyCodes.join(", ")}).`,
    digest: actionDigest({ action: "webhook.deliver", delivery: deliveryId }),
    requestedBy: { principal: `webhook:${integrationId}`, surface: "webhook" },
  };
}

function turnEvent(delivery: StoredDelivery, target: WebhookTarget): InboundMessageEvent {
  const { deliveryId, integrationId } = delivery;
  return {
    envelope_id: deliveryId,
    connector_id: target.connector_id,
    provider_message_id: `webhook-${deliveryId}`,
    conversation_id: target.conversation_id,
    parent_conversation_id: null,
    guild_id: null,
    sender_id: `webhook:${integrationId}`,
    sender_display: integrationId,
    sender_roles: [],
    body: quotedText(delivery),
    is_direct_message: false,
    mentions_bot: true,
    attachments: [],
    sent_at_unix_ms: delivery.receivedAt,
    received_at_unix_ms: delivery.receivedAt,
  };
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
