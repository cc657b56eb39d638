import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { build } from "esbuild";
import { openConnectorStore } from "../../../../src/connectors/store/open-connector-store.ts";
import { restoreConnectorStore } from "../../../../src/connectors/store/restore-connector-store.ts";
import { locateStoreAssets } from "../../../../src/connectors/store/store-assets.ts";
import { sampleEvent } from "../../../unit/connectors/store/sample-messages.ts";
import { Child } from "./child.ts";

const assets = locateStoreAssets(import.meta.url);

describe("The store on a real disk", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "palyra-store-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("has every number that a process reported as stored before it was killed, time after time", async () => {
    const store = path.join(folder, "store");
    const numbersOf = (lines: readonly string[]): number[] =>
      lines.filter((line) => /^\d+$/.test(line)).map(Number);
    let acknowledged = 0;
    const compacted = (lines: readonly string[]): boolean =>
      lines.some((line) => line.startsWith("checkpoint_done"));
    for (let round = 0; round < 5; round += 1) {
      const child = new Child("writing-process.ts", [store]);
      const enough = 600 + Math.floor(Math.random() * 600);
      // Most are killed in the middle of a compaction; the third has done one.
      await child.until((lines) => numbersOf(lines).length >= enough && (round !== 2 || compacted(lines)));
      await child.kill();
      const opened = child.lines.find((line) => line.startsWith("opened "));
      const [count, last] = (opened ?? "").split(" ").slice(1).map(Number);
      assert.ok(count !== undefined && last !== undefined);
      assert.ok(
        last >= acknowledged,
        `${acknowledged} was reported as stored, the last one found is ${last}`,
      );
      assert.equal(count, last, "no number is missing in between");
      assert.ok(
        !child.lines.some(
          (line) => line.startsWith("set_aside") && !line.includes("Nothing that was stored"),
        ),
      );
      acknowledged = Math.max(...numbersOf(child.lines));
    }
  }).timeout(60_000);

  it("refuses a folder that cannot be made, with one clear error", async () => {
    const file = path.join(folder, "file");
    await writeFile(file, "in the way");
    await assert.rejects(openConnectorStore({ folder: path.join(file, "store"), assets }), {
      code: "storage_failed",
      message: /ENOTDIR/,
    });
  });

  it("is backed up while it works, and brought back from the backup", async () => {
    const options = { folder: path.join(folder, "store"), assets };
    const backup = path.join(folder, "backups", "monday.sqlite");
    const opened = await openConnectorStore(options);
    await opened.store.acceptInbound(sampleEvent(1), null, 1);
    const writing = Promise.all(
      Array.from({ length: 200 }, (_, n) => opened.store.acceptInbound(sampleEvent(n + 2), null, 2)),
    );
    assert.ok((await opened.backup(backup)) > 0);
    await writing;
    await assert.rejects(opened.backup(backup), { code: "conflict" });
    assert.equal(await opened.checkIntegrity(), null);
    await assert.rejects(restoreConnectorStore({ ...options, file: backup, now: 3 }), {
      code: "store_locked",
    });
    await opened.store.close();
    await restoreConnectorStore({ ...options, file: backup, now: 3 });
    const { store, recoveryEvents } = await openConnectorStore(options);
    assert.deepEqual(recoveryEvents, []);
    const { received } = await store.totals();
    assert.ok(received >= 1 && received <= 201);
    assert.deepEqual(await store.claimInbound("discord:default", 10, 10), []);
    await store.close();
  });

  it("keeps its files for its owner only", async () => {
    const { store } = await openConnectorStore({ folder: path.join(folder, "store"), assets });
    await store.acceptInbound(sampleEvent(1), null, 1);
    await store.close();
    for (const name of ["", ...(await readdir(path.join(folder, "store")))]) {
      assert.equal((await stat(path.join(folder, "store", name))).mode & 0o077, 0, name);
    }
  });

  it("runs from one bundled file with its worker and SQLite beside it", async () => {
    const root = new URL("../../../../", import.meta.url);
    const banner =
      'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);';
    const program = `
      import { readFile } from "node:fs/promises";
      import { DurableDatabase } from "./src/connectors/store/durable-database.ts";
      import { locateStoreAssets } from "./src/connectors/store/store-assets.ts";
      import { WorkerImageBuilder } from "./src/connectors/store/worker-image-builder.ts";
      const assets = locateStoreAssets(import.meta.url);
      const database = await DurableDatabase.open({
        folder: process.argv[2],
        wasm: await readFile(assets.wasmFile),
        imageBuilder: new WorkerImageBuilder(assets.workerEntry),
        migrations: [(tx) => { tx.run("CREATE TABLE t (a)"); tx.run("INSERT INTO t VALUES (?)", ["bundled"]); }],
      });
      await database.checkpoint();
      console.log(database.read("SELECT a FROM t")[0].a);
      await database.close();
    `;
    const shared = {
      bundle: true,
      platform: "node",
      format: "esm",
      banner: { js: banner },
      logLevel: "error",
    } as const;
    const resolveDir = new URL(".", root).pathname;
    await build({
      ...shared,
      stdin: { contents: program, resolveDir },
      outfile: path.join(folder, "program.mjs"),
    });
    const worker = new URL("src/connectors/store/store-worker.ts", root).pathname;
    await build({ ...shared, entryPoints: [worker], outfile: path.join(folder, "store-worker.mjs") });
    await writeFile(
      path.join(folder, "sql-wasm.wasm"),
      await readFile(new URL("node_modules/sql.js/dist/sql-wasm.wasm", root)),
    );
    const store = path.join(folder, "store");
    const child = new Child(path.join(folder, "program.mjs"), [store]);
    await child.ended();
    assert.deepEqual(child.lines, ["bundled"]);
    assert.ok((await readdir(store)).includes("image-00000002.sqlite"));
  });
});
