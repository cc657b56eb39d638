import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type RestoreOptions, restoreBackup } from "../../../../src/connectors/store/backup.ts";
import { connectorMigrations } from "../../../../src/connectors/store/connector-schema.ts";
import { holdBack } from "../../../../src/connectors/store/restore-connector-store.ts";
import { SqliteConnectorStore } from "../../../../src/connectors/store/sqlite-connector-store.ts";
import { locateStoreAssets } from "../../../../src/connectors/store/store-assets.ts";
import { sampleApproval } from "./contract/approvals.ts";
import { ContractStore, connector } from "./contract/contract-store.ts";
import { FaultyDisk, seededRandom } from "./faulty-disk.ts";
import { folder, numbersIn, numberTable, openNumbers, putNumber, upTo } from "./numbered-rows.ts";
import { envelopeId, sampleEvent } from "./sample-messages.ts";

const file = "/backups/one.sqlite";
const wasm = readFileSync(locateStoreAssets(import.meta.url).wasmFile);

function restore(disk: FaultyDisk, more: Partial<RestoreOptions> = {}): Promise<void> {
  return restoreBackup({
    folder,
    file,
    wasm,
    migrations: [numberTable],
    now: 1_700_000_000_000,
    fileLayer: disk.layer,
    lock: async () => ({ release: async () => undefined }),
    ...more,
  });
}

/** A disk with the numbers 1 to 4, of which the backup has 1 to 3. */
async function diskWithBackup(): Promise<FaultyDisk> {
  const disk = new FaultyDisk();
  const database = await openNumbers(disk.layer);
  for (const n of upTo(3)) await putNumber(database, n);
  await database.backup(file);
  await putNumber(database, 4);
  await database.close();
  return disk;
}

async function numbersOn(disk: FaultyDisk): Promise<number[]> {
  const database = await openNumbers(disk.layer);
  const numbers = numbersIn(database);
  await database.close();
  return numbers;
}

describe("A backup", () => {
  it("has everything that was stored when it was asked for, while others go on writing", async () => {
    const disk = new FaultyDisk();
    const database = await openNumbers(disk.layer, { checkpointBytes: 1_000 });
    let last = 0;
    let running = true;
    const writer = (async () => {
      while (running) await putNumber(database, ++last);
    })();
    const backups: { name: string; stored: number }[] = [];
    for (let n = 0; n < 5; n += 1) {
      while (last < (n + 1) * 20) await new Promise(setImmediate);
      const name = `/backups/${n}.sqlite`;
      const stored = last - 1;
      await database.backup(name);
      backups.push({ name, stored });
    }
    running = false;
    await writer;
    await database.close();
    for (const { name, stored } of backups) {
      await restore(disk, { file: name });
      const numbers = await numbersOn(disk);
      assert.deepEqual(numbers, upTo(numbers.length));
      assert.ok(numbers.length >= stored, `${name}: ${stored} were stored, it has ${numbers.length}`);
    }
  });

  it("replaces the content, keeps the old files, and the database works on", async () => {
    const disk = await diskWithBackup();
    assert.deepEqual(await numbersOn(disk), [1, 2, 3, 4]);
    await restore(disk);
    assert.ok(disk.names().some((name) => name.includes(".log.replaced-")));
    const database = await openNumbers(disk.layer);
    assert.deepEqual(database.recoveryEvents, []);
    assert.deepEqual(numbersIn(database), [1, 2, 3]);
    await putNumber(database, 9);
    await database.checkpoint();
    await database.close();
    assert.deepEqual(await numbersOn(disk), [1, 2, 3, 9]);
  });

  it("can be restored into an empty folder", async () => {
    const source = await diskWithBackup();
    const disk = new FaultyDisk();
    disk.put(file, source.content(file));
    await restore(disk);
    assert.deepEqual(await numbersOn(disk), [1, 2, 3]);
  });

  it("leaves the old content or the new one when the restore is cut off at any file operation", async () => {
    const undisturbed = await diskWithBackup();
    const before = undisturbed.operations.length;
    await restore(undisturbed);
    for (let at = 1; at <= undisturbed.operations.length - before; at += 1) {
      const disk = await diskWithBackup();
      disk.fault = { at: disk.operations.length + at, mode: "dead", code: "EIO" };
      await assert.rejects(restore(disk), { code: "storage_failed" });
      for (const crashed of [disk.afterKill(), disk.afterPowerLoss(seededRandom(at))]) {
        const numbers = await numbersOn(crashed);
        assert.ok(numbers.length === 3 || numbers.length === 4, `operation ${at}: ${numbers.join()}`);
      }
    }
  });

  it("does not replace a file, and says so", async () => {
    const disk = await diskWithBackup();
    const database = await openNumbers(disk.layer);
    const before = disk.content(file);
    await assert.rejects(database.backup(file), { code: "conflict" });
    assert.ok(disk.content(file).equals(before));
    await database.close();
  });

  it("that cannot be written does not stop the database", async () => {
    const disk = new FaultyDisk();
    const database = await openNumbers(disk.layer);
    await putNumber(database, 1);
    await database.checkpoint();
    for (let at = 1; at < 40; at += 1) {
      disk.fault = { at: disk.operations.length + at, mode: "fail", code: "ENOSPC" };
      const outcome = await database.backup(`/backups/${at}.sqlite`).then(
        () => "written",
        (error: { code: string }) => error.code,
      );
      assert.ok(["written", "storage_failed"].includes(outcome), outcome);
      disk.fault = null;
      await database.reopen();
      await putNumber(database, 1 + at);
    }
    await database.close();
    assert.deepEqual(await numbersOn(disk), upTo(40));
  });

  it("that is damaged, of a later version, or no backup at all is refused, and nothing changes", async () => {
    const disk = await diskWithBackup();
    const names = disk.names();
    const damaged = Buffer.from(disk.content(file));
    damaged.writeUInt8(damaged.readUInt8(5_000) ^ 1, 5_000);
    disk.put("/backups/damaged", damaged);
    disk.put("/backups/text", Buffer.from("hello"));
    await assert.rejects(restore(disk, { file: "/backups/damaged" }), { code: "validation_error" });
    await assert.rejects(restore(disk, { file: "/backups/text" }), { code: "validation_error" });
    await assert.rejects(restore(disk, { file: "/backups/missing" }), { code: "storage_failed" });
    await assert.rejects(restore(disk, { migrations: [] }), { code: "state_newer" });
    assert.deepEqual(
      disk.names().filter((name) => !["damaged", "text"].includes(name)),
      names,
    );
    assert.deepEqual(await numbersOn(disk), [1, 2, 3, 4]);
  });
});

