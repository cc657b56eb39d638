import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { Redactor } from "../../../src/platform/redactor.ts";
import { Timeline } from "../../../src/supervisor/timeline/timeline.ts";
import { type BuiltCommand, buildCommand } from "../../support/cli/build-command.ts";
import { CommandRun } from "../../support/cli/run-command.ts";

describe("Profiles and the timeline on the command line", () => {
  let command: BuiltCommand;
  let base: string;
  before(async () => {
    command = await buildCommand();
  });
  after(async () => {
    await command.remove();
  });
  beforeEach(async () => {
    base = await mkdtemp(path.join(os.tmpdir(), "palyra-profiles-"));
  });
  afterEach(async () => {
    await rm(base, { recursive: true, force: true });
  });

  async function run(
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ): Promise<CommandRun & { code: number }> {
    const run = new CommandRun(command.file, args, {
      PATH: process.env.PATH,
      PALYRA_STATE_ROOT: base,
      ...env,
    });
    return Object.assign(run, { code: (await run.ended()) ?? -1 });
  }
  const rootOf = async (args: readonly string[], env?: NodeJS.ProcessEnv): Promise<string> =>
    JSON.parse((await run([...args, "--json", "status"], env)).stdout).quick_facts.state_root;

  it("make a state folder of their own, beneath that of the default profile, which stays where it is", async () => {
    assert.equal((await run(["profile", "create", "work"])).code, 0);
    const work = path.join(base, "profiles", "work");
    assert.equal((await stat(work)).mode & 0o777, 0o700);
    assert.equal(await rootOf([]), base);
    assert.equal(await rootOf(["--profile", "work"]), work);
    assert.equal(await rootOf([], { PALYRA_PROFILE: "work" }), work);
    const { stdout } = await run(["--json", "--profile", "work", "status"]);
    assert.equal(JSON.parse(stdout).quick_facts.profile, "work");
  });

  it("are chosen for terminals with “use”, and a named one wins", async () => {
    await run(["profile", "create", "work"]);
    await run(["profile", "create", "review"]);
    assert.equal((await run(["profile", "use", "work"])).code, 0);
    assert.match(await rootOf([]), /work$/);
    assert.match(await rootOf(["--profile", "review"]), /review$/);
    assert.equal(await rootOf(["--profile", "default"]), base);
    assert.equal(await rootOf(["--state-root", base]), base, "a folder that is named stands for itself");
    const { stdout } = await run(["--json", "profile", "list"]);
    assert.deepEqual(
      JSON.parse(stdout).profiles.map(({ name, used }: { name: string; used: boolean }) => [name, used]),
      [
        ["default", false],
        ["review", false],
        ["work", true],
      ],
    );
  });

  it("have names that are folders on every system", async () => {
    for (const name of ["", "Work", "../up", "a/b", "con", "default", "-x", "x".repeat(33), "ä"]) {
      const refused = await run(["profile", "create", "--", name]);
      assert.equal(refused.code, 2, `“${name}”: ${refused.stderr}`);
      assert.match(refused.stderr, /cannot be the name/);
    }
    assert.deepEqual(await readdir(base), []);
  });

  it("are never made over what is there", async () => {
    await run(["profile", "create", "work"]);
    assert.match((await run(["profile", "create", "work"])).stderr, /already/);
    const mine = path.join(base, "profiles", "mine");
    await mkdir(mine);
    assert.match((await run(["profile", "create", "mine"])).stderr, /already/);
    assert.deepEqual(await readdir(mine), []);
  });

  it("leave nothing behind that was removed, also when a removal was interrupted", async () => {
    const interrupted = path.join(base, "profiles", ".removed-before", "secrets");
    await mkdir(interrupted, { recursive: true, mode: 0o700 });
    await writeFile(path.join(interrupted, "key"), "secret");
    await run(["profile", "create", "work"]);
    assert.deepEqual(await readdir(path.join(base, "profiles")), ["work"]);
    await mkdir(interrupted, { recursive: true });
    assert.equal((await run(["profile", "remove", "work", "--yes"])).code, 0);
    assert.deepEqual(await readdir(path.join(base, "profiles")), []);
  });

  it("are removed only on a clear word, and never the default one", async () => {
    await run(["profile", "create", "work"]);
    await run(["profile", "use", "work"]);
    const asked = await run(["profile", "remove", "work"]);
    assert.equal(asked.code, 78);
    assert.match(asked.stderr, /--yes/);
    assert.equal((await run(["profile", "remove", "work", "--yes"])).code, 0);
    assert.deepEqual(await readdir(path.join(base, "profiles")), ["terminal.json"]);
    assert.equal(await rootOf([]), base, "terminals are back with the default profile");
    assert.match((await run(["profile", "remove", "default", "--yes"])).stderr, /cannot be removed/);
    assert.match((await run(["--profile", "work", "status"])).stderr, /There is no profile “work”/);
  });

  it("cannot be removed while something runs in them", async () => {
    await run(["profile", "create", "work"]);
    const up = new CommandRun(command.file, ["--profile", "work", "--plain", "up", "--stop-on-exit"], {
      PATH: process.env.PATH,
      PALYRA_STATE_ROOT: base,
    });
    await up.prints(/palyrad/);
    assert.match((await run(["profile", "remove", "work", "--yes"])).stderr, /in use/);
    up.signal("SIGINT");
    await up.ended();
    assert.equal((await run(["profile", "remove", "work", "--yes"])).code, 0);
  }).timeout(30_000);

  describe("the timeline", () => {
    const hour = 3_600_000;
    beforeEach(async () => {
      const now = Date.now();
      const timeline = await Timeline.open({
        folder: path.join(base, "timeline"),
        redactor: new Redactor(),
        clock: Date,
        fault: () => undefined,
      });
      const event = { subject: null, kind: "service.x", details: {} };
      timeline.record([
        { ...event, unix_ms: now - 3 * hour, service: "gateway", level: "info", message: "three hours ago" },
        {
          ...event,
          unix_ms: now - hour,
          service: "browserd",
          level: "warn",
          message: "evil \u001b[2J\ntext",
        },
        { ...event, unix_ms: now, service: "gateway", level: "error", message: "just now" },
      ]);
      timeline.close();
    });

    it("is shown by time, service and level, also when nothing runs, and never steers the terminal", async () => {
      const all = (await run(["timeline"])).stdout;
      assert.deepEqual(
        ["three hours ago", "evil", "just now"].map((text) => all.indexOf(text) >= 0),
        [true, true, true],
      );
      assert.ok(!all.includes("\u001b[2J"));
      assert.equal(all.trim().split("\n").length, 3, "no event can look like two");
      assert.doesNotMatch((await run(["timeline", "--since", "2h"])).stdout, /three hours/);
      assert.doesNotMatch((await run(["timeline", "--service", "palyrad"])).stdout, /evil/);
      assert.match(
        (await run(["timeline", "--level", "error"])).stdout,
        /^\S+ \S+ error palyrad +just now\n$/,
      );
      assert.match((await run(["timeline", "--since", "10 winters"])).stderr, /error/);
    });

    it("is given to programs as one JSON value a line", async () => {
      const lines = (await run(["--json", "timeline"])).stdout.trim().split("\n");
      assert.deepEqual(
        lines.map((line) => JSON.parse(line).seq),
        [1, 2, 3],
      );
    });

    it("is followed until Ctrl-C", async () => {
      const following = new CommandRun(command.file, ["timeline", "--follow"], {
        PATH: process.env.PATH,
        PALYRA_STATE_ROOT: base,
      });
      await following.prints(/just now/);
      const timeline = await Timeline.open({
        folder: path.join(base, "timeline"),
        redactor: new Redactor(),
        clock: Date,
        fault: () => undefined,
      });
      timeline.record([
        {
          unix_ms: Date.now(),
          service: null,
          subject: null,
          kind: "a.b",
          level: "info",
          message: "and then",
          details: {},
        },
      ]);
      await following.prints(/control center +and then/);
      timeline.close();
      following.signal("SIGINT");
      assert.equal(await following.ended(), 0);
    });
  });

  it("a file where the profiles should be is a clear fault", async () => {
    await writeFile(path.join(base, "profiles"), "");
    const listed = await run(["profile", "list"]);
    assert.match(listed.stderr, /cannot be read: a part of its path is not a folder/);
  });
});
