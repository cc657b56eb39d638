import type { Transaction } from "../durable-database.ts";
import { runAll } from "./run-all.ts";

/**
 * Approvals with the owner's word, instead of bindings that nobody decided. What was bound lived for a quarter of
 * an hour and has to be asked for again.
 */
export function addDecidedApprovals(tx: Transaction): void {
  runAll(tx, [
    "DROP TABLE approval_bindings",
    `CREATE TABLE approvals (
      approval_id TEXT PRIMARY KEY,
      connector_id TEXT,
      subject_type TEXT NOT NULL,
      subject_id TEXT NOT NULL,
      principal TEXT NOT NULL,
      digest TEXT NOT NULL,
      state TEXT NOT NULL,
      requested_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      finished_at INTEGER,
      record_json TEXT NOT NULL
    ) WITHOUT ROWID`,
    "CREATE INDEX approvals_open ON approvals (expires_at) WHERE finished_at IS NULL",
    "CREATE INDEX approvals_open_digest ON approvals (digest) WHERE finished_at IS NULL",
    "CREATE INDEX approvals_pending ON approvals (approval_id) WHERE state = 'pending'",
    "CREATE INDEX approvals_finished ON approvals (finished_at) WHERE finished_at IS NOT NULL",
  ]);
}
