import { count } from "./counters.ts";
import type { Transaction } from "./durable-database.ts";
import { pruneBatch, retention } from "./retention.ts";

interface PruneRule {
  readonly table: string;
  readonly key: readonly string[];
  readonly age: string;
  /** Which rows of the table the rule is about. */
  readonly where: string;
  readonly maxAgeMs: number;
  readonly maxRows: number;
}

const finished = (
  table: "inbox" | "outbox",
  state: string,
  limits: { maxAgeMs: number; maxRows: number },
): PruneRule => ({
  table,
  key: [`${table}_id`],
  age: "finished_at",
  where: `state = '${state}' AND finished_at IS NOT NULL`,
  ...limits,
});

export const pruneRules: readonly PruneRule[] = [
  finished("inbox", "done", retention.inboxDone),
  finished("inbox", "ignored", retention.inboxIgnored),
  finished("inbox", "failed", retention.inboxFailed),
  finished("outbox", "delivered", retention.outboxDelivered),
  finished("outbox", "dead", retention.outboxDead),
  {
    table: "inbound_dedupe",
    key: ["connector_id", "provider_message_id"],
    age: "seen_at",
    where: "1",
    ...retention.inboundDedupe,
  },
  { table: "dead_letters", key: ["dead_letter_id"], age: "created_at", where: "1", ...retention.deadLetters },
  {
    table: "watermarks",
    key: ["connector_id", "conversation_id"],
    age: "updated_at",
    where: "gap_after IS NULL",
    ...retention.watermarks,
  },
];

/** Deletes the oldest rows that a rule gives up, at most `pruneBatch`. Returns how many. */
export function pruneOnce(tx: Transaction, rule: PruneRule, now: number): number {
  const { table, key, age, where } = rule;
  const total = Number(tx.get(`SELECT COUNT(*) AS n FROM ${table} WHERE ${where}`)?.n ?? 0);
  const surplus = Math.max(0, total - rule.maxRows);
  const columns = [...new Set([...key, ...(table === "dead_letters" ? ["connector_id"] : [])])].join(", ");
  const rows = tx.all(
    `SELECT ${columns}, ${age} AS age FROM ${table} WHERE ${where} ORDER BY ${age}, ${key.join(", ")} LIMIT ?`,
    [pruneBatch],
  );
  const expired = rows.filter((row, index) => index < surplus || now - Number(row.age) >= rule.maxAgeMs);
  const condition = key.map((column) => `${column} = ?`).join(" AND ");
  for (const row of expired) {
    tx.run(
      `DELETE FROM ${table} WHERE ${condition}`,
      key.map((column) => row[column] ?? null),
    );
    if (table === "dead_letters") count(tx, String(row.connector_id), { deadLetters: -1 });
  }
  return expired.length;
}
