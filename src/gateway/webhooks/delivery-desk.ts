import { DueLoop } from "../../connectors/due-loop.ts";
import { outboundNonce } from "../../connectors/nonce.ts";
import { retryDelay, retryLimits } from "../../connectors/retry-policy.ts";
import type {
  DueIntegrations,
  StoredDelivery,
  WebhookDeliveryStore,
} from "../../connectors/store/parts/webhook-delivery-store.ts";
import type { InboundMessageEvent, OutboundMessageRequest, RoutedOutput } from "../../contracts/connector.ts";
import type { WebhookIntegration, WebhookTarget } from "../../contracts/webhook.ts";
import { messageOf, PalyraError } from "../../platform/errors.ts";
import { unlessAborted } from "../../platform/unless-aborted.ts";
import { actionDigest } from "../approvals/action-digest.ts";
import type { ApprovalDraft } from "../approvals/approval-decisions.ts";
import type { Decision } from "../approvals/approval-desk.ts";
import type { DeliveryLanes } from "./delivery-lanes.ts";
import { messageText, quotedText } from "./delivery-text.ts";
import { noDestination } from "./hook-ingress.ts";

/** Effects in hand at one time: messages that are stored, and turns of the agent. */
const inHandLimits = { message: 64, turn: 4 } as const;
type Effect = keyof typeof inHandLimits;
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
  readonly lanes: () => DeliveryLanes;
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

interface InHand {
  readonly effect: Effect;
  readonly integrationId: string;
  readonly work: Promise<void>;
}

/**
 * Gives every accepted delivery its effect, exactly once: the messages and the note that the delivery is done are
 * one transaction, whenever the gateway may be killed.
 */
export class DeliveryDesk {
  readonly #options: DeliveryDeskOptions;
  readonly #loop: DueLoop;
  readonly #stopped = new AbortController();
  readonly #inHand = new Map<string, InHand>();
  readonly #asking = new Map<string, AbortController>();

  constructor(options: DeliveryDeskOptions) {
    this.#options = options;
    this.#loop = new DueLoop({
      work: () => this.#takeDue(),
      nextDueAt: () => this.#nextDueAt(),
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

  /** The integrations changed: deliveries that waited for that may go on. */
  recheck(): void {
    this.#loop.wake();
  }

  /** Once more, for one that is held or dead. @returns false for any other, and when nothing is kept to do it with */
  async replay(deliveryId: string): Promise<boolean> {
    const released = await this.#options.store.release(deliveryId, Date.now());
    if (released === null) return false;
    this.#asking.get(deliveryId)?.abort(new Error("replayed"));
    if (released.kind === "sent_again") this.#options.destination(released.connectorId)?.wake();
    else this.#loop.wake();
    this.#options.changed();
    return true;
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
    await Promise.all([...this.#inHand.values()].map(({ work }) => work));
  }

  async #takeDue(): Promise<void> {
    const { turns, others } = this.#options.lanes();
    await this.#take("message", others);
    const busy = new Set([...this.#inHand.values()].map(({ integrationId }) => integrationId));
    // Who keeps the agent busy lets the others through between its own turns.
    await this.#take("turn", only(turns.filter((id) => !busy.has(id))));
    await this.#take("turn", only(turns));
  }

  async #nextDueAt(): Promise<number | null> {
    const { turns, others } = this.#options.lanes();
    const instants = [
      this.#room("message") === 0 ? null : await this.#options.store.nextDueAt(others),
      this.#room("turn") === 0 || turns.length === 0
        ? null
        : await this.#options.store.nextDueAt(only(turns)),
    ].filter((instant) => instant !== null);
    return instants.length === 0 ? null : Math.min(...instants);
  }

  async #take(effect: Effect, from: DueIntegrations): Promise<void> {
    const room = this.#room(effect);
    if (room === 0 || (from.kind === "only" && from.ids.length === 0)) return;
    // Those in hand are due until they are done.
    const due = await this.#options.store.due(from, Date.now(), inHandLimits[effect]);
    const fresh = due.filter(({ deliveryId }) => !this.#inHand.has(deliveryId)).slice(0, room);
    for (const delivery of fresh) {
      if (this.#stopped.signal.aborted) return;
      this.#begin(delivery, effect);
    }
  }

  #room(effect: Effect): number {
    const inHand = [...this.#inHand.values()].filter((one) => one.effect === effect).length;
    return inHandLimits[effect] - inHand;
  }

  #begin(delivery: StoredDelivery, effect: Effect): void {
    const { deliveryId, integrationId } = delivery;
    const work = this.#give(delivery)
      .catch((thrown: unknown) => {
        this.#options.onFault(thrown);
      })
      .finally(() => {
        this.#inHand.delete(deliveryId);
        this.#options.changed();
        // Messages are taken in batches, which share a sync of the disk; a turn makes room for the next one.
        if (effect === "turn" || this.#room("message") === inHandLimits.message) this.#loop.wake();
      });
    this.#inHand.set(deliveryId, { effect, integrationId, work });
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

function only(ids: readonly string[]): DueIntegrations {
  return { kind: "only", ids };
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
