export const eventLevels = ["info", "warn", "error"] as const;
export type EventLevel = (typeof eventLevels)[number];

/** Something that happened to a connector. Callers take secrets and message texts out before. */
export interface ConnectorEventInput {
  readonly connectorId: string;
  /** `area.what`, e.g. `outbox.retry`; at most 128 characters are kept. */
  readonly type: string;
  readonly level: EventLevel;
  /** One sentence; at most 1,024 characters are kept. */
  readonly message: string;
  /** Left out when their JSON is longer than 8 KiB. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface ConnectorEvent {
  readonly eventId: number;
  readonly connectorId: string;
  readonly type: string;
  readonly level: EventLevel;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>> | null;
  /** How often it happened: 1, or more when it was repeated. */
  readonly count: number;
  readonly createdAt: number;
  /** The last time it happened (ms). */
  readonly lastAt: number;
}

export interface EventQuery {
  readonly limit: number;
  /** Only events of this connector. */
  readonly connectorId?: string;
  /** Only events of these types. */
  readonly types?: readonly string[];
  /** Only events with a smaller id, for the next page. */
  readonly before?: number;
  /** Only events of this level or a more serious one. */
  readonly minLevel?: EventLevel;
}

/** The log of the connectors. It outlives the connectors themselves, and forgets by age and number. */
export interface EventStore {
  /**
   * Adds an event. One that repeats the newest of its connector and type in every word, less than a minute after
   * it last happened, is counted there instead; a row takes repetitions for an hour.
   */
  append(event: ConnectorEventInput, now: number): Promise<void>;
  /** Newest first. */
  list(query: EventQuery): Promise<ConnectorEvent[]>;
  /** Events with a higher id, oldest first, at most `limit`. */
  after(eventId: number, limit: number): Promise<ConnectorEvent[]>;
}
