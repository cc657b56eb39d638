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
  /** Calls back once when the disk fails and the store is paused. Returns a function that unsubscribes. */
  onFailure(listener: (error: PalyraError) => void): () => void;
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
    recoveryEvents: database.recoveryEvents,
    failure: () => database.failure,
    onFailure: (listener) => database.onFailure(listener),
  };
}
