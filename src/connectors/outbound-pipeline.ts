import type { DeliveryOutcome } from "../contracts/connector.ts";
import type { DrainOutcome } from "../contracts/connector-operations.ts";
import { messageOf } from "../platform/errors.ts";
import type { ConnectorAdapter } from "./connector-adapter.ts";
import type { ConnectorStore, OutboxRow } from "./connector-store.ts";
import { DueLoop } from "./due-loop.ts";
import type { ConnectorLogger } from "./logger.ts";
import { type Settlement, settle } from "./outbound-settlement.ts";
import { type CircuitState, openUntil } from "./supervisor/circuit.ts";
import { CircuitWatch } from "./supervisor/circuit-watch.ts";
import type { ConnectorJournal } from "./supervisor/connector-journal.ts";
import type { FairSlots, SlotShare } from "./supervisor/fair-slots.ts";

/** Conversations of one connector that are sent to at the same time. */
const parallelSends = 4;
/** How long a row is kept for its sender, in milliseconds. Renewed three times as often while the sending takes. */
const defaultLeaseMs = 120_000;
/** How long the provider is sure to remember a nonce (Discord: "the past few minutes"), in milliseconds. */
export const nonceWindowMs = 150_000;
/** Difference between the provider's clock and ours that is allowed for when messages are told apart, in milliseconds. */
const clockToleranceMs = 60_000;

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
  /** How long a row is kept for its sender, in milliseconds. */
  readonly leaseMs?: number;
}

/** From the outbox to the provider: each row once, in order within each conversation. */
export class OutboundPipeline {
  readonly #options: OutboundPipelineOptions;
  readonly #leaseMs: number;
  readonly #loop: DueLoop;
  readonly #share: SlotShare;
  readonly #sends = new Set<Promise<void>>();
  readonly #watchers = new Map<string, Set<() => void>>();
  readonly #circuit: CircuitWatch;
  #claiming = true;

  constructor(options: OutboundPipelineOptions) {
    this.#options = options;
    this.#leaseMs = options.leaseMs ?? defaultLeaseMs;
    this.#circuit = new CircuitWatch(options.journal);
    this.#loop = new DueLoop({
      work: async () => {
        await this.#takeDue(parallelSends, false, () => undefined);
      },
      nextDueAt: () => this.#nextDueAt(),
      onFault: options.onStoreFault,
    });
    this.#share = options.slots.join(() => this.#loop.wake());
  }

  get circuit(): CircuitState {
    return this.#circuit.state;
  }

  start(): void {
    this.#loop.start();
  }

  /** There may be something to send, or sending may work again. */
  wake(): void {
    this.#loop.wake();
  }

  /** Calls back after each attempt to send a message of an envelope, until the returned function is called. */
  watch(envelopeId: string, listener: () => void): () => void {
    const listeners = this.#watchers.get(envelopeId) ?? new Set();
    this.#watchers.set(envelopeId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#watchers.delete(envelopeId);
    };
  }

  /** The connection is up again: what was held back by faults of the network may be tried. */
  reconnected(): void {
    this.#circuit.hope(Date.now());
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
    this.#circuit.hope(Date.now());
    const count = { processed: 0, delivered: 0, retried: 0, dead_lettered: 0 };
    const outcomeKey = { delivered: "delivered", retry: "retried", dead: "dead_lettered" } as const;
    const begun: Promise<void>[] = [];
    while (count.processed < limit) {
      const rows = await this.#takeDue(limit - count.processed, true, (kind) => {
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
        await this.#takeDue(parallelSends, false, () => undefined);
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
    if (this.#circuit.state.kind === "half_open") return null;
    const due = await store.nextDueAt(connectorId, "outbound");
    const circuit = this.#circuit.state;
    if (due === null || circuit.kind !== "open") return due;
    return Math.max(due, openUntil(circuit, Date.now()));
  }

  /** @returns the rows that were begun, at most `limit`, each resolving when it is settled */
  async #takeDue(
    limit: number,
    ignorePause: boolean,
    onSettled: (kind: Settlement["kind"]) => void,
  ): Promise<Promise<void>[]> {
    const { adapter } = this.#options;
    const canTake = this.#claiming && adapter.state().canSend;
    const free = canTake
      ? this.#circuit.permitted(Math.min(limit, parallelSends - this.#sends.size), Date.now())
      : 0;
    if (free <= 0) {
      this.#share.withdraw();
      return [];
    }
    const taken = this.#share.take(free);
    const rows = await this.#claim(taken, ignorePause);
    return rows.map((row) => {
      this.#circuit.begun(Date.now());
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
      rows = await store.claimOutbound(connectorId, Date.now(), this.#leaseMs, taken, { ignorePause });
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
    const renewing = setInterval(() => this.#renew(row), this.#leaseMs / 3);
    const outcome = await this.#attempt(row);
    clearInterval(renewing);
    const { adapter, onStoreFault } = this.#options;
    const now = Date.now();
    const facts = { now, connected: adapter.state().connected, random: Math.random() };
    this.#circuit.learn(outcome, facts);
    const settlement = settle(row, outcome, facts);
    onSettled(settlement.kind);
    try {
      await this.#record(row, settlement, now);
      for (const changed of this.#watchers.get(row.request.envelope_id) ?? []) changed();
    } catch (thrown) {
      onStoreFault(thrown);
    }
  }

  #renew(row: OutboxRow): void {
    const { store, onStoreFault } = this.#options;
    store.renewClaim(row.outboxId, row.claim, this.#leaseMs, Date.now()).catch(onStoreFault);
  }

  async #attempt(row: OutboxRow): Promise<DeliveryOutcome> {
    const { adapter, log, store } = this.#options;
    try {
      const nonceMayBeForgotten =
        row.firstAttemptAt !== null && Date.now() - row.firstAttemptAt > nonceWindowMs;
      if (nonceMayBeForgotten && row.firstAttemptAt !== null) {
        const { connector_id, conversation_id } = row.request;
        const since = row.firstAttemptAt - clockToleranceMs;
        const others = await store.deliveredSince(connector_id, conversation_id, since);
        const found = await adapter.findSent(row.request, row.firstAttemptAt, others);
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
