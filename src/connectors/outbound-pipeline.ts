import type { DeliveryOutcome } from "../contracts/connector.ts";
import type { DrainOutcome } from "../contracts/connector-operations.ts";
import { messageOf } from "../platform/errors.ts";
import type { ConnectorAdapter } from "./connector-adapter.ts";
import type { ConnectorStore, OutboxRow } from "./connector-store.ts";
import { DueLoop } from "./due-loop.ts";
import type { ConnectorLogger } from "./logger.ts";
import { rateLimitDelay, retryDelay, retryLimits } from "./retry-policy.ts";
import {
  type CircuitState,
  closedCircuit,
  onAnswered,
  onBegun,
  onHope,
  onUnreachable,
  permitted,
} from "./supervisor/circuit.ts";
import type { ConnectorJournal } from "./supervisor/connector-journal.ts";
import type { FairSlots, SlotShare } from "./supervisor/fair-slots.ts";

/** Conversations of one connector that are sent to at the same time. */
const parallelSends = 4;
/** How long a row is kept for its sender, in milliseconds. Renewed while the sending takes. */
const leaseMs = 120_000;
const renewEveryMs = 40_000;
/** How long the provider is sure to remember a nonce (Discord: "the past few minutes"), in milliseconds. */
export const nonceWindowMs = 150_000;

export interface OutboundPipelineOptions {
  readonly connectorId: string;
  readonly store: ConnectorStore;
  readonly adapter: Pick<ConnectorAdapter, "send" | "findSent" | "state">;
  readonly log: ConnectorLogger;
  readonly journal: Pick<ConnectorJournal, "record">;
  /** Shared by the sending of all connectors. */
  readonly slots: FairSlots;
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

/** Whether an outcome says that the provider can be reached; null when it says nothing of that. */
function reached(outcome: DeliveryOutcome): boolean | null {
  if (outcome.kind !== "retry") return true;
  if (outcome.class === "rate_limit") return true;
  return outcome.class === "transient_network" ? false : null;
}

/** From the outbox to the provider: each row once, in order within each conversation. */
export class OutboundPipeline {
  readonly #options: OutboundPipelineOptions;
  readonly #loop: DueLoop;
  readonly #share: SlotShare;
  readonly #sends = new Set<Promise<void>>();
  #circuit: CircuitState = closedCircuit;
  #claiming = true;

