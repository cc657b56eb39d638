import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import { runRecordFile, statePaths } from "../../../src/platform/state-paths.ts";
import { startCrashFile } from "../../../src/supervisor/crash-file.ts";
import { EncryptedFileSecretStore } from "../../../src/supervisor/encrypted-file-secret-store.ts";
import { readFileEnd } from "../../../src/supervisor/read-file-end.ts";
import { readRunRecord } from "../../../src/supervisor/run-record.ts";
import { TestHome } from "../../support/supervisor/control-center-host.ts";

// Windows has no pipes among its files.
if (process.platform !== "win32") {
  describe("A pipe in the place of a file, which nobody writes to,", () => {
    let home: TestHome;
    beforeEach(async () => {
      home = await TestHome.create();
    });
    afterEach(() => home.remove());

    const pipe = (file: string): void => {
      execFileSync("/usr/bin/env", ["mkdir", "-m", "700", "-p", path.dirname(file)]);
      execFileSync("/usr/bin/env", ["mkfifo", file]);
    };

    it("is no record of a service that runs", async () => {
      const paths = statePaths(home.stateRoot);
      pipe(runRecordFile(paths, "gateway"));
      assert.equal(await readRunRecord(paths, "gateway"), null);
    });

    it("and no lease of an owner: the services start", async () => {
      pipe(path.join(statePaths(home.stateRoot).runDir, "owner.1.lease"));
      const center = await home.open();
      assert.equal(center.snapshot.quick_facts.role, "owner");
    });

    it("is neither a secret nor the key of the secrets, and is told as such", async () => {
      const { secretsDir } = statePaths(home.stateRoot);
      const store = new EncryptedFileSecretStore(secretsDir);
      await store.set("global/one", "1");
      pipe(path.join(secretsDir, "global~two.secret"));
      const unreadable = { code: "secret_store_unavailable", message: /two\.secret.*it is a pipe/ };
      await assert.rejects(store.get("global/two"), unreadable);
      await rm(path.join(secretsDir, "key"));
      pipe(path.join(secretsDir, "key"));
      await assert.rejects(store.get("global/one"), { message: /key of the secrets .* is a pipe/ });
    });

    it("says nothing as a log, and is moved out of the way of the output of a new process", async () => {
      const { logsDir } = statePaths(home.stateRoot);
      const file = path.join(logsDir, "palyrad.stderr.log");
      pipe(file);
      assert.equal(await readFileEnd(file, 1_000), "");
      await startCrashFile(file);
      assert.deepEqual(await readdir(logsDir), ["palyrad.stderr.log.1"]);
    });
  });
}
