import type { Transaction } from "../durable-database.ts";
import { runAll } from "./run-all.ts";

/** Who may write and where talks go on: pairing, session bindings, command catalogs, approvals. */
export function addPeople(tx: Transaction): void {
  runAll(tx, [
    `CREATE TABLE pairing_codes (
      connector_id TEXT NOT NULL,
      code TEXT NOT NULL,
      issued_by TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      PRIMARY KEY (connector_id, code)
    ) WITHOUT ROWID`,
    `CREATE INDEX pairing_codes_expiry ON pairing_codes (expires_at)`,
    `CREATE TABLE pairing_requests (
      connector_id TEXT NOT NULL,
      sender_id TEXT NOT NULL,
      conversation_id TEXT NOT NULL,
      approval_id TEXT,
      requested_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      PRIMARY KEY (connector_id, sender_id)
    ) WITHOUT ROWID`,
    `CREATE INDEX pairing_requests_expiry ON pairing_requests (expires_at)`,
    `CREATE TABLE pairing_grants (
      connector_id TEXT NOT NULL,
      sender_id TEXT NOT NULL,
      approval_id TEXT,
      granted_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      PRIMARY KEY (connector_id, sender_id)
    ) WITHOUT ROWID`,
    `CREATE INDEX pairing_grants_expiry ON pairing_grants (expires_at)`,
    `CREATE TABLE pairing_failures (
      connector_id TEXT NOT NULL,
      sender_id TEXT NOT NULL,
      failures INTEGER NOT NULL,
      window_ends_at INTEGER NOT NULL,
      PRIMARY KEY (connector_id, sender_id)
    ) WITHOUT ROWID`,
    `CREATE INDEX pairing_failures_window ON pairing_failures (window_ends_at)`,

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
