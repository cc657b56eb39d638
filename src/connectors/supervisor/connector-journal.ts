import type { ConnectorEventInput, EventStore } from "../store/parts/event-store.ts";

/** Events of one connector that are written in a burst, and how fast new ones are allowed (per minute). */
const burst = 60;
const perMinute = 30;

/** Every type of event a connector has, so that nobody spells one in two ways. */
export type ConnectorEventType =
  | "connector.registered"
  | "connector.enabled_changed"
  | "connector.started"
  | "connector.stopped"
  | "connector.restarted"
  | "connector.removed"
  | "connector.state_changed"
  | "connector.refused"
  | "connector.onboarded"
  | "inbound.retry"
  | "inbound.failed"
  | "inbound.not_fetched"
  | "outbox.retry"
  | "outbox.dead_letter"
  | "circuit.opened"
  | "circuit.closed"
  | "queue.paused"
  | "queue.resumed"
  | "queue.drained"
  | "dead_letter.replayed"
  | "dead_letter.discarded"
  | "health.refreshed"
  | "channel.command.executed"
  | "channel.command.rejected"
  | "attachment.metadata.blocked"
  | "attachment.download.blocked"
  | "attachment.download.stored"
  | "attachment.upload.failed"
  | `message.${string}`;

export interface JournalEntry extends Omit<ConnectorEventInput, "connectorId" | "type"> {
  readonly type: ConnectorEventType;
}

/**
 * The events of one connector on their way into the store: never more than a burst and then a steady few, with
 * the number of those left out told by the next one. Nothing waits for an event, and no event breaks anything.
 */
export class ConnectorJournal {
  readonly #connectorId: string;
  readonly #store: Pick<EventStore, "append">;
  readonly #onFault: (thrown: unknown) => void;
  #allowance = burst;
  #countedAt: number | null = null;
  #leftOut = 0;

  constructor(connectorId: string, store: Pick<EventStore, "append">, onFault: (thrown: unknown) => void) {
    this.#connectorId = connectorId;
    this.#store = store;
    this.#onFault = onFault;
  }

  /** @returns whether the event is written */
  record(entry: JournalEntry, now: number): boolean {
    if (!this.#isAllowed(now)) {
      this.#leftOut += 1;
      return false;
    }
    const details =
      this.#leftOut === 0 ? entry.details : { ...entry.details, events_left_out: this.#leftOut };
    this.#leftOut = 0;
    const event: ConnectorEventInput = {
      ...entry,
      connectorId: this.#connectorId,
      ...(details === undefined ? {} : { details }),
    };
    this.#store.append(event, now).catch((thrown: unknown) => this.#onFault(thrown));
    return true;
  }

  #isAllowed(now: number): boolean {
    const passed = this.#countedAt === null ? 0 : Math.max(0, now - this.#countedAt);
    this.#allowance = Math.min(burst, this.#allowance + (passed * perMinute) / 60_000);
    this.#countedAt = now;
    if (this.#allowance < 1) return false;
    this.#allowance -= 1;
    return true;
  }
}
