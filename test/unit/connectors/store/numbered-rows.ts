import { readFileSync } from "node:fs";
import { inlineImageBuilder } from "../../../../src/connectors/store/build-image.ts";
import {
  DurableDatabase,
  type DurableDatabaseOptions,
  type Migration,
} from "../../../../src/connectors/store/durable-database.ts";
import type { FileLayer } from "../../../../src/connectors/store/file-layer.ts";
import { locateStoreAssets } from "../../../../src/connectors/store/store-assets.ts";
import type { StoreEvent } from "../../../../src/connectors/store/store-events.ts";

export const folder = "/store";
const wasm = readFileSync(
  locateStoreAssets(new URL("../../../../src/connectors/store/store-assets.ts", import.meta.url).href)
    .wasmFile,
);

export const numberTable: Migration = (tx) => {
  tx.run("CREATE TABLE numbers (n INTEGER PRIMARY KEY, body TEXT NOT NULL)");
};

/** A database on a given disk whose only table holds the numbers of the transactions that wrote them. */
export function openNumbers(
  layer: FileLayer,
  more: Partial<DurableDatabaseOptions> = {},
): Promise<DurableDatabase> {
  return DurableDatabase.open({
    folder,
    migrations: [numberTable],
    wasm,
    imageBuilder: inlineImageBuilder,
    fileLayer: layer,
    lock: async () => ({ release: async () => undefined }),
    now: () => 1_700_000_000_000,
    ...more,
  });
}

export function putNumber(database: DurableDatabase, n: number): Promise<number> {
  return database.write((tx) => tx.run("INSERT INTO numbers (n, body) VALUES (?, ?)", [n, `body of ${n}`]));
}

export function numbersIn(database: DurableDatabase): number[] {
  return database.read("SELECT n FROM numbers ORDER BY n").map(({ n }) => Number(n));
}

/** 1, 2, ... last. */
export function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

/** Collects the events of a database. */
export function eventLog(): { events: StoreEvent[]; onEvent: (event: StoreEvent) => void } {
  const events: StoreEvent[] = [];
  return { events, onEvent: (event) => events.push(event) };
}
