import assert from "node:assert/strict";
import path from "node:path";
import { inlineImageBuilder } from "../../../../src/connectors/store/build-image.ts";
import type { Migration } from "../../../../src/connectors/store/durable-database.ts";
import { decodeImage } from "../../../../src/connectors/store/image-format.ts";
import { JournalReader, RecordEncoder } from "../../../../src/connectors/store/journal-format.ts";
import { PalyraError } from "../../../../src/platform/errors.ts";
import { FaultyDisk } from "./faulty-disk.ts";
import { eventLog, folder, numbersIn, numberTable, openNumbers, putNumber, upTo } from "./numbered-rows.ts";

const inFolder = (name: string): string => path.join(folder, name);

/** A disk with three numbers in one journal. */
async function diskWithThree(): Promise<FaultyDisk> {
  const disk = new FaultyDisk();
  const database = await openNumbers(disk.layer);
  for (const n of upTo(3)) await putNumber(database, n);
  await database.close();
  return disk;
}

/** A disk with two images: 1 to 3 in the older one, 4 in the newer one, 5 only in the journal. */
async function diskWithTwoImages(): Promise<FaultyDisk> {
  const disk = await diskWithThree();
  const database = await openNumbers(disk.layer);
  await database.checkpoint();
  await putNumber(database, 4);
  await database.checkpoint();
  await putNumber(database, 5);
  await database.close();
  return disk;
}

function flipByte(disk: FaultyDisk, name: string, position: number): void {
  const content = Buffer.from(disk.content(inFolder(name)));
  const at = position < 0 ? content.length + position : position;
  content.writeUInt8(content.readUInt8(at) ^ 0xff, at);
  disk.put(inFolder(name), content);
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: "it was expected to be refused" });
}

function requireCode(error: unknown, code: string): asserts error is PalyraError {
  assert.ok(error instanceof PalyraError, String(error));
  assert.equal(error.code, code);
}

