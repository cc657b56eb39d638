import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import {
  type OpenedConnectorStore,
  openConnectorStore,
} from "../../../../src/connectors/store/open-connector-store.ts";
import { locateStoreAssets } from "../../../../src/connectors/store/store-assets.ts";
import { sampleEvent } from "../../../unit/connectors/store/sample-messages.ts";
import { Child } from "./child.ts";

const assets = locateStoreAssets(import.meta.url);
const failed = { code: "storage_failed" };

/** Stores events of some kilobytes each until one is refused. Returns how many were stored. */
async function fill({ store }: OpenedConnectorStore): Promise<number> {
  for (let stored = 0; ; stored += 1) {
    const event = sampleEvent(stored + 1, { body: "x".repeat(4_000) });
    try {
      await store.acceptInbound(event, null, stored + 1);
    } catch (error) {
      assert.equal((error as { code?: string }).code, "storage_failed");
      return stored;
    }
  }
}

/** Whether this account may mount small disks; elsewhere the limit on the size of files stands in. */
function canMount(): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  // In a namespace of its own, so that nobody else sees the trial.
  return spawnSync("/bin/sh", ["-c", `unshare -m mount -t tmpfs tmpfs "${os.tmpdir()}"`]).status === 0;
}

/** @param command of the system, with the folder of the disk as its last argument */
function onDisk(command: string, disk: string): void {
  execFileSync("/bin/sh", ["-c", `${command} "$0"`, disk]);
}

describe("The store when the system refuses to write", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "palyra-full-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  if (process.platform !== "win32") {
    it("is paused with one clear error by a limit on the size of its files, stays readable, and opens again", async () => {
      // The shell sets the limit in blocks of 512 bytes or of a kilobyte: both are reached within the test.
      const script = path.join(import.meta.dirname, "refused-writes-process.ts");
      const command = `ulimit -f 512; exec "${process.execPath}" "${script}" "${path.join(folder, "store")}"`;
      const child = new Child("/bin/sh", ["-c", command], { program: true });
      await child.ended();
      const [stored, refused, then, read, reopened, closed] = child.lines;
      const count = Number(stored?.split(" ")[1]);
      assert.ok(count > 20, `${stored}`);
      assert.deepEqual(
        [refused, then, read, closed],
        ["refused storage_failed", "then storage_failed", "read true", "closed"],
      );
      assert.equal(Number(reopened?.split(" ")[1]), count, "exactly what was reported as stored is there");
    });
  }

  it("says why it cannot be opened, and opens later in the same process", async () => {
    const place = path.join(folder, "place");
    await writeFile(place, "a file in the way");
    const options = { folder: path.join(place, "store"), assets };
    await assert.rejects(openConnectorStore(options), failed);
    await assert.rejects(openConnectorStore(options), failed);
    await rm(place);
    await mkdir(place);
    const { store } = await openConnectorStore(options);
    assert.equal(await store.acceptInbound(sampleEvent(1), null, 1), true);
    await store.close();
  });

  if (canMount()) {
    describe("on a disk of its own", () => {
      let disk: string;
      beforeEach(async () => {
        disk = path.join(folder, "disk");
        await mkdir(disk);
        onDisk("mount -t tmpfs -o size=1m tmpfs", disk);
      });
      afterEach(() => onDisk("umount -l", disk));

      it("is paused when the disk is full, loses nothing, and goes on when there is room again", async () => {
        const opened = await openConnectorStore({ folder: path.join(disk, "store"), assets });
        const stored = await fill(opened);
        assert.ok(stored > 20);
        const { store } = opened;
        await assert.rejects(store.acceptInbound(sampleEvent(9_000), null, 1), failed);
        assert.equal((await store.totals()).received >= stored, true, "it can still be read");
        // There is not even room to read it back into a fresh journal.
        await assert.rejects(opened.reopen(), failed);
        onDisk("mount -o remount,size=32m", disk);
        await opened.reopen();
        assert.equal(opened.failure(), null);
        assert.equal((await store.totals()).received, stored);
        assert.equal(await store.acceptInbound(sampleEvent(9_000), null, 2), true);
        assert.equal(await opened.checkIntegrity(), null);
        await store.close();
      });

      it("cannot be opened on a full disk, changes nothing there, and opens when there is room again", async () => {
        const options = { folder: path.join(disk, "store"), assets };
        const opened = await openConnectorStore(options);
        const stored = await fill(opened);
        await opened.store.close();
        await assert.rejects(openConnectorStore(options), failed);
        onDisk("mount -o remount,size=32m", disk);
        const { store } = await openConnectorStore(options);
        assert.equal((await store.totals()).received, stored);
        await store.close();
      });

      it("is paused when its disk becomes read-only, and goes on when it can be written again", async () => {
        const opened = await openConnectorStore({ folder: path.join(disk, "store"), assets });
        const { store } = opened;
        await store.acceptInbound(sampleEvent(1), null, 1);
        await store.close();
        onDisk("mount -o remount,ro", disk);
        await assert.rejects(openConnectorStore({ folder: path.join(disk, "store"), assets }), failed);
        onDisk("mount -o remount,rw", disk);
        const again = await openConnectorStore({ folder: path.join(disk, "store"), assets });
        assert.equal((await again.store.totals()).received, 1);
        await again.store.close();
      });

      it("does not stop when only a backup finds no room", async () => {
        const opened = await openConnectorStore({ folder: path.join(folder, "store"), assets });
        for (let n = 1; n <= 300; n += 1) {
          await opened.store.acceptInbound(sampleEvent(n, { body: "x".repeat(6_000) }), null, n);
        }
        await assert.rejects(opened.backup(path.join(disk, "one.sqlite")), failed);
        assert.equal(await opened.store.acceptInbound(sampleEvent(9_000), null, 1), true);
        assert.ok((await opened.backup(path.join(folder, "one.sqlite"))) > 1_000_000);
        await opened.store.close();
      });
    });
  }
});