  constructor(options: OutboundPipelineOptions) {
    this.#options = options;
    this.#loop = new DueLoop({
      work: async () => {
        await this.#takeDue(false, () => undefined);
      },
      nextDueAt: () => this.#nextDueAt(),
      onFault: options.onStoreFault,
    });
    this.#share = options.slots.join(() => this.#loop.wake());
  }

  get circuit(): CircuitState {
    return this.#circuit;
  }

  start(): void {
    this.#loop.start();
  }

  /** There may be something to send, or sending may work again. */
  wake(): void {
    this.#loop.wake();
  }

  /** The connection is up again: what was held back by faults of the network may be tried. */
  reconnected(): void {
    this.#circuit = onHope(this.#circuit, Date.now());
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
    await Promise.race([this.#finish(), late]);
    this.#claiming = false;
    clearTimeout(timer);
    this.#share.withdraw();
  }

  /**
   * Sends what is due now although the queue may be paused, at most `limit` rows: the next of each conversation
   * as soon as the one before is settled.
   * @returns what became of the rows
   */
  async drain(limit: number): Promise<DrainOutcome> {
    this.#circuit = onHope(this.#circuit, Date.now());
    const count = { processed: 0, delivered: 0, retried: 0, dead_lettered: 0 };
    const outcomeKey = { delivered: "delivered", retry: "retried", dead: "dead_lettered" } as const;
    const begun: Promise<void>[] = [];
    while (count.processed < limit) {
      const rows = await this.#takeDue(true, (kind) => {
        count[outcomeKey[kind]] += 1;
      });
      count.processed += rows.length;
      begun.push(...rows);
      if (rows.length > 0) await Promise.race(rows);
      else if (this.#sends.size > 0 && this.#claiming) await Promise.race(this.#sends);
      else break;
    }
    await Promise.all(begun);
    return count;
  }

  async #finish(): Promise<void> {
    try {
      for (;;) {
        await this.#takeDue(false, () => undefined);
        if (this.#sends.size === 0) return;
        await Promise.race(this.#sends);
      }
    } catch (thrown) {
      this.#options.onStoreFault(thrown);
    }
  }

  async #nextDueAt(): Promise<number | null> {
    const { store, connectorId, adapter } = this.#options;
    if (!this.#claiming || this.#sends.size >= parallelSends || !adapter.state().canSend) return null;
    if (this.#circuit.kind === "half_open") return null;
    const due = await store.nextDueAt(connectorId, "outbound");
    if (due === null || this.#circuit.kind !== "open") return due;
    return Math.max(due, this.#circuit.until);
  }

  /** @returns the rows that were begun, each resolving when it is settled */
  async #takeDue(
    ignorePause: boolean,
    onSettled: (kind: Settlement["kind"]) => void,
  ): Promise<Promise<void>[]> {
    const { adapter } = this.#options;
    const canTake = this.#claiming && adapter.state().canSend;
    const free = canTake ? permitted(this.#circuit, parallelSends - this.#sends.size, Date.now()) : 0;
    if (free <= 0) {
      this.#share.withdraw();
      return [];
    }
    const taken = this.#share.take(free);
    const rows = await this.#claim(taken, ignorePause);
    return rows.map((row) => {
      this.#circuit = onBegun(this.#circuit, Date.now());
      const send = this.#handle(row, onSettled).finally(() => {
        this.#sends.delete(send);
        this.#share.giveBack(1);
        this.#loop.wake();
      });
      this.#sends.add(send);
      return send;
    });
  }

  /** Takes at most `taken` rows; the slots that are not needed go back. */
  async #claim(taken: number, ignorePause: boolean): Promise<OutboxRow[]> {
    if (taken === 0) return [];
    const { store, connectorId } = this.#options;
    let rows: OutboxRow[] = [];
    try {
      rows = await store.claimOutbound(connectorId, Date.now(), leaseMs, taken, { ignorePause });
      return rows;
    } finally {
      if (rows.length < taken) {
        this.#share.withdraw();
        this.#share.giveBack(taken - rows.length);
      }
    }
  }

  /** Never rejects: a row whose outcome could not be stored is settled after its lease or a restart. */
  async #handle(row: OutboxRow, onSettled: (kind: Settlement["kind"]) => void): Promise<void> {
    const renewing = setInterval(() => this.#renew(row), renewEveryMs);
    const outcome = await this.#attempt(row);
    clearInterval(renewing);
    const { adapter, onStoreFault } = this.#options;
    const now = Date.now();
    const facts = { now, connected: adapter.state().connected, random: Math.random() };
    this.#learn(outcome, facts);
    const settlement = settle(row, outcome, facts);
    onSettled(settlement.kind);
    try {
      await this.#record(row, settlement, now);
    } catch (thrown) {
      onStoreFault(thrown);
    }
  }

  #renew(row: OutboxRow): void {
    const { store, onStoreFault } = this.#options;
    store.renewClaim(row.outboxId, row.claim, leaseMs, Date.now()).catch(onStoreFault);
  }

  #learn(outcome: DeliveryOutcome, facts: { readonly now: number; readonly random: number }): void {
    const before = this.#circuit;
    const answered = reached(outcome);
    if (answered === true) this.#circuit = onAnswered(before);
    else if (answered === false) this.#circuit = onUnreachable(before, facts.now, facts.random);
    // A probe that learned nothing must not hold everything back.
    else if (before.kind === "half_open")
      this.#circuit = { kind: "open", until: facts.now, opened: before.opened };
    this.#tellCircuit(before, this.#circuit, facts.now);
  }

  #tellCircuit(before: CircuitState, after: CircuitState, now: number): void {
    const { journal } = this.#options;
    if (after.kind === "open" && before.kind === "closed") {
      const message = "Sending failed several times in a row; nothing is sent for a while.";
      journal.record({ type: "circuit.opened", level: "warn", message }, now);
    }
    if (after.kind === "closed" && before.kind !== "closed") {
      journal.record({ type: "circuit.closed", level: "info", message: "Sending works again." }, now);
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
    const { store, log, journal, onActivity } = this.#options;
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
        journal.record(
          {
            type: "outbox.retry",
            level: "warn",
            message: "A message is sent again later.",
            details: { envelope_id: facts.trace, sequence: facts.sequence, counted, reason },
          },
          now,
        );
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
        journal.record(
          {
            type: "outbox.dead_letter",
            level: "error",
            message: "A message could not be delivered.",
            details: { envelope_id: facts.trace, sequence: facts.sequence, reason: settlement.reason },
          },
          now,
        );
        kept = await store.moveToDeadLetter(outboxId, claim, settlement.reason, now);
        break;
    }
    if (!kept) log.warn("the claim of a message was lost meanwhile", facts);
    onActivity(settlement.kind === "delivered");
  }
}
