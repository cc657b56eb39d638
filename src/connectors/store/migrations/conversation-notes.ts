import type { Transaction } from "../durable-database.ts";
import { runAll } from "./run-all.ts";

/** What adapters know of conversations, such as their names. */
export function addConversationNotes(tx: Transaction): void {
  runAll(tx, [
    `CREATE TABLE conversation_notes (
      connector_id TEXT NOT NULL,
      conversation_id TEXT NOT NULL,
      note TEXT NOT NULL,
      updated_at INTEGER NOT NULL,
      PRIMARY KEY (connector_id, conversation_id)
    ) WITHOUT ROWID`,
    `CREATE INDEX conversation_notes_updated ON conversation_notes (updated_at)`,
  ]);
}