describe("The durable database", () => {
  it("shows after a restart what was written before", async () => {
    const disk = await diskWithThree();
    const database = await openNumbers(disk.layer);
    assert.deepEqual(numbersIn(database), [1, 2, 3]);
    assert.deepEqual(database.recoveryEvents, []);
    await database.close();
  });

  it("brings back texts, blobs, nulls, large and fractional numbers exactly", async () => {
    const values = ["žluťoučký 🐎 \u0001 'quoted'", new Uint8Array([0, 255, 7]), null, 2 ** 53 - 1, -0.1, ""];
    const disk = new FaultyDisk();
    const anything: Migration = (tx) => {
      tx.run("CREATE TABLE anything (id INTEGER PRIMARY KEY, value)");
    };
    const first = await openNumbers(disk.layer, { migrations: [anything] });
    await first.write((tx) => {
      for (const value of values) tx.run("INSERT INTO anything (value) VALUES (?)", [value]);
    });
    await first.close();
    const second = await openNumbers(disk.layer, { migrations: [anything] });
    assert.deepEqual(
      second.read("SELECT value FROM anything ORDER BY id").map(({ value }) => value),
      values,
    );
    await second.close();
  });

  it("lets simultaneous writers share one sync", async () => {
    const disk = new FaultyDisk();
    const database = await openNumbers(disk.layer);
    const before = disk.syncs;
    await Promise.all(upTo(64).map((n) => putNumber(database, n)));
    assert.equal(disk.syncs - before, 1);
    await database.close();
  });

  it("tells a writer nothing before its change is on the disk", async () => {
    const disk = new FaultyDisk();
    const database = await openNumbers(disk.layer);
    let openGate = (): void => undefined;
    disk.syncGate = new Promise((resolve) => {
      openGate = resolve;
    });
    const order: string[] = [];
    const write = putNumber(database, 1).then(() => order.push("stored"));
    // Changes nothing, but has seen the row above: its answer must not come before that row is safe.
    const look = database
      .write((tx) => tx.all("SELECT n FROM numbers").length)
      .then((n) => order.push(`saw ${n}`));
    for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
    assert.deepEqual(order, []);
    openGate();
    await Promise.all([write, look]);
    assert.deepEqual(order, ["stored", "saw 1"]);
    await database.close();
  });

  it("undoes a transaction whose function throws, and works on", async () => {
    const database = await openNumbers(new FaultyDisk().layer);
    const failure = new Error("changed my mind");
    const refused = database.write((tx) => {
      tx.run("INSERT INTO numbers (n, body) VALUES (?, ?)", [1, "x"]);
      throw failure;
    });
    assert.equal(await rejection(refused), failure);
    await putNumber(database, 2);
    assert.deepEqual(numbersIn(database), [2]);
    await database.close();
  });

  it("refuses statements whose effect a replay would not repeat", async () => {
    const database = await openNumbers(new FaultyDisk().layer, {
      migrations: [
        numberTable,
        (tx) => {
          tx.run("CREATE TABLE stamped (id INTEGER, at TEXT DEFAULT CURRENT_TIMESTAMP)");
        },
      ],
    });
    for (const sql of [
      "INSERT INTO numbers (n, body) VALUES (random(), 'x')",
      "INSERT INTO numbers (n, body) VALUES (1, datetime('now'))",
      "INSERT INTO stamped (id) VALUES (1)",
      "UPDATE numbers SET body = hex(randomblob(4))",
      "INSERT INTO numbers (n, body) VALUES (last_insert_rowid(), 'x')",
    ]) {
      const error = await rejection(database.write((tx) => tx.run(sql)));
      assert.match(String(error), /give its value as a parameter/, sql);
    }
    await database.write((tx) =>
      tx.run("INSERT INTO numbers (n, body) VALUES (1, 'random() is only a text here')"),
    );
    await database.close();
  });

  it("refuses what would confuse its transactions", async () => {
    const database = await openNumbers(new FaultyDisk().layer);
    for (const sql of [
      "COMMIT",
      "SAVEPOINT a",
      "VACUUM",
      "DELETE FROM numbers; DELETE FROM numbers",
      "SELECT 1",
    ]) {
      await rejection(database.write((tx) => tx.run(sql)));
    }
    assert.throws(() => database.read("DELETE FROM numbers"));
    await rejection(database.write((tx) => tx.run("INSERT INTO numbers VALUES (?, ?)", [Number.NaN, "x"])));
    await rejection(database.write(async () => "later"));
    await putNumber(database, 1);
    assert.deepEqual(numbersIn(database), [1]);
    await database.close();
  });

  it("keeps the end of a journal that a crash cut off in a file of its own, and loses nothing", async () => {
    const disk = await diskWithThree();
    const whole = disk.content(inFolder("journal-00000001.log"));
    const torn = Buffer.concat([whole, Buffer.from([40, 0, 0, 0, 1, 2, 3])]);
    disk.put(inFolder("journal-00000001.log"), torn);
    const { events, onEvent } = eventLog();
    const database = await openNumbers(disk.layer, { onEvent });
    assert.deepEqual(numbersIn(database), [1, 2, 3]);
    assert.equal(events.length, 1);
    assert.equal(events[0]?.level, "warn");
    assert.match(
      events[0]?.message ?? "",
      /The last 7 bytes of journal-00000001\.log .* Nothing that was stored is missing/,
    );
    const keptAs = String(events[0]?.details.keptAs);
    assert.deepEqual([...disk.content(inFolder(keptAs))], [40, 0, 0, 0, 1, 2, 3]);
    await putNumber(database, 4);
    await database.close();
    const again = await openNumbers(disk.layer);
    assert.deepEqual(numbersIn(again), [1, 2, 3, 4]);
    assert.deepEqual(again.recoveryEvents, []);
    await again.close();
  });

  it("keeps the twenty newest of the files that were set aside", async () => {
    const disk = await diskWithThree();
    const name = inFolder("journal-00000001.log");
    const kept = (): string[] => disk.names().filter((file) => file.includes(".cut-"));
    for (let accident = 0; accident < 30; accident += 1) {
      disk.put(name, Buffer.concat([disk.content(name), Buffer.from([accident])]));
      const database = await openNumbers(disk.layer, { now: () => 1_700_000_000_000 + accident });
      await database.close();
      assert.equal(kept().length, Math.min(accident + 1, 20));
    }
    assert.deepEqual([...disk.content(inFolder(kept().at(-1) ?? ""))], [29]);
    assert.deepEqual([...disk.content(inFolder(kept()[0] ?? ""))], [10]);
  });

  it("goes back to the older image when the newest cannot be read, and loses nothing", async () => {
    const disk = await diskWithTwoImages();
    assert.deepEqual(disk.names(), [
      "image-00000002.sqlite",
      "image-00000003.sqlite",
      "journal-00000002.log",
      "journal-00000003.log",
    ]);
    flipByte(disk, "image-00000003.sqlite", 5000);
    const before = disk.content(inFolder("image-00000003.sqlite"));
    const database = await openNumbers(disk.layer);
    assert.deepEqual(numbersIn(database), [1, 2, 3, 4, 5]);
    assert.equal(database.recoveryEvents.length, 1);
    const keptAs = String(database.recoveryEvents[0]?.details.keptAs);
    assert.ok(disk.content(inFolder(keptAs)).equals(before));
    await database.checkpoint();
    await database.close();
    assert.equal(decodeImage(disk.content(inFolder("image-00000004.sqlite")))?.trailer.generation, 4);
    const again = await openNumbers(disk.layer);
    assert.deepEqual(numbersIn(again), [1, 2, 3, 4, 5]);
    await again.close();
  });

  it("starts empty, keeps all files and says so when no image can be read", async () => {
    const disk = await diskWithTwoImages();
    const originals = disk.names();
    flipByte(disk, "image-00000002.sqlite", 100);
    flipByte(disk, "image-00000003.sqlite", -1 - 8);
    const database = await openNumbers(disk.layer);
    assert.deepEqual(numbersIn(database), []);
    assert.equal(database.recoveryEvents.length, 4);
    assert.ok(database.recoveryEvents.every(({ level }) => level === "error"));
    for (const name of originals)
      assert.ok(disk.names().some((kept) => kept.startsWith(`${name}.unreadable-`)));
    await putNumber(database, 9);
    await database.close();
    const again = await openNumbers(disk.layer);
    assert.deepEqual(numbersIn(again), [9]);
    assert.deepEqual(again.recoveryEvents, []);
    await again.close();
  });

  it("survives any single wrong byte: what it shows is what was stored up to some transaction", async () => {
    const disk = await diskWithTwoImages();
    const names = [
      "image-00000003.sqlite",
      "journal-00000003.log",
      "image-00000002.sqlite",
      "journal-00000002.log",
    ];
    for (const name of names) {
      const { length } = disk.content(inFolder(name));
      for (let position = 0; position < length; position += Math.max(1, Math.floor(length / 60))) {
        const copy = disk.afterKill();
        flipByte(copy, name, position);
        const database = await openNumbers(copy.layer).catch((error: unknown) => {
          // A wrong byte in a number of format reads as a later version.
          requireCode(error, "state_newer");
        });
        if (database === undefined) continue;
        const numbers = numbersIn(database);
        await database.close();
        assert.deepEqual(numbers, upTo(numbers.length), `${name} at ${position}`);
        if (name !== "journal-00000003.log") assert.equal(numbers.length, 5, `${name} at ${position}`);
        else if (numbers.length < 5) assert.ok(database.recoveryEvents.length > 0);
      }
    }
  });

  it("stops where a replay changes other rows than the transaction did, and says so", async () => {
    const disk = await diskWithThree();
    const name = "journal-00000001.log";
    const journal = disk.content(inFolder(name));
    const record = new RecordEncoder().encode({
      sequence: [...new JournalReader(journal)].length + 1,
      statements: [{ sql: "UPDATE numbers SET body = ? WHERE n > ?", params: ["x", 1], changes: 1 }],
    });
    disk.put(inFolder(name), Buffer.concat([journal, record]));
    const database = await openNumbers(disk.layer);
    assert.deepEqual(
      database.read("SELECT body FROM numbers").map(({ body }) => body),
      ["body of 1", "body of 2", "body of 3"],
    );
    assert.equal(database.recoveryEvents[0]?.level, "error");
    await database.close();
  });

  it("refuses a store of a later version and changes none of its files", async () => {
    const disk = new FaultyDisk();
    const later = await openNumbers(disk.layer, { migrations: [numberTable, numberTable2] });
    await later.close();
    const before = new Map(disk.names().map((name) => [name, disk.content(inFolder(name)).toString("hex")]));
    const error = await rejection(openNumbers(disk.layer));
    requireCode(error, "state_newer");
    assert.match(error.message, /schema 2; this version knows up to 1/);
    assert.deepEqual(
      new Map(disk.names().map((name) => [name, disk.content(inFolder(name)).toString("hex")])),
      before,
    );
  });

  it("brings a store of an older version to the new schema and keeps its rows", async () => {
    const disk = await diskWithThree();
    const { events, onEvent } = eventLog();
    const newer = { migrations: [numberTable, numberTable2], onEvent };
    await (await openNumbers(disk.layer, newer)).close();
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ["migrated"],
    );
    const database = await openNumbers(disk.layer, newer);
    assert.deepEqual(database.read("SELECT n, doubled FROM numbers ORDER BY n"), [
      { n: 1, doubled: 2 },
      { n: 2, doubled: 4 },
      { n: 3, doubled: 6 },
    ]);
    assert.equal(events.length, 1);
    await database.close();
  });

  it("is paused by a failing sync: one clear error, told once, reading goes on", async () => {
    const disk = new FaultyDisk();
    const { events, onEvent } = eventLog();
    const database = await openNumbers(disk.layer, { onEvent });
    await putNumber(database, 1);
    const told: PalyraError[] = [];
    database.onFailure((error) => told.push(error));
    disk.fault = { at: disk.operations.length + 2, mode: "fail", code: "EIO" };
    const first = await rejection(putNumber(database, 2));
    disk.fault = null;
    const operations = disk.operations.length;
    const second = await rejection(putNumber(database, 3));
    requireCode(first, "storage_failed");
    assert.equal(second, first);
    assert.deepEqual(told, [first]);
    assert.deepEqual(events.filter(({ kind }) => kind === "paused").length, 1);
    assert.equal(database.failure, first);
    assert.ok(numbersIn(database).includes(1));
    assert.equal(disk.operations.length, operations, "the file that failed is left alone");
    await database.close();
  });

  it("says that it cannot be opened when the disk is full or read-only", async () => {
    for (const code of ["ENOSPC", "EROFS"] as const) {
      const disk = await diskWithThree();
      disk.fault = { at: disk.operations.length + 4, mode: "dead", code };
      const error = await rejection(openNumbers(disk.layer));
      requireCode(error, "storage_failed");
      assert.match(error.message, new RegExp(code));
    }
  });

  it("works on when a compaction fails, and compacts later", async () => {
    const disk = new FaultyDisk();
    const { events, onEvent } = eventLog();
    let broken = true;
    const database = await openNumbers(disk.layer, {
      onEvent,
      checkpointBytes: 400,
      imageBuilder: {
        build: (source, signal) =>
          broken ? Promise.reject(new Error("no memory")) : inlineImageBuilder.build(source, signal),
      },
    });
    for (const n of upTo(20)) await putNumber(database, n);
    assert.ok(
      events.some(({ kind, message }) => kind === "checkpoint_failed" && message.includes("no memory")),
    );
    assert.equal(database.failure, null);
    broken = false;
    await database.checkpoint();
    assert.ok(disk.names().some((name) => name.startsWith("image-")));
    await database.close();
    const again = await openNumbers(disk.layer);
    assert.deepEqual(numbersIn(again), upTo(20));
    await again.close();
  });

  it("keeps two images and the journals since the older one, whatever is written", async () => {
    const disk = new FaultyDisk();
    const database = await openNumbers(disk.layer, { checkpointBytes: 2_000 });
    for (const n of upTo(400)) {
      await putNumber(database, n);
      if (n % 50 === 0) await database.checkpoint();
    }
    await database.close();
    assert.equal(disk.names().filter((name) => name.startsWith("image-")).length, 2);
    assert.ok(disk.names().filter((name) => name.startsWith("journal-")).length <= 3);
  });

  it("finds no fault in a sound database", async () => {
    const database = await openNumbers(new FaultyDisk().layer);
    assert.equal(database.findFault(), null);
    await database.close();
    await rejection(putNumber(database, 1));
  });
});

const numberTable2: Migration = (tx) => {
  tx.run("ALTER TABLE numbers ADD COLUMN doubled INTEGER");
  for (const { n } of tx.all("SELECT n FROM numbers")) {
    tx.run("UPDATE numbers SET doubled = ? WHERE n = ?", [Number(n) * 2, n ?? null]);
  }
};
