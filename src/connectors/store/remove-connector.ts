import type { Transaction } from "./durable-database.ts";

/** Tables whose rows end with their connector. */
const ownTables = [
  "inbox",
  "inbound_dedupe",
  "outbox",
  "sessions",
  "watermarks",
  "connector_queue_state",
  "pairing_entries",
  "session_bindings",
  "command_sync",
  "conversation_notes",
  "approvals",
] as const;

/** Tables that tell what has happened. */
const historyTables = ["connector_events", "dead_letters", "ignored_reasons", "counters"] as const;

/** Deletes what belongs to a connector; with `keep` its history stays until the retention. */
export function removeConnector(tx: Transaction, connectorId: string, history: "keep" | "delete"): void {
  const tables = history === "delete" ? [...ownTables, ...historyTables] : ownTables;
  for (const table of tables) tx.run(`DELETE FROM ${table} WHERE connector_id = ?`, [connectorId]);
  if (history === "delete") {
    // With the letters goes what could have been sent again.
    tx.run(
      `UPDATE webhook_deliveries SET state = 'discarded', reason = 'Its connector was removed.'
       WHERE connector_id = ? AND state = 'dead'`,
      [connectorId],
    );
  }
  tx.run("UPDATE counters SET inbox_pending = 0, outbox_pending = 0 WHERE connector_id = ?", [connectorId]);
}
