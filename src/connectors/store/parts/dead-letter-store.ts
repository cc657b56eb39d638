import type { OutboundMessageRequest } from "../../../contracts/connector.ts";

export interface DeadLetter {
  readonly deadLetterId: number;
  readonly connectorId: string;
  readonly request: OutboundMessageRequest;
  readonly reason: string;
  /** Attempts that counted before it was given up. */
  readonly attempts: number;
  readonly createdAt: number;
}

/** Messages that were given up, until somebody sends them again or lets them go. */
export interface DeadLetterStore {
  /** @throws `not_found` when the connector has no such letter */
  get(connectorId: string, deadLetterId: number): Promise<DeadLetter>;
  /**
   * Newest first.
   * @param page `limit` rows at most; `before` only letters with a smaller id, for the next page
   */
  list(
    connectorId: string,
    page: { readonly limit: number; readonly before?: number },
  ): Promise<DeadLetter[]>;
  /**
   * Sends a letter again, together with the later chunks of its answer that died with it: they become the last
   * rows of their conversation, with no attempts spent and a new age, in one transaction with the end of the
   * letters.
   *
   * The nonce stays the same, and so does the instant of the first attempt. A replay is wanted by a person, but
   * what is wanted is that the message is there: a copy that reached the provider before (a lost answer, a
   * timeout) is recognised, by the provider while it remembers the nonce and by reading back afterwards, and the
   * row is settled with that copy instead of a second one.
   * @returns the letters that were brought back, the asked one first
   * @throws `not_found`; `conflict` when a message with the same key is in the outbox again
   */
  replay(connectorId: string, deadLetterId: number, now: number): Promise<DeadLetter[]>;
  /** Lets one letter go; its key stays taken until the retention of the outbox. @throws `not_found` */
  discard(connectorId: string, deadLetterId: number, now: number): Promise<DeadLetter>;
  /** Lets all letters of a connector go that were made up to `until` (ms). Returns how many. */
  purge(connectorId: string, until: number, now: number): Promise<number>;
}
