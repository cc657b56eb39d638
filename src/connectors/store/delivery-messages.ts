import type { Transaction } from "./durable-database.ts";

/**
 * What becomes of a webhook's delivery when something happens to its messages: a delivery is `dead` as long as one of
 * them is a dead letter, so that its log tells what reached nobody. Each is a part of the transaction that changes the
 * messages.
 */

/** Messages of an envelope were given up. Nothing happens when it is no delivery. */
export function deliveryGivenUp(
  tx: Transaction,
  connectorId: string,
  envelopeId: string,
  reason: string,
  now: number,
): void {
  tx.run(
    `UPDATE webhook_deliveries SET state = 'dead', reason = ?, updated_at = ?
     WHERE delivery_id = ? AND connector_id = ? AND state IN ('done', 'discarded')`,
    [reason.slice(0, reasonCharacters), now, envelopeId, connectorId],
  );
}

/** Dead letters are gone: sent again (`done`), or let go of (`discarded`). */
export function deliveriesWithoutLetters(
  tx: Transaction,
  state: "done" | "discarded",
  reason: string | null,
  now: number,
): void {
  tx.run(
    `UPDATE webhook_deliveries SET state = ?, reason = ?, updated_at = ?
     WHERE state = 'dead' AND connector_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM dead_letters AS l
       WHERE l.connector_id = webhook_deliveries.connector_id AND l.envelope_id = webhook_deliveries.delivery_id)`,
    [state, reason, now],
  );
}

/** Longest reason that a delivery keeps. */
export const reasonCharacters = 512;
