import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { unzipSync } from "fflate";
import { DoctorReport } from "../../../src/contracts/doctor.ts";
import { logFile, type StatePaths, statePaths } from "../../../src/platform/state-paths.ts";
import { EncryptedFileSecretStore } from "../../../src/supervisor/encrypted-file-secret-store.ts";
import { CommandRun } from "../../support/cli/run-command.ts";

const command = path.resolve(import.meta.dirname, "../../../dist/palyra.mjs");

describe("The palyra command, looking into a state folder that nobody uses", () => {
  let paths: StatePaths;
  beforeEach(async () => {
    paths = statePaths(await mkdtemp(path.join(os.tmpdir(), "palyra-look-")));
  });
  afterEach(() => rm(paths.root, { recursive: true, force: true }));

  const finish = async (...args: string[]): Promise<CommandRun & { code: number | null }> => {
    const run = new CommandRun(command, args, { ...process.env, PALYRA_STATE_ROOT: paths.root });
    run.feed("");
    return Object.assign(run, { code: await run.ended() });
  };
  const browser = ["--browser", process.execPath] as const;

  it("doctor lists repairs and makes none; --fix makes them; then all is well", async () => {
    const torn = "{ torn";
    await writeFile(paths.stateFile, torn, { mode: 0o600 });
    const listed = await finish("doctor", ...browser);
    assert.equal(listed.code, 1);
    assert.match(
      listed.stdout,
      /failed +State file: .*\n +Repair: Set the file aside[^\n]*\n +- .*state\.json\n/,
    );
    assert.match(listed.stdout, /1 failed.*“palyra doctor --fix” makes 1 repair\./);
    assert.equal(await readFile(paths.stateFile, "utf8"), torn);

    const fixed = await finish("doctor", "--fix", "--json", ...browser);
    assert.equal(fixed.code, 0);
    const report = DoctorReport.parse(JSON.parse(fixed.stdout));
    assert.deepEqual(
      report.repairs.map(({ id, done }) => ({ id, done })),
      [{ id: "state", done: true }],
    );
    const again = await finish("doctor", "--json", ...browser);
    assert.equal(again.code, 0);
    const { checks } = DoctorReport.parse(JSON.parse(again.stdout));
    assert.ok(checks.every(({ status }) => status === "ok"));
    assert.equal(checks.length, 15);
  });

  it("support-bundle writes a private zip where it is told to", async () => {
    const out = path.join(paths.root, "help.zip");
    const run = await finish("support-bundle", "--out", out);
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, /help\.zip \(\d+ KB, \d+ files\)/);
    assert.equal((await stat(out)).mode & 0o777, 0o600);
    assert.ok("manifest.json" in unzipSync(await readFile(out)));
  });

  it("reset asks first, keeps what was there, and forgets secrets without a copy", async () => {
    await mkdir(paths.storeDir, { mode: 0o700 });
    await writeFile(path.join(paths.storeDir, "image-00000001.sqlite"), "messages");
    const unconfirmed = await finish("reset", "store");
    assert.equal(unconfirmed.code, 2);
    assert.match(unconfirmed.stderr, /Nothing was done[\s\S]*--yes/);
    assert.deepEqual(await readdir(paths.root), ["store"]);

    const done = await finish("reset", "store", "--yes");
    assert.equal(done.code, 0, done.stderr);
    const [kept = "none"] = await readdir(paths.root);
    assert.match(kept, /^store\.reset-/);
    assert.equal(await readFile(path.join(paths.root, kept, "image-00000001.sqlite"), "utf8"), "messages");

    const secrets = new EncryptedFileSecretStore(paths.secretsDir);
    await secrets.set("global/discord_bot_token", "to be forgotten");
    const forgotten = await finish("reset", "secrets", "--yes");
    assert.match(forgotten.stdout, /Forgotten: global\/discord_bot_token\./);
    assert.deepEqual(await secrets.keys(), []);
    assert.deepEqual(await readdir(paths.secretsDir), ["key"]);
  });

  describe("logs", () => {
    const line = (unix_ms: number, level: string, message: string): string =>
      `${JSON.stringify({ level, unix_ms, message, service: "palyrad", pid: 1 })}\n`;

    it("says that there are none instead of nothing", async () => {
      const run = await finish("logs");
      assert.equal(run.code, 0);
      assert.equal(run.stdout, "");
      assert.match(run.stderr, /There are no lines yet\. They come when the service starts/);
    });

    it("shows lines by level, text and time", async () => {
      await mkdir(paths.logsDir, { mode: 0o700 });
      const now = Date.now();
      const text =
        line(now - 7_200_000, "error", "the disk failed long ago") +
        line(now - 60_000, "info", "the disk is back") +
        line(now - 1_000, "error", "the Disk failed");
      await writeFile(logFile(paths, "gateway"), text);
      const messages = async (...args: string[]): Promise<string[]> =>
        (await finish("logs", "--json", ...args)).stdout
          .split("\n")
          .filter(Boolean)
          .map((json) => (JSON.parse(json) as { line: string }).line);
      assert.equal((await messages()).length, 3);
      assert.deepEqual(await messages("--level", "error", "--since", "1h"), ["the Disk failed"]);
      assert.deepEqual(await messages("gateway", "--grep", "^the disk (is|was)"), ["the disk is back"]);
      assert.deepEqual(await messages("browserd"), []);
      assert.match((await finish("logs", "--grep", "nothing like it")).stderr, /no lines like that/);
    });

    it("names the services and says what is wrong with an option", async () => {
      const unknown = await finish("logs", "foo");
      assert.equal(unknown.code, 2);
      assert.match(unknown.stderr, /It must be gateway or browserd/);
      assert.match((await finish("logs", "--since", "soon")).stderr, /like 90s, 10m, 2h/);
      assert.match((await finish("logs", "--grep", "(")).stderr, /not a regular expression/);
    });
  });
});
