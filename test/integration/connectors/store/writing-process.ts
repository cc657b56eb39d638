import { readFile } from "node:fs/promises";
import { DurableDatabase } from "../../../../src/connectors/store/durable-database.ts";
import { locateStoreAssets } from "../../../../src/connectors/store/store-assets.ts";
import { WorkerImageBuilder } from "../../../../src/connectors/store/worker-image-builder.ts";

// A process that writes numbers until it is killed. Prints `opened LAST`, then each number once it is stored.
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("Which folder?");

const assets = locateStoreAssets(import.meta.url);
const database = await DurableDatabase.open({
  folder,
  wasm: await readFile(assets.wasmFile),
  imageBuilder: new WorkerImageBuilder(assets.workerEntry),
  migrations: [
    (tx) => {
      tx.run("CREATE TABLE numbers (n INTEGER PRIMARY KEY, body TEXT NOT NULL)");
    },
  ],
  checkpointBytes: 60_000,
  onEvent: ({ kind, message }) => process.stdout.write(`${kind} ${message}\n`),
});
const [row] = database.read("SELECT COUNT(*) AS count, COALESCE(MAX(n), 0) AS last FROM numbers");
process.stdout.write(`opened ${String(row?.count)} ${String(row?.last)}\n`);

let next = Number(row?.last);
const writer = async (): Promise<never> => {
  for (;;) {
    next += 1;
    const n = next;
    await database.write((tx) => tx.run("INSERT INTO numbers (n, body) VALUES (?, ?)", [n, "x".repeat(200)]));
    process.stdout.write(`${n}\n`);
  }
};
await Promise.all(Array.from({ length: 8 }, writer));
