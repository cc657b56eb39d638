import type { Transaction } from "../durable-database.ts";
import { runAll } from "./run-all.ts";

/** Who may write and where talks go on: pairing, session bindings, command catalogs, approvals. */
export function addPeople(tx: Transaction): void {
  runAll(tx, [
    `CREATE TABLE pairing_entries (
      connector_id TEXT NOT NULL,
      kind TEXT NOT NULL,
      entry_key TEXT NOT NULL,
      entry_json TEXT NOT NULL,
      began_at INTEGER NOT NULL,
      forget_at INTEGER NOT NULL,
      PRIMARY KEY (connector_id, kind, entry_key)
    ) WITHOUT ROWID`,
    `CREATE INDEX pairing_entries_forget ON pairing_entries (forget_at)`,

    `CREATE TABLE session_bindings (
      session_key TEXT PRIMARY KEY,
      connector_id TEXT NOT NULL,
      conversation_id TEXT NOT NULL,
      sender_id TEXT,
      created_at INTEGER NOT NULL,
      last_used_at INTEGER NOT NULL
    ) WITHOUT ROWID`,
    `CREATE INDEX session_bindings_conversation ON session_bindings (connector_id, conversation_id, last_used_at)`,
    `CREATE INDEX session_bindings_used ON session_bindings (last_used_at)`,

    `CREATE TABLE command_sync (
      connector_id TEXT PRIMARY KEY,
      catalog_hash TEXT NOT NULL,
      status TEXT NOT NULL,
      native_revision TEXT,
      last_error TEXT,
      updated_at INTEGER NOT NULL
    ) WITHOUT ROWID`,

    `CREATE TABLE approval_bindings (
      approval_id TEXT PRIMARY KEY,
      connector_id TEXT NOT NULL,
      digest TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      consumed_at INTEGER
    ) WITHOUT ROWID`,
    `CREATE INDEX approval_bindings_expiry ON approval_bindings (expires_at)`,
  ]);
}
