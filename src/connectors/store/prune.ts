import { count } from "./counters.ts";
import { deliveriesWithoutLetters } from "./delivery-messages.ts";
import type { Transaction } from "./durable-database.ts";
import { eventsPerConnector, pruneBatch, retention } from "./retention.ts";
import { pruneDeliveries, prunePayloads } from "./webhook-deliveries.ts";

/** Deletes the oldest rows that a table gives up, at most `pruneBatch`. Returns how many. */
export type PruneStep = (tx: Transaction, now: number) => number;

interface PruneRule {
  readonly table: string;
  readonly key: readonly string[];
  readonly age: string;
  /** Which rows of the table the rule is about. */
  readonly where?: string;
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

const rules: readonly PruneRule[] = [
  finished("inbox", "done", retention.inboxDone),
  finished("inbox", "ignored", retention.inboxIgnored),
  finished("inbox", "failed", retention.inboxFailed),
  finished("outbox", "delivered", retention.outboxDelivered),
  finished("outbox", "dead", retention.outboxDead),
  {
    table: "inbound_dedupe",
    key: ["connector_id", "provider_message_id"],
    age: "seen_at",
    ...retention.inboundDedupe,
  },
  { table: "dead_letters", key: ["dead_letter_id"], age: "created_at", ...retention.deadLetters },
  {
    table: "watermarks",
    key: ["connector_id", "conversation_id"],
    age: "updated_at",
    where: "gap_after IS NULL",
    ...retention.watermarks,
  },
  {
    table: "conversation_notes",
    key: ["connector_id", "conversation_id"],
    age: "updated_at",
    ...retention.conversationNotes,
  },
  { table: "connector_events", key: ["event_id"], age: "last_at", ...retention.events },
  {
    table: "pairing_entries",
    key: ["connector_id", "kind", "entry_key"],
    age: "forget_at",
    maxAgeMs: 0,
    maxRows: retention.pairing.maxRows,
  },
  { table: "session_bindings", key: ["session_key"], age: "last_used_at", ...retention.sessionBindings },
  {
    table: "approvals",
    key: ["approval_id"],
    age: "finished_at",
    where: "finished_at IS NOT NULL",
    ...retention.approvals,
  },
];

/** Tables that are kept small. */
export const prunedTables: ReadonlySet<string> = new Set([
  ...rules.map(({ table }) => table),
  "webhook_deliveries",
]);

export const pruneSteps: readonly PruneStep[] = [
  ...rules.map(
    (rule): PruneStep =>
      (tx, now) =>
        pruneByRule(tx, rule, now),
  ),
  pruneNoisyConnector,
  prunePayloads,
  pruneDeliveries,
];

function pruneByRule(tx: Transaction, rule: PruneRule, now: number): number {
  const { table, age, where = "1", maxAgeMs, maxRows } = rule;
  const key = rule.key.join(", ");
  const expired = tx.get(
    `SELECT COUNT(*) AS n FROM (SELECT 1 FROM ${table} WHERE ${where} AND ${age} <= ? LIMIT ${pruneBatch})`,
    [now - maxAgeMs],
  );
  const all = tx.get(`SELECT COUNT(*) AS n FROM ${table} WHERE ${where}`);
  const surplus = Math.max(Number(expired?.n), Number(all?.n) - maxRows);
  if (surplus <= 0) return 0;
  const oldest = `SELECT ${key} FROM ${table} WHERE ${where} ORDER BY ${age}, ${key} LIMIT ?`;
  const limit = Math.min(surplus, pruneBatch);
  if (table === "dead_letters") {
    const perConnector = tx.all(
      `SELECT connector_id, COUNT(*) AS n FROM dead_letters WHERE dead_letter_id IN (${oldest}) GROUP BY connector_id`,
      [limit],
    );
    for (const { connector_id, n } of perConnector)
      count(tx, String(connector_id), { deadLetters: -Number(n) });
  }
  const deleted = tx.run(`DELETE FROM ${table} WHERE (${key}) IN (${oldest})`, [limit]);
  if (table === "dead_letters") {
    deliveriesWithoutLetters(tx, "discarded", "Its message is no longer kept.", now);
  }
  return deleted;
}

function pruneNoisyConnector(tx: Transaction): number {
  const noisy = tx.get(
    "SELECT connector_id, COUNT(*) AS n FROM connector_events GROUP BY connector_id HAVING COUNT(*) > ? LIMIT 1",
    [eventsPerConnector],
  );
  if (noisy === undefined) return 0;
  return tx.run(
    `DELETE FROM connector_events WHERE event_id IN
       (SELECT event_id FROM connector_events WHERE connector_id = ? ORDER BY event_id LIMIT ?)`,
    [noisy.connector_id ?? null, Math.min(Number(noisy.n) - eventsPerConnector, pruneBatch)],
  );
}
