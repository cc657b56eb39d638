/** The outbound queue of one connector at one instant; read from counters and index ends, never by counting all rows. */
export interface QueueSnapshot {
  readonly inboxPending: number;
  /** Rows that are not finished, those being sent included. */
  readonly pendingOutbox: number;
  /** Rows that a claim could take now if the queue is not paused: at most one for each conversation. */
  readonly dueOutbox: number;
  /** Rows being sent whose lease has not run out. */
  readonly claimedOutbox: number;
  readonly deadLetters: number;
  /** Earliest next attempt, or end of a lease (ms); null without pending rows. A pause does not count. */
  readonly nextAttemptAt: number | null;
  readonly oldestPendingCreatedAt: number | null;
  readonly latestDeadLetterAt: number | null;
  readonly paused: boolean;
  readonly pauseReason: string | null;
  /** When the queue was last paused or resumed (ms); null when it never was. */
  readonly pauseUpdatedAt: number | null;
}

/** Holds outbound queues back. Nothing is lost meanwhile: messages go on being accepted and answered. */
export interface QueueControl {
  /**
   * From now on claims yield nothing unless they ignore the pause; rows in hand may still be settled.
   * @param reason shown to people, at most 512 characters are kept
   * @throws `not_found` for an unknown connector
   */
  pause(connectorId: string, reason: string | null, now: number): Promise<void>;
  /** @throws `not_found` for an unknown connector */
  resume(connectorId: string, now: number): Promise<void>;
  snapshot(connectorId: string, now: number): Promise<QueueSnapshot>;
}
