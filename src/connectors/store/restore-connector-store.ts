import { readFile } from "node:fs/promises";
import { restoreBackup } from "./backup.ts";
import { connectorMigrations } from "./connector-schema.ts";
import type { StoreAssets } from "./store-assets.ts";
import type { Transaction } from "./transaction.ts";

/** Reason of everything that was open when the backup was made. */
export const restoredReason = "restored_from_backup";

/**
 * Makes a backup the content of a connector store that is closed. See `restoreBackup` and `holdBack`.
 * @throws `validation_error`, `state_newer`, `store_locked`, `storage_failed`
 */
export async function restoreConnectorStore(options: {
  readonly folder: string;
  /** Absolute path of the backup. */
  readonly file: string;
  readonly assets: StoreAssets;
  /** Unix time in milliseconds. */
  readonly now: number;
}): Promise<void> {
  const { folder, file, assets, now } = options;
  await restoreBackup({
    folder,
    file,
    now,
    migrations: connectorMigrations,
    wasm: await readFile(assets.wasmFile),
    adapt: (tx) => holdBack(tx, now),
  });
}

/**
 * A backup does not know what was done since it was made, so nothing of it goes on by itself: what was to be sent
 * waits among the dead letters for somebody to send it again, events that were not answered are failed, back-fill
 * begins with the first message after the restore, and whatever lets somebody in or through (pairing, approvals)
 * has to be given again.
 */
export function holdBack(tx: Transaction, now: number): void {
  tx.run(
    `INSERT INTO dead_letters (connector_id, outbox_id, request_json, reason, envelope_id, sequence,
       answers_inbound, attempts, first_attempt_at, created_at)
     SELECT connector_id, outbox_id, request_json, ?, envelope_id, sequence, answers_inbound, attempts,
       COALESCE(first_attempt_at, created_at), ?
     FROM outbox WHERE finished_at IS NULL ORDER BY outbox_id`,
    [restoredReason, now],
  );
  tx.run(
    `UPDATE outbox SET state = 'dead', reason = ?, claim = NULL, due_at = NULL, finished_at = ?
     WHERE finished_at IS NULL`,
    [restoredReason, now],
  );
  tx.run(
    "UPDATE inbox SET state = 'failed', reason = ?, due_at = NULL, finished_at = ? WHERE finished_at IS NULL",
    [restoredReason, now],
  );
  tx.run(
    `UPDATE counters SET dead_letters = dead_letters + outbox_pending, dead_lettered = dead_lettered + outbox_pending,
       failed = failed + inbox_pending, outbox_pending = 0, inbox_pending = 0`,
  );
  for (const table of ["sessions", "watermarks", "pairing_entries"]) tx.run(`DELETE FROM ${table}`);
  tx.run("UPDATE approvals SET state = 'expired', finished_at = ? WHERE finished_at IS NULL", [now]);
}
