import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { lockFolder } from "../../../../src/connectors/store/folder-lock.ts";
import { Child } from "./child.ts";

describe("The lock of the store's folder", () => {
  let folder: string;
  const children: Child[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "palyra-lock-"));
  });
  afterEach(async () => {
    for (const child of children.splice(0)) await child.kill();
    await rm(folder, { recursive: true });
  });

  const hold = (): Child => {
    const child = new Child("holding-process.ts", [folder]);
    children.push(child);
    return child;
  };

  it("is refused while another process holds it, and names that process", async () => {
    const holder = hold();
    await holder.until((lines) => lines.includes("held"));
    await assert.rejects(lockFolder(folder), {
      code: "store_locked",
      message: new RegExp(`process ${holder.pid}`),
    });
  });

  it("is free at once after its holder was killed", async () => {
    const holder = hold();
    await holder.until((lines) => lines.includes("held"));
    await holder.kill();
    const lock = await lockFolder(folder);
    await lock.release();
    assert.deepEqual(await readdir(folder), []);
  });

  it("is still held by a process that is stopped and answers nothing", async () => {
    const holder = hold();
    await holder.until((lines) => lines.includes("held"));
    holder.signal("SIGSTOP");
    try {
      await assert.rejects(lockFolder(folder), { code: "store_locked" });
    } finally {
      holder.signal("SIGCONT");
    }
  });

  it("never has two holders when several start at once, and leaves nothing that blocks the next one", async () => {
    const contenders = [hold(), hold(), hold(), hold()];
    await Promise.all(contenders.map((child) => child.until((lines) => lines.length > 0)));
    const held = contenders.filter((child) => child.lines.includes("held")).length;
    assert.ok(held <= 1, `${held} holders`);
    for (const child of contenders) await child.kill();
    await (await lockFolder(folder)).release();
  });

  it("can be taken again by the same process after it was released, not before", async () => {
    const first = await lockFolder(folder);
    await assert.rejects(lockFolder(folder), { code: "store_locked" });
    await first.release();
    await (await lockFolder(folder)).release();
  });

  it("works in a folder whose path is too long for a socket", async () => {
    const deep = path.join(folder, "x".repeat(90), "y".repeat(90));
    await mkdir(deep, { recursive: true });
    const lock = await lockFolder(deep);
    await assert.rejects(lockFolder(deep), { code: "store_locked" });
    await lock.release();
  });
});
