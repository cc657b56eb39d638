import type { DurableDatabase } from "./durable-database.ts";
import type { ApprovalBinding, ApprovalStore, ApprovalUse } from "./parts/approval-store.ts";

/** The table `approval_bindings`. */
export class SqliteApprovals implements ApprovalStore {
  readonly #database: DurableDatabase;

  constructor(database: DurableDatabase) {
    this.#database = database;
  }

  bind(binding: ApprovalBinding, now: number): Promise<boolean> {
    const { approvalId, connectorId, digest, expiresAt } = binding;
    return this.#database.write((tx) => {
      const added = tx.run(
        `INSERT INTO approval_bindings (approval_id, connector_id, digest, created_at, expires_at)
         VALUES (?, ?, ?, ?, ?) ON CONFLICT (approval_id) DO NOTHING`,
        [approvalId, connectorId, digest, now, expiresAt],
      );
      return added > 0;
    });
  }

  consume(approvalId: string, digest: string, now: number): Promise<ApprovalUse> {
    return this.#database.write((tx) => {
      const row = tx.get(
        "SELECT digest, expires_at, consumed_at FROM approval_bindings WHERE approval_id = ?",
        [approvalId],
      );
      if (row === undefined) return "unknown";
      if (row.digest !== digest) return "other_request";
      if (row.consumed_at !== null) return "used_before";
      if (Number(row.expires_at) <= now) return "expired";
      tx.run("UPDATE approval_bindings SET consumed_at = ? WHERE approval_id = ?", [now, approvalId]);
      return "consumed";
    });
  }
}
