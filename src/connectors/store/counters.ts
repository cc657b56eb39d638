import type { QueueDepth } from "../../contracts/sidecar-status.ts";
import type { Transaction } from "./durable-database.ts";
import type { Row } from "./sql-value.ts";

/** Columns that add up. */
const sums = {
  received: "received",
  duplicates: "duplicates",
  routed: "routed",
  merged: "merged",
  ignored: "ignored",
  failed: "failed",
  inboundRetries: "inbound_retries",
  answered: "answered",
  delivered: "delivered",
  retries: "retries",
  deferrals: "deferrals",
  /** Rows moved to the dead letters, ever. */
  deadLettered: "dead_lettered",
  replayed: "replayed",
  answerMs: "answer_ms_sum",
  answerCount: "answer_ms_count",
  deliveryMs: "delivery_ms_sum",
  deliveryCount: "delivery_ms_count",
  inboxPending: "inbox_pending",
  outboxPending: "outbox_pending",
  /** Dead letters that are kept now. */
  deadLetters: "dead_letters",
} as const;

/** Columns that keep the largest value. */
const peaks = {
  answerMsMax: "answer_ms_max",
  deliveryMsMax: "delivery_ms_max",
  lastInboundAt: "last_inbound_at",
  lastOutboundAt: "last_outbound_at",
} as const;

type Added = Partial<Record<keyof typeof sums, number>>;
type Reached = Partial<Record<keyof typeof peaks, number>>;

/** Numbers per connector that are kept up to date by every change, so that nobody counts rows. */
export function count(tx: Transaction, connectorId: string, added: Added, reached: Reached = {}): void {
  const set = [
    ...Object.keys(added).map((name) => `${sums[name as keyof Added]} = ${sums[name as keyof Added]} + ?`),
    ...Object.keys(reached).map((name) => {
      const column = peaks[name as keyof Reached];
      return `${column} = MAX(COALESCE(${column}, 0), ?)`;
    }),
  ];
  const sql = `UPDATE counters SET ${set.join(", ")} WHERE connector_id = ?`;
  const params = [...Object.values(added), ...Object.values(reached), connectorId];
  if (tx.run(sql, params) > 0) return;
  tx.run(
    `INSERT INTO counters (connector_id, received, answered, dead_lettered, inbox_pending, outbox_pending, dead_letters)
     VALUES (?, 0, 0, 0, 0, 0, 0)`,
    [connectorId],
  );
  tx.run(sql, params);
}

/** What the counters need to know of a duration. */
export function durationSince(start: unknown, now: number): number {
  return Math.max(0, now - Number(start));
}

/** Different reasons that are counted for each connector; further ones are counted together. */
const maxReasons = 64;
const otherReasons = "other";

export function countIgnored(tx: Transaction, connectorId: string, reason: string): void {
  const increment = "UPDATE ignored_reasons SET count = count + 1 WHERE connector_id = ? AND reason = ?";
  const code = reason.slice(0, 128);
  if (tx.run(increment, [connectorId, code]) > 0) return;
  const known = tx.get("SELECT COUNT(*) AS n FROM ignored_reasons WHERE connector_id = ?", [connectorId]);
  const counted = Number(known?.n) < maxReasons ? code : otherReasons;
  if (counted === otherReasons && tx.run(increment, [connectorId, counted]) > 0) return;
  tx.run("INSERT INTO ignored_reasons (connector_id, reason, count) VALUES (?, ?, 1)", [
    connectorId,
    counted,
  ]);
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