describe("A connector store that was restored", () => {
  it("sends nothing by itself that was open in the backup, and shows it among the dead letters", async () => {
    const disk = new FaultyDisk();
    const open = async (): Promise<SqliteConnectorStore> =>
      new SqliteConnectorStore(await openNumbers(disk.layer, { migrations: connectorMigrations }));
    const database = await openNumbers(disk.layer, { migrations: connectorMigrations });
    const contract = new ContractStore();
    contract.use(new SqliteConnectorStore(database), open);
    await contract.register();
    await contract.answer(1, 1, 10, "c1");
    await contract.deliver(11);
    await contract.answer(2, 2, 12, "c2");
    await contract.store.acceptInbound(sampleEvent(3, { conversation_id: "c3" }), null, 13);
    const allowed = sampleApproval({ state: "allowed", expiresAt: 1e15 });
    await contract.store.approvals.update("A1", 14, () => ({ record: allowed, result: null }));
    const grant = { sender: "u1", grantedBy: "owner", grantedAt: 1, expiresAt: 1e15 };
    await contract.store.pairing.update(connector, (state) => ({
      state: { ...state, grants: [grant] },
      result: null,
    }));
    await database.backup(file);
    await contract.store.close();

    const now = 1_000;
    await restore(disk, { migrations: connectorMigrations, adapt: (tx) => holdBack(tx, now) });
    await contract.restart();
    const { store } = contract;
    assert.deepEqual(await store.claimOutbound(connector, 10_000, 1, 10), []);
    assert.deepEqual(await store.claimInbound(connector, 10_000, 10), []);
    assert.deepEqual(await store.queueDepth(connector), {
      inbox_pending: 0,
      outbox_pending: 0,
      dead_letters: 2,
    });
    assert.deepEqual([...(await store.watermarks(connector))], []);
    assert.equal((await store.approvals.get("A1"))?.state, "expired");
    assert.deepEqual((await store.pairing.read(connector)).grants, []);
    const letters = await store.deadLetters.list(connector, { limit: 10 });
    assert.deepEqual(
      letters.map(({ reason, request }) => [reason, request.envelope_id, request.sequence]),
      [
        ["restored_from_backup", envelopeId(2), 1],
        ["restored_from_backup", envelopeId(2), 0],
      ],
    );
    await store.deadLetters.replay(connector, letters[1]?.deadLetterId ?? 0, 2_000);
    const row = await contract.claimOne(2_000);
    assert.equal(row.firstAttemptAt, 12, "it may have been sent after the backup, so it is looked for first");
    await store.close();
  });
});
