const hour = 3_600_000;
const day = 24 * hour;

interface Retention {
  /** Rows older than this are deleted (milliseconds). */
  readonly maxAgeMs: number;
  /** Beyond this number the oldest rows are deleted whatever their age: the database lives in memory. */
  readonly maxRows: number;
}

/**
 * How long each table keeps what is finished. Unfinished rows of the queues, sessions and counters are never
 * deleted; there is one session and one row of counters for each connector.
 */
export const retention = {
  inboxDone: { maxAgeMs: 7 * day, maxRows: 10_000 },
  inboxIgnored: { maxAgeMs: day, maxRows: 2_000 },
  inboxFailed: { maxAgeMs: 30 * day, maxRows: 2_000 },
  /** `maxAgeMs` is also the window within which a repeated provider message id is a duplicate. */
  inboundDedupe: { maxAgeMs: 7 * day, maxRows: 50_000 },
  outboxDelivered: { maxAgeMs: 7 * day, maxRows: 10_000 },
  outboxDead: { maxAgeMs: 30 * day, maxRows: 5_000 },
  deadLetters: { maxAgeMs: 30 * day, maxRows: 5_000 },
  watermarks: { maxAgeMs: 90 * day, maxRows: 20_000 },
  /** Names and the like, from when they were last used. */
  conversationNotes: { maxAgeMs: 90 * day, maxRows: 10_000 },
  events: { maxAgeMs: 14 * day, maxRows: 20_000 },
  /** Counts from the end of each code, request and grant, and from each mark of a sender. */
  pairing: { maxAgeMs: day, maxRows: 20_000 },
  sessionBindings: { maxAgeMs: 30 * day, maxRows: 20_000 },
  /** Counts from the end: what was decided can be looked up, and a used approval stays known as used. */
  approvals: { maxAgeMs: 30 * day, maxRows: 10_000 },
} as const satisfies Record<string, Retention>;

/**
 * How long deliveries of webhooks are kept, counted from the receipt. A request whose sender signs no time could be
 * shown again for ever, so those are known longest.
 */
export const deliveryRetention = {
  maxAgeMs: 7 * day,
  maxAgeUntimedMs: 30 * day,
  maxRows: 50_000,
  /** Deliveries that were given up and can be tried again, with their payloads. */
  maxDead: 1_000,
  /** More than twice the window within which a signed time is taken: no key is forgotten before. */
  replayableMs: 15 * 60_000,
} as const;

/** Events of one connector: a noisy one must not push out what is known of the others. */
export const eventsPerConnector = 4_000;

/** Rows deleted in one transaction: small, so that pruning never holds up a message. */
export const pruneBatch = 200;
