import type { ConnectorStore } from "../connectors/connector-store.ts";
import type { QueueSnapshot } from "../connectors/store/parts/queue-control.ts";
import {
  type GatewayStatus,
  type QueueDepth,
  type RecentMessage,
  recentMessageLimit,
} from "../contracts/sidecar-status.ts";

/** Shortest time between two readings, in milliseconds. */
const readIntervalMs = 200;

const emptyQueue: QueueDepth = { inbox_pending: 0, outbox_pending: 0, dead_letters: 0 };

/** The numbers of the store that the status shows, read again after changes but not with each of them. */
export class StoreFigures {
  readonly #store: ConnectorStore;
  readonly #connectorIds: () => readonly string[];
  readonly #onChange: () => void;
  readonly #onFault: (thrown: unknown) => void;
  #queues = new Map<string, QueueSnapshot>();
  #totals: GatewayStatus["totals"] = { received: 0, answered: 0, dead_letters: 0 };
  #recent: readonly RecentMessage[] = [];
  #newestEventId: number | null = null;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: {
    store: ConnectorStore;
    connectorIds: () => readonly string[];
    onChange: () => void;
    onFault: (thrown: unknown) => void;
  }) {
    this.#store = options.store;
    this.#connectorIds = options.connectorIds;
    this.#onChange = options.onChange;
    this.#onFault = options.onFault;
  }

  get totals(): GatewayStatus["totals"] {
    return this.#totals;
  }

  get recentMessages(): readonly RecentMessage[] {
    return this.#recent;
  }

  /** Id of the newest entry in the log of events; null before the first reading. */
  get newestEventId(): number | null {
    return this.#newestEventId;
  }

  depthOf(connectorId: string): QueueDepth {
    const queue = this.#queues.get(connectorId);
    if (queue === undefined) return emptyQueue;
    const { inboxPending, pendingOutbox, deadLetters } = queue;
    return { inbox_pending: inboxPending, outbox_pending: pendingOutbox, dead_letters: deadLetters };
  }

  /** The queue as it was read last; null before. */
  queueOf(connectorId: string): QueueSnapshot | null {
    return this.#queues.get(connectorId) ?? null;
  }

  /** Says that rows have changed. */
  touch(): void {
    if (this.#closed || this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.read().catch(this.#onFault);
    }, readIntervalMs);
    this.#timer.unref();
  }

  async read(): Promise<void> {
    const queues = new Map<string, QueueSnapshot>();
    const now = Date.now();
    for (const id of this.#connectorIds()) queues.set(id, await this.#store.queues.snapshot(id, now));
    this.#totals = await this.#store.totals();
    this.#recent = await this.#store.recentMessages(recentMessageLimit);
    this.#newestEventId = (await this.#store.events.list({ limit: 1 }))[0]?.eventId ?? 0;
    this.#queues = queues;
    this.#onChange();
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}
