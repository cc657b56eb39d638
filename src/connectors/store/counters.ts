import type { QueueDepth } from "../../contracts/sidecar-status.ts";
import type { Transaction } from "./durable-database.ts";
import type { Row } from "./sql-value.ts";

interface CounterChange {
  readonly received?: number;
  readonly answered?: number;
  /** Rows moved to the dead letters, ever. */
  readonly deadLettered?: number;
  readonly inboxPending?: number;
  readonly outboxPending?: number;
  /** Dead letters that are kept now. */
  readonly deadLetters?: number;
}

/** Numbers per connector that are kept up to date by every change, so that nobody counts rows. */
export function count(tx: Transaction, connectorId: string, change: CounterChange): void {
  tx.run(
    `INSERT INTO counters (connector_id, received, answered, dead_lettered, inbox_pending, outbox_pending, dead_letters)
     VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (connector_id) DO UPDATE SET
       received = received + excluded.received,
       answered = answered + excluded.answered,
       dead_lettered = dead_lettered + excluded.dead_lettered,
       inbox_pending = inbox_pending + excluded.inbox_pending,
       outbox_pending = outbox_pending + excluded.outbox_pending,
       dead_letters = dead_letters + excluded.dead_letters`,
    [
      connectorId,
      change.received ?? 0,
      change.answered ?? 0,
      change.deadLettered ?? 0,
      change.inboxPending ?? 0,
      change.outboxPending ?? 0,
      change.deadLetters ?? 0,
    ],
  );
}

export const depthSql =
  "SELECT inbox_pending, outbox_pending, dead_letters FROM counters WHERE connector_id = ?";

export function depthOf(row: Row | undefined): QueueDepth {
  return {
    inbox_pending: Number(row?.inbox_pending ?? 0),
    outbox_pending: Number(row?.outbox_pending ?? 0),
    dead_letters: Number(row?.dead_letters ?? 0),
  };
}

export const totalsSql = `SELECT COALESCE(SUM(received), 0) AS received, COALESCE(SUM(answered), 0) AS answered,
  COALESCE(SUM(dead_lettered), 0) AS dead_letters FROM counters`;
