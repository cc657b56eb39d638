import assert from "node:assert/strict";
import { FaultyDisk } from "./faulty-disk.ts";
import { eventLog, numbersIn, openNumbers, putNumber, upTo } from "./numbered-rows.ts";

const failed = { code: "storage_failed" };

describe("A paused database", () => {
  it("works again after the disk does, in the same process, with everything that was reported as stored", async () => {
    const disk = new FaultyDisk();
    const { events, onEvent } = eventLog();
    const database = await openNumbers(disk.layer, { onEvent });
    await putNumber(database, 1);
    disk.fault = { at: disk.operations.length + 1, mode: "dead", code: "ENOSPC" };
    await assert.rejects(putNumber(database, 2), failed);
    await assert.rejects(database.reopen(), failed);
    await assert.rejects(database.reopen(), failed);
    assert.notEqual(database.failure, null);
    assert.ok(numbersIn(database).includes(1), "it can still be read");
    disk.fault = null;
    await database.reopen();
    assert.equal(database.failure, null);
    assert.deepEqual(numbersIn(database), [1]);
    await putNumber(database, 2);
    assert.deepEqual(
      events.map(({ kind }) => kind).filter((kind) => kind === "paused" || kind === "resumed"),
      ["paused", "resumed"],
    );
    await database.close();
    const again = await openNumbers(disk.layer);
    assert.deepEqual(numbersIn(again), [1, 2]);
    await again.close();
  });

  it("shows a write that was refused but reached the disk after all", async () => {
    const disk = new FaultyDisk();
    const database = await openNumbers(disk.layer);
    // The bytes arrive, the confirmation does not.
    disk.fault = { at: disk.operations.length + 2, mode: "fail", code: "EIO" };
    await assert.rejects(putNumber(database, 1), failed);
    disk.fault = null;
    await database.reopen();
    assert.deepEqual(numbersIn(database), [1]);
    await putNumber(database, 2);
    await database.close();
  });

  it("pauses and goes on any number of times, compactions included", async () => {
    const disk = new FaultyDisk();
    const database = await openNumbers(disk.layer, { checkpointBytes: 500 });
    const told: string[] = [];
    database.onFailure(({ code }) => told.push(code));
    for (const n of upTo(20)) {
      await putNumber(database, n);
      disk.fault = { at: disk.operations.length + 1, mode: "dead", code: "EROFS" };
      await assert.rejects(putNumber(database, 1_000 + n), failed);
      disk.fault = null;
      await Promise.all([database.reopen(), database.reopen()]);
    }
    assert.deepEqual(numbersIn(database), upTo(20));
    assert.equal(told.length, 20);
    await database.close();
  });

  it("has nothing to do when it is not paused", async () => {
    const disk = new FaultyDisk();
    const database = await openNumbers(disk.layer);
    const operations = disk.operations.length;
    assert.deepEqual(await database.reopen(), []);
    assert.equal(disk.operations.length, operations);
    await database.close();
    assert.throws(() => database.reopen(), failed);
  });

  it("can be closed while it tries", async () => {
    const disk = new FaultyDisk();
    const database = await openNumbers(disk.layer);
    disk.fault = { at: disk.operations.length + 1, mode: "fail", code: "EIO" };
    await assert.rejects(putNumber(database, 1), failed);
    const trying = database.reopen().catch(() => undefined);
    await database.close();
    await trying;
  });
});
