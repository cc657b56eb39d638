import type { Transaction } from "../durable-database.ts";
import { runAll } from "./run-all.ts";

/**
 * Deliveries of webhooks. A row is also the memory of its delivery key, so that accepting a request is one
 * statement: the key is used up exactly when the delivery is stored.
 */
export function addWebhookDeliveries(tx: Transaction): void {
  runAll(tx, [
    `CREATE TABLE webhook_deliveries (
      row_number INTEGER PRIMARY KEY,
      delivery_id TEXT NOT NULL UNIQUE,
      integration_id TEXT NOT NULL,
      delivery_key TEXT NOT NULL,
      signed_at INTEGER,
      state TEXT NOT NULL CHECK (state IN ('received', 'failed', 'held', 'done', 'dead', 'discarded')),
      attempts INTEGER NOT NULL DEFAULT 0,
      due_at INTEGER,
      reason TEXT,
      facts_json TEXT NOT NULL,
      payload_json TEXT,
      received_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      finished_at INTEGER,
      keep_until INTEGER NOT NULL,
      UNIQUE (integration_id, delivery_key)
    )`,
    "CREATE INDEX webhook_deliveries_due ON webhook_deliveries (due_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX webhook_deliveries_state ON webhook_deliveries (state) WHERE state <> 'done'",
    "CREATE INDEX webhook_deliveries_kept ON webhook_deliveries (keep_until) WHERE finished_at IS NOT NULL",
  ]);
}
