import type { ConnectorStore } from "../connectors/connector-store.ts";
import type { DeadLetter } from "../connectors/store/parts/dead-letter-store.ts";
import type { QueueSnapshot } from "../connectors/store/parts/queue-control.ts";
import type { ConnectorFigures } from "../contracts/connector-operations.ts";
import {
  type GatewayStatus,
  type QueueDepth,
  type RecentMessage,
  recentMessageLimit,
  type UndeliveredMessage,
  undeliveredLimit,
  undeliveredTextLimit,
} from "../contracts/sidecar-status.ts";
import { figuresOf } from "./channel-records.ts";
import { type FigureSamples, hasRecent, recentFigures } from "./recent-figures.ts";

/** Shortest time between two readings, in milliseconds. */
const readIntervalMs = 200;
/** How often is read what nothing changes but time, in milliseconds. */
const ageIntervalMs = 60_000;

/** Reasons of refusal that a status names, the most frequent ones. */
const refusalsShown = 5;

const emptyQueue: QueueDepth = { inbox_pending: 0, outbox_pending: 0, dead_letters: 0 };

/** The numbers of the store that the status shows, read again after changes but not with each of them. */
export class StoreFigures {
  readonly #store: ConnectorStore;
  readonly #connectorIds: () => readonly string[];
  readonly #onChange: () => void;
  readonly #onFault: (thrown: unknown) => void;
  #queues = new Map<string, QueueSnapshot>();
  #figures = new Map<string, ConnectorFigures>();
  #samples = new Map<string, FigureSamples>();
  #undelivered: readonly UndeliveredMessage[] | null = null;
  #totals: GatewayStatus["totals"] = null;
  #recent: readonly RecentMessage[] = [];
  #newestEventId: number | null = null;
  #timer: NodeJS.Timeout | null = null;
  #ageTimer: NodeJS.Timeout | null = null;
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

  /** Null before the first reading. */
  get totals(): GatewayStatus["totals"] {
    return this.#totals;
  }

  /** Messages that were given up, newest first; null before the first reading. */
  get undelivered(): readonly UndeliveredMessage[] | null {
    return this.#undelivered;
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

  /** What a connector has done; null before the first reading. */
  figuresOf(connectorId: string): ConnectorFigures | null {
    return this.#figures.get(connectorId) ?? null;
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

  /** Takes what connectors did so far as the past. To be called before they work again. */
  async begin(connectorIds: readonly string[]): Promise<void> {
    const now = Date.now();
    for (const id of connectorIds) {
      const known = figuresOf(await this.#store.metrics.of(id));
      this.#samples.set(id, recentFigures([], known, now).samples);
    }
  }

  async read(): Promise<void> {
    const queues = new Map<string, QueueSnapshot>();
    const figures = new Map<string, ConnectorFigures>();
    const samples = new Map(this.#samples);
    const letters: DeadLetter[] = [];
    const now = Date.now();
    for (const id of this.#connectorIds()) {
      const queue = await this.#store.queues.snapshot(id, now);
      queues.set(id, queue);
      const known = figuresOf(await this.#store.metrics.of(id));
      const { recent, samples: kept } = recentFigures(this.#samples.get(id) ?? [], known, now);
      samples.set(id, kept);
      figures.set(id, { ...known, policy_denials: known.policy_denials.slice(0, refusalsShown), recent });
      if (queue.deadLetters > 0) {
        letters.push(...(await this.#store.deadLetters.list(id, { limit: undeliveredLimit })));
      }
    }
    this.#totals = await this.#store.totals();
    this.#recent = await this.#store.recentMessages(recentMessageLimit);
    this.#newestEventId = (await this.#store.events.list({ limit: 1 }))[0]?.eventId ?? 0;
    this.#queues = queues;
    this.#figures = figures;
    this.#samples = samples;
    this.#undelivered = letters
      .sort((a, b) => b.createdAt - a.createdAt)
      .slice(0, undeliveredLimit)
      .map(undelivered);
    this.#readWhenOlder();
    this.#onChange();
  }

  /** What was recent does not stay so, also when nothing happens any more. */
  #readWhenOlder(): void {
    if (this.#ageTimer !== null) clearTimeout(this.#ageTimer);
    this.#ageTimer = null;
    const isAging = [...this.#figures.values()].some(({ recent }) => recent && hasRecent(recent));
    if (!isAging || this.#closed) return;
    this.#ageTimer = setTimeout(() => this.touch(), ageIntervalMs);
    this.#ageTimer.unref();
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#ageTimer !== null) clearTimeout(this.#ageTimer);
  }
}

function undelivered(letter: DeadLetter): UndeliveredMessage {
  const { text, conversation_id } = letter.request;
  const characters = [...text];
  return {
    dead_letter_id: letter.deadLetterId,
    connector_id: letter.connectorId,
    conversation: conversation_id,
    reason: letter.reason,
    text:
      characters.length > undeliveredTextLimit
        ? `${characters.slice(0, undeliveredTextLimit - 1).join("")}…`
        : text,
    attempts: letter.attempts,
    unix_ms: letter.createdAt,
  };
}
