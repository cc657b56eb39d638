import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import { text } from "node:stream/consumers";
import { RunRecord } from "../../../src/contracts/control-link.ts";
import { identify, isSameProcess } from "../../../src/platform/process-identity.ts";
import { runRecordFile, statePaths } from "../../../src/platform/state-paths.ts";
import { StateRootInspector } from "../../../src/supervisor/inspect-state-root.ts";
import { LeaseFolder } from "../../../src/supervisor/owner-lease.ts";
import { serviceIn, snapshotWhere, TestHome, viewOf } from "../../support/supervisor/control-center-host.ts";
import { behave } from "../../support/supervisor/sidecar-behaviour.ts";
import { type HostProcess, startHost } from "../../support/supervisor/start-host.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";

describe("Several windows on one state root", () => {
  let home: TestHome;
  const hosts: HostProcess[] = [];
  const host = (name: string): HostProcess => {
    const started = startHost(home.stateRoot, name);
    hosts.push(started);
    return started;
  };

  beforeEach(async () => {
    home = await TestHome.create();
  });
  afterEach(async () => {
    for (const started of hosts.splice(0)) await started.kill();
    await home.remove();
  });

  it("opened at the same moment, run one set of services, and see the same", async () => {
    const centers = await Promise.all([home.open(), home.open(), home.open()]);
    const views = await Promise.all(centers.map((center) => serviceIn(center, "gateway", "running")));
    assert.deepEqual(centers.map((center) => center.role).sort(), ["observer", "observer", "owner"]);
    assert.equal(new Set(views.map((view) => view.pid)).size, 1);
    assert.equal((await home.starts("gateway")).length, 1);
    for (const center of centers) {
      assert.equal(center.snapshot.quick_facts.role, center.role);
      assert.ok((await center.logs("gateway")).length > 0);
    }
  });

  it("an observer's commands are carried out by the owner", async () => {
    const owner = await home.open();
    await serviceIn(owner, "gateway", "running");
    const observer = await home.open();
    await observer.stop("gateway");
    assert.equal(viewOf(observer.snapshot, "gateway").state, "stopped");
    assert.equal(viewOf(owner.snapshot, "gateway").state, "stopped");
    await behave(home.stateRoot, { gateway: { exitAtStart: 78, lastWords: "bad" } });
    await assert.rejects(observer.start("gateway"), { code: "config_invalid" });
  });

  it("a lease that cannot be read makes no second owner while the first one lives", async () => {
    const owner = await home.open();
    await serviceIn(owner, "gateway", "running");
    const { runDir } = statePaths(home.stateRoot);
    await writeFile(path.join(runDir, "owner.1.lease"), "{torn");
    const second = await home.open();
    assert.deepEqual([owner.role, second.role], ["owner", "observer"]);
    await owner.dispose();
    await snapshotWhere(second, "the second one owns", ({ quick_facts }) => quick_facts.role === "owner");
  });

  it("when the owner is killed, the next one takes over within two seconds with the same process", async () => {
    const first = host("first window");
    await first.becomes("owner");
    const second = await home.open();
    const { pid } = await serviceIn(second, "gateway", "running");
    assert.equal(second.role, "observer");
    const killedAt = Date.now();
    await first.kill();
    await snapshotWhere(
      second,
      "this window owns and runs the gateway",
      (snapshot) => snapshot.quick_facts.role === "owner" && viewOf(snapshot, "gateway").state === "running",
    );
    assert.ok(Date.now() - killedAt < 2_000, `took ${Date.now() - killedAt} ms`);
    const view = viewOf(second.snapshot, "gateway");
    assert.deepEqual([view.pid, view.adopted, view.restarts], [pid, true, 0]);
    assert.equal((await home.starts("gateway")).length, 1);
    await second.restart("gateway");
    assert.notEqual(viewOf(second.snapshot, "gateway").pid, pid);
  });

  it("when an owner leaves, its observer takes over at once", async () => {
    const owner = await home.open();
    const { pid } = await serviceIn(owner, "gateway", "running");
    const observer = await home.open();
    await owner.dispose();
    const view = await snapshotWhere(
      observer,
      "the observer owns and runs the gateway",
      (snapshot) => snapshot.quick_facts.role === "owner" && viewOf(snapshot, "gateway").state === "running",
    );
    assert.equal(viewOf(view, "gateway").pid, pid);
  });

  it("a window that opens after the owner was killed adopts what runs", async () => {
    const first = host("first window");
    await first.becomes("owner");
    const pid = await waitUntil("the gateway runs", async () => (await home.living("gateway"))[0]);
    const record = await waitUntil("the record is complete", async () => {
      const text = await readFile(runRecordFile(statePaths(home.stateRoot), "gateway"), "utf8");
      const parsed = RunRecord.parse(JSON.parse(text));
      return parsed.pid === null ? null : parsed;
    });
    await first.kill();
    const second = await home.open();
    const view = await serviceIn(second, "gateway", "running");
    assert.deepEqual([view.pid, view.pid, view.adopted], [pid, record.pid, true]);
    await waitUntil("what the gateway logged before", async () =>
      (await second.logs("gateway")).some(({ line }) => line.startsWith("starting")),
    );
    await second.stop();
    assert.deepEqual(await home.living("gateway"), []);
  });

  it("notices the death of an adopted process", async () => {
    const first = await home.open();
    const { pid } = await serviceIn(first, "gateway", "running");
    await first.dispose();
    const second = await home.open();
    await serviceIn(second, "gateway", "running");
    process.kill(pid ?? 0, "SIGKILL");
    const snapshot = await snapshotWhere(second, "the gateway is back", (candidate) => {
      const view = viewOf(candidate, "gateway");
      return view.state === "running" && view.pid !== pid;
    });
    assert.equal(viewOf(snapshot, "gateway").adopted, false);
    assert.equal(viewOf(snapshot, "gateway").restarts, 1);
  });

  it("services end by themselves after the linger time when all windows are gone", async () => {
    const center = await home.open({
      settings: {
        ...(await import("../../../src/supervisor/control-center-options.ts")).defaultSettings,
        lingerSeconds: 1,
      },
    });
    await serviceIn(center, "gateway", "running");
    await serviceIn(center, "browserd", "running");
    await center.dispose();
    await waitUntil(
      "no service lives",
      async () => (await home.living("gateway")).length === 0 && (await home.living("browserd")).length === 0,
      10_000,
    );
  });

  it("a newer window replaces older services as soon as they have nothing in hand, and not before", async () => {
    const wanted = { gateway: true, browserd: true };
    const busy = { busy: true };
    await behave(home.stateRoot, { gateway: busy, browserd: busy });
    const old = await home.open({ desired: wanted });
    const before = await Promise.all([
      serviceIn(old, "gateway", "running"),
      serviceIn(old, "browserd", "running"),
    ]);
    await old.dispose();
    const center = await home.open({ version: "0.2.0" });
    const url = await snapshotWhere(center, "both are adopted", ({ services }) =>
      services.every(({ state, adopted }) => state === "running" && adopted),
    );
    assert.deepEqual(url.services.map(({ pid }) => pid).sort(), before.map(({ pid }) => pid).sort());
    await behave(home.stateRoot, {});
    for (const address of [url.quick_facts.gateway_url, url.quick_facts.browser_url]) {
      await fetch(`${address}/status-changed`);
    }
    const replaced = await snapshotWhere(center, "both are replaced", ({ services }) =>
      services.every(({ state, adopted }) => state === "running" && !adopted),
    );
    for (const [index, { pid, restarts, last_exit }] of replaced.services.entries()) {
      assert.notEqual(pid, before[index]?.pid);
      assert.deepEqual([restarts, last_exit], [0, null]);
    }
    for (const { pid } of before) assert.equal(await identify(pid ?? 0), null);
  });

  it("an older window takes over what a newer one started, and leaves it as it is", async () => {
    const newer = await home.open();
    const { pid } = await serviceIn(newer, "gateway", "running");
    await newer.dispose();
    const older = await home.open({ version: "0.0.9" });
    const view = await serviceIn(older, "gateway", "running");
    assert.deepEqual([view.pid, view.adopted, view.version], [pid, true, "0.1.0"]);
    const { gateway_url } = older.snapshot.quick_facts;
    await fetch(`${gateway_url}/status-changed`);
    await snapshotWhere(older, "the next status is there", ({ gateway }) => gateway !== null);
    assert.deepEqual(await home.living("gateway"), [pid]);
  });

  it("an older window that is alone starts its own version when a newer one ended, and says so", async () => {
    const newer = await home.open({ version: "0.2.0" });
    const { pid } = await serviceIn(newer, "gateway", "running");
    await newer.dispose();
    const older = await home.open();
    assert.equal((await serviceIn(older, "gateway", "running")).adopted, true);
    process.kill(pid ?? 0, "SIGKILL");
    await snapshotWhere(older, "another one runs", (snapshot) => {
      const view = viewOf(snapshot, "gateway");
      return view.state === "running" && view.pid !== pid;
    });
    const said = async (): Promise<readonly string[]> =>
      (await older.logs("gateway")).map(({ line }) => line).filter((line) => line.includes("had version"));
    assert.deepEqual(await said(), [
      "palyrad had version 0.2.0; only version 0.1.0 is here, so that is started. Open a window with the newer version to have it again.",
    ]);
    await older.restart("gateway");
    assert.equal((await said()).length, 1);
  });

  it("an older owner goes on when a newer command only asks it something", async () => {
    const owner = await home.open({ version: "0.0.9" });
    await serviceIn(owner, "gateway", "running");
    const roles: string[] = [];
    owner.onRole((role) => roles.push(role));
    const inspector = new StateRootInspector(home.stateRoot, {
      name: "terminal",
      version: "0.2.0",
      pid: process.pid,
    });
    const client = await inspector.findOwner({ snapshot: () => undefined, log: () => undefined });
    await client?.command({ kind: "restart", service: "gateway" });
    client?.close();
    assert.deepEqual([client === null, owner.role, roles], [false, "owner", []]);
  });

  it("an older owner makes way for a newer window, which then replaces the services", async () => {
    const older = await home.open({ version: "0.0.9" });
    await serviceIn(older, "gateway", "running");
    const newer = await home.open({ version: "0.2.0" });
    await snapshotWhere(newer, "the newer one owns", ({ quick_facts }) => quick_facts.role === "owner");
    await snapshotWhere(
      older,
      "the older one looks on",
      ({ quick_facts }) => quick_facts.role === "observer",
    );
    await serviceIn(newer, "gateway", "running");
    assert.equal(newer.role, "owner");
  });

  it("an owner that cannot note that it leaves makes way all the same, and follows the one that came", async () => {
    const older = await home.open();
    await serviceIn(older, "gateway", "running");
    const { runDir } = statePaths(home.stateRoot);
    const lease = path.join(runDir, "owner.1.lease");
    await rm(lease);
    await mkdir(path.join(lease, "in the way"), { recursive: true });
    const newer = await home.open({ version: "0.2.0" });
    await waitUntil("the newer one owns", async () => newer.role === "owner");
    await older.stop("gateway");
    assert.equal(older.role, "observer");
  });

  it("an owner whose lease still names it, though it owns nothing any more, owns again", async () => {
    const { runDir } = statePaths(home.stateRoot);
    const self = await identify(process.pid);
    await mkdir(runDir, { recursive: true, mode: 0o700 });
    await new LeaseFolder(runDir).take(1, {
      name: "test window",
      pid: process.pid,
      process_start: self?.start ?? "",
      endpoint: path.join(runDir, "owner-gone.sock"),
      acquired_at_unix_ms: 0,
      released: false,
    });
    assert.equal((await home.open()).role, "owner");
  });

  it("never touches a program that got the number of a dead sidecar", async () => {
    const center = await home.open();
    const { pid } = await serviceIn(center, "gateway", "running");
    await center.dispose();
    const own = await identify(pid ?? 0);
    process.kill(pid ?? 0, "SIGKILL");
    await waitUntil("the sidecar is gone", async () => own === null || !(await isSameProcess(own)));
    const stranger = spawn("sleep", ["60"], { stdio: "ignore" });
    try {
      const file = runRecordFile(statePaths(home.stateRoot), "gateway");
      const record = RunRecord.parse(JSON.parse(await readFile(file, "utf8")));
      await writeFile(file, JSON.stringify({ ...record, pid: stranger.pid }));
      const second = await home.open();
      const view = await serviceIn(second, "gateway", "running");
      assert.equal(view.adopted, false);
      await second.restart("gateway");
      assert.equal(stranger.exitCode, null);
      assert.notEqual(await identify(stranger.pid ?? 0), null);
    } finally {
      stranger.kill("SIGKILL");
    }
  });

  it("a sidecar whose record names another program is taken over as what it is, and replaced when it hangs", async () => {
    const center = await home.open();
    const { pid } = await serviceIn(center, "gateway", "running");
    await center.dispose();
    const stranger = spawn("sleep", ["60"], { stdio: "ignore" });
    try {
      const file = runRecordFile(statePaths(home.stateRoot), "gateway");
      const record = RunRecord.parse(JSON.parse(await readFile(file, "utf8")));
      const other = await identify(stranger.pid ?? 0);
      await writeFile(file, JSON.stringify({ ...record, pid: other?.pid, process_start: other?.start }));
      const second = await home.open({ timings: { heartbeatMs: 200 } });
      assert.equal((await serviceIn(second, "gateway", "running")).pid, pid);
      process.kill(pid ?? 0, "SIGSTOP");
      await snapshotWhere(second, "another one runs", (snapshot) => {
        const view = viewOf(snapshot, "gateway");
        return view.state === "running" && view.pid !== pid;
      });
      assert.equal(await identify(pid ?? 0), null);
      assert.deepEqual(await identify(stranger.pid ?? 0), other);
    } finally {
      stranger.kill("SIGKILL");
    }
  });

  it("a hanging sidecar left behind by a dead owner is replaced, not waited for", async () => {
    const center = await home.open();
    const { pid } = await serviceIn(center, "gateway", "running");
    await center.dispose();
    process.kill(pid ?? 0, "SIGSTOP");
    const second = await home.open();
    const view = await serviceIn(second, "gateway", "running", 15_000);
    assert.notEqual(view.pid, pid);
    assert.equal(await identify(pid ?? 0), null);
  });

  it("a terminal beside a frozen owner waits, and then says who owns Palyra and what to do", async () => {
    const first = host("first window");
    await first.becomes("owner");
    process.kill(first.pid, "SIGSTOP");
    const { code, output } = await stopFromTerminal(home.stateRoot);
    assert.equal(code, 0, output);
    assert.deepEqual(JSON.parse(output), {
      code: "already_owned",
      message: `The first window (process ${first.pid}) owns Palyra but does not answer.`,
      next_step: "Wait a moment, or close the first window.",
    });
  }).timeout(30_000);

  it("connections to the owner that never say hello do not keep others out", async () => {
    const owner = await home.open();
    assert.equal(owner.role, "owner");
    const lease = await new LeaseFolder(statePaths(home.stateRoot).runDir).current();
    const silent = Array.from({ length: 64 }, () => net.connect(lease?.holder?.endpoint ?? ""));
    try {
      await Promise.all(silent.map((socket) => once(socket, "connect")));
      const { code, output } = await stopFromTerminal(home.stateRoot);
      assert.deepEqual([code, output], [0, "done"]);
      assert.equal(viewOf(owner.snapshot, "gateway").state, "stopped");
    } finally {
      for (const socket of silent) socket.destroy();
    }
  }).timeout(30_000);
});

/** Runs a process that has nothing to do but stop the services, as a terminal's command. */
async function stopFromTerminal(stateRoot: string): Promise<{ code: number | null; output: string }> {
  const program = path.join(import.meta.dirname, "stop-command.ts");
  const child = spawn(process.execPath, [program, stateRoot], { stdio: ["ignore", "pipe", "pipe"] });
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { code, output: output + errors };
}
