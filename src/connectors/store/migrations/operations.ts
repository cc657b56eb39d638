import type { Transaction } from "../durable-database.ts";
import { runAll } from "./run-all.ts";

/** Connectors, pauses, events, figures, and what a dead letter needs to be sent again. */
export function addOperations(tx: Transaction): void {
  runAll(tx, [
    `CREATE TABLE connector_instances (
      connector_id TEXT PRIMARY KEY,
      kind TEXT NOT NULL,
      principal TEXT NOT NULL,
      auth_profile_ref TEXT,
      token_vault_ref TEXT,
      egress_allowlist_json TEXT NOT NULL,
      enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
      readiness TEXT NOT NULL,
      liveness TEXT NOT NULL,
      restart_count INTEGER NOT NULL DEFAULT 0,
      last_error TEXT,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    ) WITHOUT ROWID`,
    `CREATE TABLE connector_queue_state (
      connector_id TEXT PRIMARY KEY,
      paused INTEGER NOT NULL CHECK (paused IN (0, 1)),
      pause_reason TEXT,
      updated_at INTEGER NOT NULL
    ) WITHOUT ROWID`,
    `CREATE INDEX outbox_age ON outbox (connector_id, created_at) WHERE finished_at IS NULL`,

    `CREATE TABLE connector_events (
      event_id INTEGER PRIMARY KEY AUTOINCREMENT,
      connector_id TEXT NOT NULL,
      event_type TEXT NOT NULL,
      level TEXT NOT NULL,
      message TEXT NOT NULL,
      details_json TEXT,
      count INTEGER NOT NULL DEFAULT 1,
      created_at INTEGER NOT NULL,
      last_at INTEGER NOT NULL
    )`,
    `CREATE INDEX connector_events_connector ON connector_events (connector_id, event_id)`,
    `CREATE INDEX connector_events_type ON connector_events (connector_id, event_type, event_id)`,
    `CREATE INDEX connector_events_last ON connector_events (last_at)`,

    `ALTER TABLE dead_letters ADD COLUMN envelope_id TEXT NOT NULL DEFAULT ''`,
    `ALTER TABLE dead_letters ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0`,
    `ALTER TABLE dead_letters ADD COLUMN answers_inbound INTEGER NOT NULL DEFAULT 0`,
    `ALTER TABLE dead_letters ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0`,
    `ALTER TABLE dead_letters ADD COLUMN first_attempt_at INTEGER`,
    `UPDATE dead_letters SET envelope_id = json_extract(request_json, '$.envelope_id'),
       sequence = json_extract(request_json, '$.sequence')`,
    `UPDATE dead_letters SET answers_inbound = o.answers_inbound, attempts = o.attempts,
       first_attempt_at = o.first_attempt_at
     FROM outbox AS o WHERE o.outbox_id = dead_letters.outbox_id`,
    `CREATE INDEX dead_letters_envelope ON dead_letters (connector_id, envelope_id, sequence)`,

    ...[
      "duplicates",
      "routed",
      "ignored",
      "failed",
      "inbound_retries",
      "delivered",
      "retries",
      "deferrals",
      "replayed",
      "answer_ms_sum",
      "answer_ms_count",
      "answer_ms_max",
      "delivery_ms_sum",
      "delivery_ms_count",
      "delivery_ms_max",
    ].map((column) => `ALTER TABLE counters ADD COLUMN ${column} INTEGER NOT NULL DEFAULT 0`),
    `ALTER TABLE counters ADD COLUMN last_inbound_at INTEGER`,
    `ALTER TABLE counters ADD COLUMN last_outbound_at INTEGER`,
    `CREATE TABLE ignored_reasons (
      connector_id TEXT NOT NULL,
      reason TEXT NOT NULL,
      count INTEGER NOT NULL,
      PRIMARY KEY (connector_id, reason)
    ) WITHOUT ROWID`,
  ]);
}
