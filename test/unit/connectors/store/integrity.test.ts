import assert from "node:assert/strict";
import path from "node:path";
import { FaultyDisk } from "./faulty-disk.ts";
import { folder, numbersIn, openNumbers, putNumber, upTo } from "./numbered-rows.ts";

describe("The integrity check on command", () => {
  it("finds no fault in sound files, and leaves them compacted", async () => {
    const disk = new FaultyDisk();
    const database = await openNumbers(disk.layer);
    for (const n of upTo(5)) await putNumber(database, n);
    assert.equal(await database.checkIntegrity(), null);
    assert.ok(disk.names().some((name) => name.startsWith("image-")));
    await database.close();
  });

  it("finds a wrong byte in an image or a journal, and the database works on", async () => {
    for (const name of ["image-00000002.sqlite", "journal-00000002.log"]) {
      const disk = new FaultyDisk();
      const database = await openNumbers(disk.layer);
      for (const n of upTo(3)) await putNumber(database, n);
      await database.checkpoint();
      await putNumber(database, 4);
      const content = disk.content(path.join(folder, name));
      content.writeUInt8(content.readUInt8(content.length - 9) ^ 1, content.length - 9);
      disk.put(path.join(folder, name), content);
      assert.match(String(await database.checkIntegrity()), /not intact/, name);
      assert.deepEqual(numbersIn(database), upTo(4));
      await database.close();
    }
  });

  it("says that the disk refuses when that is the reason", async () => {
    const disk = new FaultyDisk();
    const database = await openNumbers(disk.layer);
    await putNumber(database, 1);
    disk.fault = { at: disk.operations.length + 1, mode: "dead", code: "EIO" };
    await assert.rejects(database.checkIntegrity(), { code: "storage_failed" });
    disk.fault = null;
    await database.close();
  });
});
