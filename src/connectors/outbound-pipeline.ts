import type { DeliveryOutcome } from "../contracts/connector.ts";
import { messageOf } from "../platform/errors.ts";
import type { ConnectorAdapter } from "./connector-adapter.ts";
import type { ConnectorStore, OutboxRow } from "./connector-store.ts";
import { DueLoop } from "./due-loop.ts";
import type { ConnectorLogger } from "./logger.ts";
import { rateLimitDelay, retryDelay, retryLimits } from "./retry-policy.ts";

/** Conversations of one connector that are sent to at the same time. */
const parallelSends = 4;
/** Longer than the slowest attempt, so that a row is never taken twice at the same time; milliseconds. */
const leaseMs = 120_000;
/** How long the provider is sure to remember a nonce (Discord: "the past few minutes"), in milliseconds. */
export const nonceWindowMs = 150_000;

export interface OutboundPipelineOptions {
  readonly connectorId: string;
  readonly store: ConnectorStore;
  readonly adapter: Pick<ConnectorAdapter, "send" | "findSent" | "state">;
  readonly log: ConnectorLogger;
  /** Rows changed; `delivered` when a message reached the provider. */
  readonly onActivity: (delivered: boolean) => void;
  /** The store failed; returns milliseconds until the next try. */
  readonly onStoreFault: (thrown: unknown) => number;
}

/** What becomes of a row after an attempt. */
export type Settlement =
  | { readonly kind: "delivered"; readonly nativeMessageId: string }
  | { readonly kind: "retry"; readonly counted: boolean; readonly reason: string; readonly delayMs: number }
  | { readonly kind: "dead"; readonly reason: string };

/**
 * Decides what becomes of a row. Pure. Rate limits, a connection that is down and refused credentials say
 * nothing against the message itself: they do not spend attempts.
 * @param row the row before the attempt
 * @param now instant of the decision, ms
 * @param connected whether the connection was up when the attempt ended
 * @param random number in [0, 1)
 */
export function settle(
  row: Pick<OutboxRow, "attempts" | "createdAt">,
  outcome: DeliveryOutcome,
  facts: { readonly now: number; readonly connected: boolean; readonly random: number },
): Settlement {
  if (outcome.kind === "delivered") return { kind: "delivered", nativeMessageId: outcome.native_message_id };
  if (outcome.kind === "permanent_failure" && outcome.class !== "auth_failed") {
    return { kind: "dead", reason: `${outcome.class}: ${outcome.reason}` };
  }
  if (facts.now - row.createdAt > retryLimits.maxAgeMs) {
    return { kind: "dead", reason: `expired: ${outcome.reason}` };
  }
  const attempts = row.attempts + 1;
  const rateLimited = outcome.kind === "retry" && outcome.class === "rate_limit";
  const counted = outcome.kind === "retry" && outcome.class === "transient_network" && facts.connected;
  if (counted && attempts >= retryLimits.outboundAttempts) {
    return { kind: "dead", reason: `attempts_exhausted: ${outcome.reason}` };
  }
  const delayMs = rateLimited
    ? rateLimitDelay(outcome.retry_after_ms, facts.random)
    : retryDelay(attempts, facts.random);
  return { kind: "retry", counted, reason: outcome.reason, delayMs };
}

/** From the outbox to the provider: each row once, in order within each conversation. */
export class OutboundPipeline {
  readonly #options: OutboundPipelineOptions;
  readonly #loop: DueLoop;
  readonly #sends = new Set<Promise<void>>();
  #claiming = true;

  constructor(options: OutboundPipelineOptions) {
    this.#options = options;
    const { store, connectorId } = options;
    this.#loop = new DueLoop({
      work: () => this.#takeDue(),
      nextDueAt: async () => (this.#canTake() ? await store.nextDueAt(connectorId, "outbound") : null),
      onFault: options.onStoreFault,
    });
  }

  start(): void {
    this.#loop.start();
  }

  /** There may be something to send, or sending may work again. */
  wake(): void {
    this.#loop.wake();
  }

  /** Sends what is due, at the longest for `drainMs`; what is left is sent after the next start. */
  async stop(drainMs: number): Promise<void> {
    await this.#loop.stop();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.#claiming = false;
        resolve();
      }, drainMs);
    });
    await Promise.race([this.#drain(), late]);
    this.#claiming = false;
    clearTimeout(timer);
  }

  async #drain(): Promise<void> {
    try {
      for (;;) {
        await this.#takeDue();
        if (this.#sends.size === 0) return;
        await Promise.race(this.#sends);
      }
    } catch (thrown) {
      this.#options.onStoreFault(thrown);
    }
  }

  #canTake(): boolean {
    return this.#claiming && this.#sends.size < parallelSends && this.#options.adapter.state().canSend;
  }

  async #takeDue(): Promise<void> {
    if (!this.#canTake()) return;
    const { store, connectorId } = this.#options;
    const free = parallelSends - this.#sends.size;
    for (const row of await store.claimOutbound(connectorId, Date.now(), leaseMs, free)) {
      const send = this.#handle(row).finally(() => {
        this.#sends.delete(send);
        this.#loop.wake();
      });
      this.#sends.add(send);
    }
  }

  /** Never rejects: a row whose outcome could not be stored is settled after its lease or a restart. */
  async #handle(row: OutboxRow): Promise<void> {
    const outcome = await this.#attempt(row);
    const { adapter, onStoreFault } = this.#options;
    const now = Date.now();
    const facts = { now, connected: adapter.state().connected, random: Math.random() };
    try {
      await this.#record(row, settle(row, outcome, facts), now);
    } catch (thrown) {
      onStoreFault(thrown);
    }
  }

  async #attempt(row: OutboxRow): Promise<DeliveryOutcome> {
    const { adapter, log } = this.#options;
    try {
      const nonceMayBeForgotten =
        row.firstAttemptAt !== null && Date.now() - row.firstAttemptAt > nonceWindowMs;
      if (nonceMayBeForgotten && row.firstAttemptAt !== null) {
        const found = await adapter.findSent(row.request, row.firstAttemptAt);
        if (found !== null) {
          log.info("message had been sent before", { trace: row.request.envelope_id, native_id: found });
          return { kind: "delivered", native_message_id: found };
        }
      }
      return await adapter.send(row.request);
    } catch (thrown) {
      const reason = messageOf(thrown);
      return { kind: "retry", class: "transient_network", reason, retry_after_ms: null };
    }
  }

  async #record(row: OutboxRow, settlement: Settlement, now: number): Promise<void> {
    const { store, log, onActivity } = this.#options;
    const { outboxId, claim } = row;
    const facts = { trace: row.request.envelope_id, sequence: row.request.sequence };
    let kept: boolean;
    switch (settlement.kind) {
      case "delivered":
        kept = await store.markDelivered(outboxId, claim, settlement.nativeMessageId, now);
        log.info("message delivered", facts);
        break;
      case "retry": {
        const { counted, reason, delayMs } = settlement;
        log.warn("message is sent again later", { ...facts, counted, reason, delay_ms: delayMs });
        kept = await store.scheduleRetry(
          outboxId,
          claim,
          { counted, reason, nextAttemptAt: now + delayMs },
          now,
        );
        break;
      }
      case "dead":
        log.error("message cannot be delivered", { ...facts, reason: settlement.reason });
        kept = await store.moveToDeadLetter(outboxId, claim, settlement.reason, now);
        break;
    }
    if (!kept) log.warn("the claim of a message was lost meanwhile", facts);
    onActivity(settlement.kind === "delivered");
  }
}
