import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { openConnectorStore } from "../../../../src/connectors/store/open-connector-store.ts";
import { locateStoreAssets } from "../../../../src/connectors/store/store-assets.ts";

// Windows has no pipes among its files.
if (process.platform !== "win32") {
  describe("A store with a pipe in the place of its journal", () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(path.join(os.tmpdir(), "palyra-pipe-"));
      execFileSync("/usr/bin/env", ["mkfifo", path.join(folder, "journal-00000001.log")]);
    });
    afterEach(() => rm(folder, { recursive: true }));

    it("says so at once instead of waiting for a writer", async () => {
      const assets = locateStoreAssets(import.meta.url);
      await assert.rejects(openConnectorStore({ folder, assets }), {
        code: "storage_failed",
        message: /journal-00000001\.log is not a file/,
      });
    });
  });
}
