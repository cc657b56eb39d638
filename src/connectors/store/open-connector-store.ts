import { readFile } from "node:fs/promises";
import type { PalyraError } from "../../platform/errors.ts";
import type { ConnectorStore } from "../connector-store.ts";
import { connectorMigrations } from "./connector-schema.ts";
import { DurableDatabase } from "./durable-database.ts";
import { SqliteConnectorStore } from "./sqlite-connector-store.ts";
import type { StoreAssets } from "./store-assets.ts";
import type { StoreEvent } from "./store-events.ts";
import { WorkerImageBuilder } from "./worker-image-builder.ts";

export interface OpenedConnectorStore {
  readonly store: ConnectorStore;
  /** What was found broken in the folder, one plain sentence each; empty as a rule. */
  readonly recoveryEvents: readonly StoreEvent[];
  /** The error that paused the store; null while it works. */
  failure(): PalyraError | null;
  /** Calls back whenever the disk fails and the store is paused. Returns a function that unsubscribes. */
  onFailure(listener: (error: PalyraError) => void): () => void;
  /**
   * Tries to get a paused store going again, without a new process. Call it every few seconds while `failure` is
   * not null. Afterwards the outcome of every call that was refused is what the store shows: stop or forget work
   * in hand first, and call `recoverInterrupted` before the next claim, as after a start.
   * @returns what was found broken
   * @throws `storage_failed` while the disk still refuses
   */
  reopen(): Promise<readonly StoreEvent[]>;
  /**
   * Reads all files again and looks through every page and index, beside the work.
   * @returns null when all is sound, else the first fault found
   * @throws `storage_failed`
   */
  checkIntegrity(): Promise<string | null>;
  /**
   * Writes a copy of everything stored so far, beside the work. `restoreConnectorStore` brings it back.
   * @param file absolute path of a file that does not exist
   * @returns size in bytes
   * @throws `conflict`, `storage_failed`
   */
  backup(file: string): Promise<number>;
}

/**
 * Opens the connector store of a folder, or makes one.
 * @param options `folder` absolute path, private to the store; `onEvent` hears of recoveries, checkpoints
 *   and failures; `assets` from `locateStoreAssets`
 * @throws `store_locked`, `state_newer`, `storage_failed`
 */
export async function openConnectorStore(options: {
  readonly folder: string;
  readonly onEvent?: (event: StoreEvent) => void;
  readonly assets: StoreAssets;
}): Promise<OpenedConnectorStore> {
  const { assets } = options;
  const database = await DurableDatabase.open({
    folder: options.folder,
    migrations: connectorMigrations,
    wasm: await readFile(assets.wasmFile),
    imageBuilder: new WorkerImageBuilder(assets.workerEntry),
    ...(options.onEvent === undefined ? {} : { onEvent: options.onEvent }),
  });
  return {
    store: new SqliteConnectorStore(database, options.onEvent),
    get recoveryEvents() {
      return database.recoveryEvents;
    },
    failure: () => database.failure,
    onFailure: (listener) => database.onFailure(listener),
    reopen: () => database.reopen(),
    checkIntegrity: () => database.checkIntegrity(),
    backup: (file) => database.backup(file),
  };
}
