import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import net, { type AddressInfo } from "node:net";
import path from "node:path";
import { openConnectorStore } from "../../../src/connectors/store/open-connector-store.ts";
import { locateStoreAssets } from "../../../src/connectors/store/store-assets.ts";
import type { CheckResult } from "../../../src/contracts/doctor.ts";
import type { Check } from "../../../src/supervisor/doctor/check.ts";
import { examine, repairAndExamine } from "../../../src/supervisor/doctor/run-doctor.ts";
import { StateFileStore } from "../../../src/supervisor/state-file-store.ts";
import { serviceIn, TestHome } from "../../support/supervisor/control-center-host.ts";
import { DoctorScene, resultOf } from "../../support/supervisor/doctor-scene.ts";

const defaults = { secretsHome: "file", desired: { gateway: true, browserd: true } } as const;

describe("The doctor and a fault", () => {
  let scene: DoctorScene;
  beforeEach(async () => {
    scene = await DoctorScene.create();
  });
  afterEach(() => scene.remove());

  /** The fault is named, a look changes nothing, the repair is done, and a second look finds nothing. */
  const namedAndRepaired = async (id: string, evidence: RegExp): Promise<readonly string[]> => {
    const found = await scene.finds(id);
    assert.notEqual(found.status, "ok");
    assert.match(found.evidence, evidence);
    assert.ok(found.repair, "a repair is offered");
    const again = await scene.finds(id);
    assert.deepEqual({ ...again, duration_ms: 0 }, { ...found, duration_ms: 0 }, "a look changes nothing");
    const report = await scene.fix(id);
    assert.deepEqual(
      report.repairs.filter(({ done }) => !done),
      [],
    );
    assertOk(resultOf(report.checks, id));
    assertOk(await scene.finds(id));
    return report.repairs.find((repair) => repair.id === id)?.outcome ?? [];
  };
  const namedOnly = async (id: string, evidence: RegExp, next: RegExp): Promise<void> => {
    const found = await scene.finds(id);
    assert.equal(found.status, "failed");
    assert.match(found.evidence, evidence);
    assert.match(found.next_step ?? "", next);
    assert.equal(found.repair, undefined);
  };
  const namesIn = (folder: string): Promise<string[]> => readdir(folder);

  it("finds nothing wrong with a new state folder, in less than ten seconds", async () => {
    const started = performance.now();
    for (const check of (await scene.fix()).checks) assertOk(check);
    assert.ok(performance.now() - started < 20_000, "two examinations take less than twice ten seconds");
  });

  it("corrects permissions that let others in", async () => {
    await mkdir(scene.paths.secretsDir);
    await chmod(scene.paths.secretsDir, 0o755);
    await writeFile(scene.paths.stateFile, '{"schema_version":8}', { mode: 0o644 });
    await namedAndRepaired("folders", /secrets has the permissions 0755: others may use it/);
    assert.equal((await stat(scene.paths.secretsDir)).mode & 0o777, 0o700);
    assert.equal((await stat(scene.paths.stateFile)).mode & 0o777, 0o600);
  });

  it("names services that run with another version than this one, and offers their restart", async () => {
    const home = await TestHome.create();
    try {
      const center = await home.open();
      await serviceIn(center, "gateway", "running");
      const same = await scene.finds("versions", { stateRoot: home.stateRoot, version: "0.1.0" });
      assert.deepEqual([same.status, same.evidence], ["ok", "All that runs has version 0.1.0."]);
      const other = await scene.finds("versions", { stateRoot: home.stateRoot, version: "0.2.0" });
      assert.equal(other.status, "warning");
      assert.equal(other.evidence, "palyrad 0.1.0 runs beside Palyra 0.2.0.");
      assert.equal(other.remedy?.command, "palyra.restart");
    } finally {
      await home.remove();
    }
  });

  it("goes on with the backup of a torn state file and keeps the torn one", async () => {
    const store = await StateFileStore.open(scene.paths.stateFile, defaults);
    await store.save();
    await store.update({ desired_running: { gateway: false, browserd: true } });
    await store.update({ desired_running: { gateway: false, browserd: false } });
    const torn = '{"schema_version": 8, "desired';
    await writeFile(scene.paths.stateFile, torn);
    await namedAndRepaired("state", /state\.json cannot be used: it is not JSON/);
    const state = await StateFileStore.open(scene.paths.stateFile, defaults);
    assert.deepEqual(state.state.desired_running, { gateway: false, browserd: true });
    const kept = (await namesIn(scene.paths.root)).find((name) => name.includes("unreadable"));
    assert.equal(await readFile(path.join(scene.paths.root, kept ?? "none"), "utf8"), torn);
  });

  it("keeps what half a state file says about the home of the secrets", async () => {
    const torn = '{"schema_version": 8, "secrets_home": "vscode", "desired';
    await writeFile(scene.paths.stateFile, torn, { mode: 0o600 });
    await namedAndRepaired("state", /it is not JSON/);
    const state = await StateFileStore.open(scene.paths.stateFile, defaults);
    assert.equal(state.state.secrets_home, "vscode");
  });

  it("names a state file of a newer version and leaves it alone", async () => {
    const newer = '{"schema_version": 99, "things": [1, 2]}';
    await writeFile(scene.paths.stateFile, newer, { mode: 0o600 });
    await namedOnly("state", /version 99, written by a newer Palyra/, /Update Palyra/);
    await scene.fix();
    assert.equal(await readFile(scene.paths.stateFile, "utf8"), newer);
  });

  it("does not claim to repair a state file whose backup is of a newer version", async () => {
    await writeFile(`${scene.paths.stateFile}.bak`, '{"schema_version": 99}', { mode: 0o600 });
    await namedOnly("state", /it is missing\. A newer Palyra wrote its backup/, /Update Palyra/);
    await writeFile(scene.paths.stateFile, "{", { mode: 0o600 });
    await namedOnly("state", /it is not JSON\. A newer Palyra wrote its backup/, /Update Palyra/);
  });

  it("makes a lost token of our own anew and leaves all others as they are", async () => {
    const store = await StateFileStore.open(scene.paths.stateFile, defaults);
    await store.update({ token_created_unix_ms: { admin: 1, browser: 1 } });
    await scene.secrets.set("palyra/browser_token", "b".repeat(43));
    await namedAndRepaired("tokens", /palyra\/admin_token should be in the encrypted files, and is not/);
    assert.match((await scene.secrets.get("palyra/admin_token")) ?? "", /^[\w-]{43}$/);
    assert.equal(await scene.secrets.get("palyra/browser_token"), "b".repeat(43));
  });

  it("names the Discord token that is missing, and whose it is", async () => {
    const server = net.createServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.on("data", () => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    try {
      const config = `[channels.discord.helper]\napi_base = "http://127.0.0.1:${port}/api"\n`;
      await writeFile(scene.paths.gatewayConfig, config);
      await namedOnly("discord", /^helper: Its bot token is not stored/, /Set Discord Token/);
    } finally {
      server.close();
    }
    await once(server, "close");
    const found = await scene.finds("discord");
    assert.equal(found.status, "failed");
    const unreachable = `^helper: Discord cannot be reached at 127\\.0\\.0\\.1:${port}: the connection was refused`;
    assert.match(found.evidence, new RegExp(unreachable));
  });

  it("sets secrets aside whose key file is damaged, so that new ones can be stored", async () => {
    await scene.secrets.set("global/discord_bot_token", "a token of somebody");
    const key = path.join(scene.paths.secretsDir, "key");
    await truncate(key, 31);
    await namedAndRepaired(
      "tokens",
      /The key file .* has 31 bytes instead of 32, so no secret can be opened/,
    );
    const [kept = "none"] = (await namesIn(scene.paths.root)).filter((name) => name.startsWith("secrets."));
    const files = await namesIn(path.join(scene.paths.root, kept));
    assert.deepEqual(files.sort(), ["global~discord_bot_token.secret", "key"]);
    await scene.secrets.set("global/discord_bot_token", "another");
    assert.equal(await scene.secrets.get("global/discord_bot_token"), "another");
  });

  it("sets one damaged secret aside and keeps the others", async () => {
    await scene.secrets.set("global/one", "value one");
    await scene.secrets.set("global/two", "value two");
    await writeFile(path.join(scene.paths.secretsDir, "global~one.secret"), "{}", { mode: 0o600 });
    await namedAndRepaired("tokens", /The secret global\/one could not be read/);
    assert.equal(await scene.secrets.get("global/two"), "value two");
    assert.ok(
      (await namesIn(scene.paths.secretsDir)).some((name) => /^global~one\.secret\.unreadable/.test(name)),
    );
  });

  it("notes that an owner that was killed has left", async () => {
    await mkdir(scene.paths.runDir, { mode: 0o700 });
    const lease = path.join(scene.paths.runDir, "owner.7.lease");
    const holder = {
      name: "VS Code window",
      pid: 2 ** 22 + 1,
      process_start: "long ago",
      endpoint: path.join(scene.paths.runDir, "owner-1.sock"),
      acquired_at_unix_ms: 1,
      released: false,
    };
    await writeFile(lease, JSON.stringify(holder), { mode: 0o600 });
    await namedAndRepaired("leases", /still names VS Code window \(process 4194305\), which does not live/);
    assert.deepEqual(JSON.parse(await readFile(lease, "utf8")), { ...holder, released: true });
  });

  it("removes a socket nobody listens on, and no other", async () => {
    await mkdir(scene.paths.runDir, { mode: 0o700 });
    const stale = path.join(scene.paths.runDir, "gateway-dead0000.sock");
    const script = `require("net").createServer().listen(${JSON.stringify(stale)}, () => process.kill(process.pid, "SIGKILL"))`;
    await once(spawn(process.execPath, ["-e", script]), "close");
    const living = path.join(scene.paths.runDir, "gateway-alive000.sock");
    const server = net.createServer((socket) => socket.destroy());
    server.listen(living);
    await once(server, "listening");
    try {
      await namedAndRepaired("sockets", /Nobody listens on .*gateway-dead0000\.sock: left by/);
      assert.deepEqual(await namesIn(scene.paths.runDir), ["gateway-alive000.sock"]);
    } finally {
      server.close();
    }
  });

  it("names the pinned port that another program has", async () => {
    const squatter = net.createServer().listen(0, "127.0.0.1");
    await once(squatter, "listening");
    try {
      const { port } = squatter.address() as AddressInfo;
      const found = await scene.finds("ports", { ports: { gateway: port, browserd: null } });
      assert.equal(found.status, "failed");
      assert.match(found.evidence, new RegExp(`Port ${port} is set for palyrad .*another program uses it`));
      assert.equal(found.remedy?.command, "palyra.openSettings");
    } finally {
      squatter.close();
    }
    assertOk(await scene.finds("ports"));
  });

  it("names the line of a broken palyra.toml and its unknown settings, and never touches the file", async () => {
    const broken = "[router]\nmax_wait = \n";
    await writeFile(scene.paths.gatewayConfig, broken);
    await namedOnly("configuration", /palyra\.toml, line 2, column \d+/, /Correct this line/);
    await scene.fix();
    assert.equal(await readFile(scene.paths.gatewayConfig, "utf8"), broken);
    await writeFile(scene.paths.gatewayConfig, "[rooter]\n");
    await namedOnly("configuration", /Unrecognized key: "rooter"/, /Correct the named setting/);
  });

  describe("in the message store", () => {
    const assets = locateStoreAssets(new URL("../../../src/gateway/main.ts", import.meta.url).href);
    beforeEach(async () => {
      const folder = scene.paths.storeDir;
      const opened = await openConnectorStore({ folder, assets });
      await opened.store.close();
    });
    const fileLike = async (pattern: RegExp): Promise<string> => {
      const name = (await namesIn(scene.paths.storeDir)).find((candidate) => pattern.test(candidate));
      assert.ok(name, `no file like ${pattern.source}`);
      return path.join(scene.paths.storeDir, name);
    };

    it("keeps a damaged end of the journal under a new name and goes on with the rest", async () => {
      const journal = await fileLike(/^journal-\d+\.log$/);
      const intact = await readFile(journal);
      const bytes = Buffer.concat([intact, Buffer.from("half a transaction that the disk made up")]);
      await writeFile(journal, bytes);
      const outcome = await namedAndRepaired("store", /The last 40 bytes of journal-\d+\.log cannot be used/);
      assert.match(outcome.join(" "), /was kept as|were kept as|kept as journal/);
      const kept = await readFile(await fileLike(/\.cut-/), "utf8");
      assert.equal(kept, "half a transaction that the disk made up");
    });

    it("keeps a damaged image under a new name", async () => {
      await writeFile(path.join(scene.paths.storeDir, "image-00000009.sqlite"), "no image at all", {
        mode: 0o600,
      });
      await namedAndRepaired("store", /image-00000009\.sqlite cannot be used/);
      assert.equal(await readFile(await fileLike(/^image-00000009\.sqlite\./), "utf8"), "no image at all");
    });
  });

  it("names the browser that is missing and says how to get one", async () => {
    const found = await scene.finds("browser", { browserPath: "/nowhere/chromium" });
    assert.equal(found.status, "failed");
    assert.match(found.evidence, /\/nowhere\/chromium cannot be used: there is no such file/);
    assert.match(found.next_step ?? "", /Correct the path, or leave it empty/);
  });

  it("says that the disk is full", async () => {
    const found = await scene.finds("disk", { freeBytes: async () => 3 * 1024 * 1024 });
    assert.equal(found.status, "failed");
    assert.match(found.evidence, /The disk is full: 3 MB are free/);
    assert.equal((await scene.finds("disk", { freeBytes: async () => 200 * 1024 * 1024 })).status, "warning");
  });

  it("does not wait for a check that never ends, nor for one that throws", async () => {
    const endless: Check = { id: "endless", title: "Endless", run: () => new Promise(() => undefined) };
    const broken: Check = {
      id: "broken",
      title: "Broken",
      run: async () => {
        throw new Error("the disk is on fire");
      },
    };
    const { results } = await examine(scene.host(), [endless, broken], 50);
    assert.deepEqual(
      results.map(({ status, evidence }) => [status, evidence]),
      [
        ["unknown", "It took longer than 0.05 s."],
        ["unknown", "It could not be checked: the disk is on fire"],
      ],
    );
  });

  it("says of a repair that failed half-way what it did before and what not", async () => {
    const half: Check = {
      id: "half",
      title: "Half",
      run: async () => ({
        status: "failed",
        evidence: "Two things are wrong.",
        repair: {
          title: "Mend both",
          preview: [],
          apply: async (say) => {
            say("The first thing is mended.");
            throw new Error("the disk is on fire");
          },
        },
      }),
    };
    const examination = await examine(scene.host(), [half]);
    const { repairs } = await repairAndExamine(scene.host(), [half], examination, ["half"]);
    assert.deepEqual(repairs, [
      {
        id: "half",
        done: false,
        outcome: ["The first thing is mended.", "The rest was not done: the disk is on fire"],
      },
    ]);
  });

  it("says what it could not check, and goes on with the rest", async () => {
    const bundles = { gateway: "/nowhere/palyrad.mjs", browserd: scene.host().sidecarBundles.browserd };
    const found = await scene.finds("store", { sidecarBundles: bundles });
    assert.equal(found.status, "unknown");
    assert.match(found.evidence, /\/nowhere\/palyrad\.mjs did not tell what it finds/);
    assertOk(await scene.finds("browser", { sidecarBundles: bundles }));
  });
});

function assertOk(check: CheckResult): void {
  assert.equal(check.status, "ok", `${check.id}: ${check.evidence}`);
}
