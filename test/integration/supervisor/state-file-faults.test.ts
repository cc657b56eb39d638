import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { readConfigText } from "../../../src/gateway/read-config-text.ts";
import { fileProblem } from "../../../src/platform/errors.ts";
import { ensurePrivateFolder } from "../../../src/platform/secure-folder.ts";
import { statePaths } from "../../../src/platform/state-paths.ts";
import { StateFileStore } from "../../../src/supervisor/state-file-store.ts";
import { serviceIn, TestHome, testOptions } from "../../support/supervisor/control-center-host.ts";

const defaults = { secretsHome: "file", desired: { gateway: true, browserd: true } } as const;
const good = {
  schema_version: 8,
  desired_running: { gateway: false, browserd: false },
  secrets_home: "file",
};

/** Where no folder can be made: the system answers “not there” to it. */
const noFolderHere = process.platform === "linux" ? "/proc/palyra/state" : "/dev/null/palyra/state";

describe("A state file on a disk with faults", () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "palyra-state-"));
    file = path.join(folder, "state.json");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const asideOf = async (name: string): Promise<string | undefined> =>
    (await readdir(folder)).find((entry) => entry.startsWith(`${name}.unreadable-`));

  it("of which both copies are torn, keeps both texts and says so", async () => {
    await writeFile(file, "torn main");
    await writeFile(`${file}.bak`, "torn backup");
    const store = await StateFileStore.open(file, defaults);
    await store.update({ desired_running: { gateway: false, browserd: true } });
    await store.update({ desired_running: { gateway: false, browserd: false } });
    const kept = [await asideOf("state.json"), await asideOf("state.json.bak")];
    const texts = await Promise.all(kept.map((name) => readFile(path.join(folder, name ?? "none"), "utf8")));
    assert.deepEqual(texts.sort(), ["torn backup", "torn main"]);
    assert.deepEqual(
      store.problems.map(({ code }) => code),
      ["state_unreadable", "state_unreadable"],
    );
  });

  for (const main of ["missing", "torn"] as const) {
    it(`that is ${main} and has a backup of a newer version, is only read, and says so`, async () => {
      if (main === "torn") await writeFile(file, "torn");
      const newer = JSON.stringify({ ...good, schema_version: 99, future: true });
      await writeFile(`${file}.bak`, newer);
      const store = await StateFileStore.open(file, defaults);
      assert.ok(store.problems.some(({ code }) => code === "state_newer"));
      assert.equal(store.state.desired_running.gateway, false);
      await store.update({ desired_running: { gateway: true, browserd: true } });
      assert.equal(await readFile(`${file}.bak`, "utf8"), newer);
      assert.ok(!(await readdir(folder)).includes("state.json"));
    });
  }

  const places: [string, RegExp, () => Promise<unknown> | unknown][] = [
    ["a pipe", /is a pipe/, () => execFileSync("/usr/bin/env", ["mkfifo", file])],
    ["a folder", /is a folder/, () => mkdir(file)],
    [
      "200 MB large",
      /larger than 4 MB/,
      async () => {
        await writeFile(file, "{");
        await truncate(file, 200 * 1024 * 1024);
      },
    ],
  ];
  for (const [what, reason, make] of places) {
    it(`that is ${what}, is set aside at once, and another is written in its place`, async () => {
      await make();
      const store = await StateFileStore.open(file, defaults);
      assert.match(store.problems[0]?.message ?? "", reason);
      assert.ok(await asideOf("state.json"));
      await store.save();
      assert.equal(JSON.parse(await readFile(file, "utf8")).schema_version, 8);
    });

    it(`and a configuration file that is ${what}, is a clear fault of the configuration`, async () => {
      await make();
      await assert.rejects(readConfigText(file), { code: "config_invalid", message: reason });
    });
  }

  it("that held tokens, leaves them neither in the file nor in its backup", async () => {
    const token = "plain-admin-token-0123456789abcdefghij";
    await writeFile(file, JSON.stringify({ ...good, schema_version: 1, admin_token: token }));
    const store = await StateFileStore.open(file, defaults);
    assert.deepEqual(store.plainTokens, { gateway: token });
    await store.save();
    for (const name of await readdir(folder)) {
      assert.ok(!(await readFile(path.join(folder, name), "utf8")).includes(token), name);
    }
  });

  it("in whose place a folder stands at the time of writing, names the fault and a next step", async () => {
    const store = await StateFileStore.open(file, defaults);
    await mkdir(path.join(file, "in the way"), { recursive: true });
    await assert.rejects(store.save(), { code: "storage_failed", message: /cannot be written: .*folder/ });
  });

  it("on a full disk is told in plain words", () => {
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    const problem = fileProblem(file, "written", full);
    assert.equal(problem.message, `${file} cannot be written: the disk is full.`);
    assert.match(problem.nextStep, /Free disk space/);
  });

  it("in a folder that the system does not allow, fails at once instead of hanging", async () => {
    await assert.rejects(ensurePrivateFolder(noFolderHere), {
      code: "config_invalid",
      message: /cannot be made/,
    });
  });
});

describe("A state file of the first version", () => {
  it("hands its token to the secret store: the gateway accepts it, and no file has it in plain text", async () => {
    const home = await TestHome.create();
    try {
      const token = "plain-admin-token-0123456789abcdefghij";
      await writeFile(path.join(home.stateRoot, "state.json"), JSON.stringify({ admin_token: token }));
      const center = await home.open({ settings: { ...testOptions(home.stateRoot).settings } });
      await center.start("gateway");
      await serviceIn(center, "gateway", "running");
      const url = center.snapshot.quick_facts.gateway_url ?? "";
      const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
      assert.equal(answer.status, 200);
      for (const entry of await readdir(home.stateRoot, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const text = await readFile(path.join(entry.parentPath, entry.name), "utf8");
        assert.ok(!text.includes(token), entry.name);
      }
      await center.stop();
    } finally {
      await home.remove();
    }
  });
});

describe("Files that a crash left unfinished", () => {
  it("are removed when Palyra starts; younger ones, and all others, stay", async () => {
    const home = await TestHome.create();
    try {
      const { root, runDir, secretsDir } = statePaths(home.stateRoot);
      for (const folder of [runDir, secretsDir]) await mkdir(folder, { mode: 0o700 });
      const old = [
        path.join(root, "state.json.0123456789ab.tmp"),
        path.join(runDir, "gateway.json.ba9876543210.tmp"),
        path.join(runDir, "owner.3.lease.0123456789ab"),
        path.join(secretsDir, "a.secret.0123456789ab.tmp"),
      ];
      const kept = [
        path.join(root, "notes.tmp"),
        path.join(root, "palyra.toml.backup-0123456789ab"),
        path.join(secretsDir, "b.secret"),
      ];
      const young = path.join(root, "state.json.aaaaaaaaaaaa.tmp");
      const longAgo = new Date(Date.now() - 3_600_000);
      for (const file of [...old, ...kept, young]) await writeFile(file, "x");
      for (const file of [...old, ...kept]) await utimes(file, longAgo, longAgo);
      const told: string[] = [];
      const { logger: quiet } = testOptions(root);
      const logger = { ...quiet, info: (text: string) => void told.push(text) };
      await home.open({ logger, desired: { gateway: false, browserd: false } });
      const left = [...old, ...kept, young].filter((file) => existsSync(file));
      assert.deepEqual(left, [...kept, young]);
      assert.ok(told.includes("Removed 4 unfinished files that a crash had left."));
    } finally {
      await home.remove();
    }
  });
});
