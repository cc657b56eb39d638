import assert from "node:assert/strict";
import { ErrorDetails } from "../../../src/contracts/errors.ts";
import { LogLine } from "../../../src/contracts/services.ts";
import { ControlCenterSnapshot } from "../../../src/contracts/snapshot.ts";
import { statePaths } from "../../../src/platform/state-paths.ts";
import { EncryptedFileSecretStore } from "../../../src/supervisor/encrypted-file-secret-store.ts";
import { tokenRefs } from "../../../src/supervisor/service-secrets.ts";
import { type BuiltCommand, buildCommand } from "../../support/cli/build-command.ts";
import { CommandRun } from "../../support/cli/run-command.ts";
import { serviceIn, TestHome } from "../../support/supervisor/control-center-host.ts";
import { behave } from "../../support/supervisor/sidecar-behaviour.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";

describe("The palyra command", () => {
  let command: BuiltCommand;
  let home: TestHome;
  const runs: CommandRun[] = [];
  before(async () => {
    command = await buildCommand();
  });
  after(async () => {
    await command.remove();
  });
  beforeEach(async () => {
    home = await TestHome.create();
  });
  afterEach(async () => {
    for (const run of runs.splice(0)) {
      run.signal("SIGKILL");
      await run.ended();
    }
    await home.remove();
  });

  const start = (...args: string[]): CommandRun => {
    const run = new CommandRun(command.file, args, { ...process.env, PALYRA_STATE_ROOT: home.stateRoot });
    runs.push(run);
    return run;
  };
  const finish = async (...args: string[]): Promise<CommandRun & { code: number | null }> => {
    const run = start(...args);
    return Object.assign(run, { code: await run.ended() });
  };
  const status = async (): Promise<ControlCenterSnapshot> =>
    ControlCenterSnapshot.parse(JSON.parse((await finish("status", "--json")).stdout));

  it("says that nothing runs and how to start it, without making the state folder its own", async () => {
    const { code, stdout } = await finish("status");
    assert.equal(code, 69);
    assert.match(stdout, /not running.*\n.*palyra up/);
    assert.equal((await status()).overall_status, "stopped");
    assert.equal((await finish("stop")).code, 0);
    assert.deepEqual(await home.starts("gateway"), []);
  });

  it("secrets rotate replaces the services' tokens, through their owner or without one", async () => {
    const store = new EncryptedFileSecretStore(statePaths(home.stateRoot).secretsDir);
    const center = await home.open();
    await serviceIn(center, "gateway", "running");
    const first = await store.get(tokenRefs.gateway);
    const rotate = await finish("secrets", "rotate");
    assert.equal(rotate.code, 0);
    assert.match(rotate.stdout, /tokens are new/);
    const second = await store.get(tokenRefs.gateway);
    assert.notEqual(second, first);
    await center.stop();
    await center.dispose();
    assert.match((await finish("--json", "secrets", "rotate")).stdout, /"rotated":true/);
    assert.equal(await store.get(tokenRefs.gateway), undefined);
  });

  it("up runs the services, status and logs see them, Ctrl-C leaves them, stop ends them", async () => {
    const up = start("up");
    await up.prints(/palyra-browserd is running/);
    await up.prints(/palyrad is running \(pid \d+, port \d+/);
    const snapshot = await status();
    assert.equal(snapshot.overall_status, "healthy");
    assert.equal(snapshot.quick_facts.role, "observer");
    const shown = await finish("status");
    assert.equal(shown.code, 0);
    assert.match(shown.stdout, /^Palyra healthy: All services are running\./);
    assert.ok(!shown.stdout.includes("\u001b"), "colours outside a terminal");
    const lines = (await finish("logs", "palyrad", "--json")).stdout.trim().split("\n");
    const parsed = lines.map((line) => LogLine.parse(JSON.parse(line)));
    assert.ok(parsed.some(({ line }) => line.startsWith("palyrad is ready")));
    assert.ok(parsed.every(({ service }) => service === "gateway"));

    up.signal("SIGINT");
    assert.equal(await up.ended(), 0);
    assert.match(up.stdout, /go on for 30 s/);
    assert.equal((await home.living("gateway")).length, 1);
    const alone = await finish("status");
    assert.equal(alone.code, 0);
    assert.match(alone.stdout, /No window or terminal watches/);

    assert.equal((await finish("stop")).code, 0);
    assert.deepEqual([await home.living("gateway"), await home.living("browserd")], [[], []]);
    assert.match((await finish("logs")).stdout, /palyrad .*stopped/);
  });

  it("up --stop-on-exit takes the services with it", async () => {
    const up = start("up", "--stop-on-exit");
    await up.prints(/palyrad is running/);
    up.signal("SIGTERM");
    assert.equal(await up.ended(), 0);
    assert.deepEqual(await home.living("gateway"), []);
  });

  it("up beside a window looks on, and starts what was stopped there", async () => {
    const window = await home.open();
    await serviceIn(window, "gateway", "running");
    await window.stop();
    const up = start("up", "--json");
    await up.prints(/"state":"running"/);
    assert.equal((await serviceIn(window, "gateway", "running")).desired_running, true);
    up.signal("SIGINT");
    assert.equal(await up.ended(), 0);
    assert.equal((await home.living("gateway")).length, 1);
    assert.equal((await finish("stop")).code, 0);
    assert.deepEqual(await home.living("gateway"), []);
  });

  it("logs -f follows until Ctrl-C", async () => {
    const window = await home.open();
    await serviceIn(window, "gateway", "running");
    const follow = start("logs", "-f");
    await follow.prints(/palyrad is ready/);
    await window.restart("gateway");
    await follow.prints(/palyrad has stopped/);
    follow.signal("SIGINT");
    assert.equal(await follow.ended(), 0);
  });

  it("stores a secret from standard input, for a new state root and through a running owner", async () => {
    const set = start("secrets", "set", "global/discord_bot_token");
    set.feed("first-value\n");
    assert.equal(await set.ended(), 0);
    const store = new EncryptedFileSecretStore(statePaths(home.stateRoot).secretsDir);
    assert.equal(await store.get("global/discord_bot_token"), "first-value");

    const window = await home.open();
    await serviceIn(window, "gateway", "running");
    const again = start("secrets", "set", "global/discord_bot_token");
    again.feed("second-value");
    assert.equal(await again.ended(), 0);
    assert.equal(await store.get("global/discord_bot_token"), "second-value");
    await waitUntil("the gateway asked for it", async () =>
      (await window.logs()).some(({ line }) => line.startsWith("got a secret")),
    );
  });

  it("tells a fault with its next step and its own exit code", async () => {
    const empty = start("secrets", "set", "global/x");
    empty.feed("");
    assert.equal(await empty.ended(), 2);
    assert.match(empty.stderr, /^error: No secret was given\.\n.+/);
    for (const [ref, value, reason] of [
      ["palyra/admin_token", "canary", /cannot be set by hand\.\n.*Rotate/],
      ["global/discord_bot_token", "canary with spaces", /a space or a line break/],
    ] as const) {
      const refused = start("secrets", "set", ref);
      refused.feed(value);
      assert.equal(await refused.ended(), 2);
      assert.match(refused.stderr, reason);
      assert.ok(!refused.stderr.includes("canary"));
    }
    const argument = await finish("secrets", "set", "global/x", "canary");
    assert.equal(argument.code, 2);
    assert.match(argument.stderr, /A secret is no argument/);
    assert.ok(!argument.stderr.includes("canary"));
    const inJson = start("--json", "secrets", "set", "../x");
    inJson.feed("value");
    assert.equal(await inJson.ended(), 2);
    assert.equal(JSON.parse(inJson.stderr).error.code, "validation_error");
    assert.equal((await finish("frobnicate")).code, 2);
    assert.equal((await finish("logs", "nobody")).code, 2);
    assert.equal((await finish("logs", "-f")).code, 69);
    assert.equal((await finish("--help")).code, 0);
  });

  it("ends with the exit code of its class for faults of files, of permission and of services", async () => {
    const errorOf = ({ stderr }: CommandRun): string => ErrorDetails.parse(JSON.parse(stderr).error).code;
    const folder = await finish("--json", "secrets", "set", "global/x", "--value-file", home.stateRoot);
    assert.deepEqual([folder.code, errorOf(folder)], [2, "validation_error"]);
    const behindAFile = `${process.execPath}/value`;
    const unreadable = await finish("--json", "secrets", "set", "global/x", "--value-file", behindAFile);
    assert.deepEqual([unreadable.code, errorOf(unreadable)], [74, "storage_failed"]);
    const missing = await finish("--json", "secrets", "set", "global/x", "--value-file", "/nowhere");
    assert.deepEqual([missing.code, errorOf(missing)], [66, "not_found"]);
    const mine = await finish("--json", "profile", "remove", "default", "--yes");
    assert.deepEqual([mine.code, errorOf(mine)], [77, "forbidden"]);
    await behave(home.stateRoot, { gateway: { exitAtStart: 1 } });
    const crashes = await finish("--json", "channels", "list", "--start");
    assert.deepEqual([crashes.code, errorOf(crashes)], [70, "internal_error"]);
    assert.match(crashes.stderr, /palyra logs gateway/);
    const fatal = { code: "config_invalid", message: "Line 3 is wrong.", next_step: "Mend line 3." };
    await behave(home.stateRoot, {
      gateway: { exitAtStart: 78, lastWords: JSON.stringify({ palyra_fatal: fatal }) },
    });
    const broken = await finish("--json", "channels", "list", "--start");
    assert.deepEqual([broken.code, errorOf(broken)], [78, "config_invalid"]);
  });

  it("up goes on and says what is wrong when a service cannot start", async () => {
    const fatal = {
      code: "config_invalid",
      message: "palyra.toml line 3 is wrong.",
      next_step: "Mend line 3.",
    };
    await behave(home.stateRoot, {
      gateway: { exitAtStart: 78, lastWords: JSON.stringify({ palyra_fatal: fatal }) },
    });
    const up = start("up");
    await up.prints(/palyrad has failed\. palyra\.toml line 3 is wrong\./);
    await up.prints(/error: palyra\.toml line 3 is wrong\. Mend line 3\./);
    await up.prints(/palyra-browserd is running/);
  });
});
