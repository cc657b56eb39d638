import type { DurableDatabase } from "./durable-database.ts";
import {
  type CommandSyncState,
  type CommandSyncStore,
  commandSyncStatuses,
} from "./parts/command-sync-store.ts";

const errorCharacters = 1_024;

/** The table `command_sync`. */
export class SqliteCommandSync implements CommandSyncStore {
  readonly #database: DurableDatabase;

  constructor(database: DurableDatabase) {
    this.#database = database;
  }

  async get(connectorId: string): Promise<CommandSyncState | null> {
    const [row] = this.#database.read("SELECT * FROM command_sync WHERE connector_id = ?", [connectorId]);
    if (row === undefined) return null;
    return {
      connectorId,
      catalogHash: String(row.catalog_hash),
      // A status of a later version says nothing here; `pending` has the commands registered again.
      status: commandSyncStatuses.find((status) => status === row.status) ?? "pending",
      nativeRevision: typeof row.native_revision === "string" ? row.native_revision : null,
      lastError: typeof row.last_error === "string" ? row.last_error : null,
      updatedAt: Number(row.updated_at),
    };
  }

  put(state: CommandSyncState): Promise<void> {
    return this.#database.write((tx) => {
      tx.run(
        `INSERT INTO command_sync (connector_id, catalog_hash, status, native_revision, last_error, updated_at)
         VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (connector_id) DO UPDATE SET catalog_hash = excluded.catalog_hash,
           status = excluded.status, native_revision = excluded.native_revision,
           last_error = excluded.last_error, updated_at = excluded.updated_at`,
        [
          state.connectorId,
          state.catalogHash,
          state.status,
          state.nativeRevision,
          state.lastError === null ? null : state.lastError.slice(0, errorCharacters),
          state.updatedAt,
        ],
      );
    });
  }
}
