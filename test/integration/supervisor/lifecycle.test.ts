import assert from "node:assert/strict";
import { access, writeFile } from "node:fs/promises";
import path from "node:path";
import { identify } from "../../../src/platform/process-identity.ts";
import { statePaths } from "../../../src/platform/state-paths.ts";
import { defaultSettings } from "../../../src/supervisor/control-center-options.ts";
import { EncryptedFileSecretStore } from "../../../src/supervisor/encrypted-file-secret-store.ts";
import { resetPart } from "../../../src/supervisor/reset/reset-state-root.ts";
import type { SecretStore } from "../../../src/supervisor/secret-store.ts";
import { serviceIn, snapshotWhere, TestHome, viewOf } from "../../support/supervisor/control-center-host.ts";
import { behave } from "../../support/supervisor/sidecar-behaviour.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";

describe("The life of a service", () => {
  let home: TestHome;
  beforeEach(async () => {
    home = await TestHome.create();
  });
  afterEach(async () => {
    await home.remove();
  });

  it("starts on the first run and shows pid, version and port", async () => {
    const center = await home.open();
    const view = await serviceIn(center, "gateway", "running");
    assert.equal(center.role, "owner");
    assert.deepEqual(await home.living("gateway"), [view.pid]);
    assert.equal(view.version, "0.1.0");
    assert.equal(center.snapshot.overall_status, "healthy");
    const answer = await fetch(center.snapshot.quick_facts.gateway_url ?? "");
    assert.equal(answer.status, 401);
  });

  it("is started again at once after kill -9, and says what happened", async () => {
    const center = await home.open();
    const states = new Set<string>();
    center.onSnapshot((snapshot) => states.add(viewOf(snapshot, "gateway").state));
    const { pid } = await serviceIn(center, "gateway", "running");
    process.kill(pid ?? 0, "SIGKILL");
    const snapshot = await snapshotWhere(center, "the gateway is back", (candidate) => {
      const view = viewOf(candidate, "gateway");
      return view.state === "running" && view.pid !== pid;
    });
    assert.ok(!states.has("backoff"), "it waited before the first restart");
    const view = viewOf(snapshot, "gateway");
    assert.equal(view.restarts, 1);
    assert.equal(view.last_exit, "palyrad was ended by SIGKILL.");
  });

  it("gives up after five crashes at start, shows the last output, and starts again on retry", async () => {
    await behave(home.stateRoot, { gateway: { exitAtStart: 1, lastWords: "boom: the disk is on fire" } });
    const center = await home.open({ timings: { backoffBaseMs: 50 } });
    const view = await serviceIn(center, "gateway", "failed");
    assert.equal(view.problem?.code, "crash_loop");
    assert.match(view.problem?.message ?? "", /the disk is on fire/);
    assert.equal((await home.starts("gateway")).length, 5);
    assert.equal(center.snapshot.overall_status, "down");
    const warning = center.snapshot.warnings.find(({ source }) => source === "gateway");
    assert.equal(warning?.remedy?.command, "palyra.retry");
    const lines = (await center.logs("gateway")).map(({ stream, line }) => `${stream}: ${line}`);
    assert.ok(lines.includes("stderr: boom: the disk is on fire"), lines.join("\n"));

    await behave(home.stateRoot, {});
    await center.retry("gateway");
    assert.equal(viewOf(center.snapshot, "gateway").state, "running");
  });

  it("does not try again after a fault of configuration, and shows the sidecar's own reason", async () => {
    const fatal = {
      code: "config_invalid",
      message: "palyra.toml line 3: no such key.",
      next_step: "Mend it.",
    };
    await behave(home.stateRoot, {
      gateway: { exitAtStart: 78, lastWords: JSON.stringify({ palyra_fatal: fatal }) },
    });
    const center = await home.open();
    const view = await serviceIn(center, "gateway", "failed");
    assert.deepEqual(view.problem, fatal);
    assert.equal((await home.starts("gateway")).length, 1);
    await assert.rejects(center.start("gateway"), { code: "config_invalid" });
  });

  it("replaces a sidecar that hangs", async () => {
    const center = await home.open({ timings: { heartbeatMs: 200 } });
    const { pid } = await serviceIn(center, "gateway", "running");
    process.kill(pid ?? 0, "SIGSTOP");
    await snapshotWhere(center, "the gateway is replaced", (candidate) => {
      const view = viewOf(candidate, "gateway");
      return view.state === "running" && view.pid !== pid;
    });
    assert.equal(await identify(pid ?? 0), null);
    assert.match(viewOf(center.snapshot, "gateway").last_exit ?? "", /did not answer/);
  });

  for (const service of ["gateway", "browserd"] as const) {
    it(`detects a ${service} that was stopped by a signal and replaces it within ten seconds`, async function () {
      this.timeout(30_000);
      const center = await home.open({ desired: { gateway: true, browserd: true } });
      const { pid } = await serviceIn(center, service, "running");
      const stoppedAt = Date.now();
      process.kill(pid ?? 0, "SIGSTOP");
      await snapshotWhere(center, "the hang is noticed", ({ services }) =>
        services.some(({ state }) => state === "unhealthy"),
      );
      await waitUntil("it is gone", async () => (await identify(pid ?? 0)) === null);
      assert.ok(Date.now() - stoppedAt <= 10_000, `took ${Date.now() - stoppedAt} ms`);
      await snapshotWhere(
        center,
        "it is replaced",
        (candidate) => {
          const view = viewOf(candidate, service);
          return view.state === "running" && view.pid !== pid;
        },
        15_000,
      );
      const { recent_crashes, restarts } = viewOf(center.snapshot, service);
      assert.equal(restarts, 1);
      assert.match(recent_crashes[0]?.reason ?? "", /did not answer for 6 s/);
    });
  }

  for (const [how, jumpMs] of [
    ["back by an hour", -3_600_000],
    ["forward by a day", 86_400_000],
  ] as const) {
    it(`replaces a sidecar that hangs, and no other, also after the clock was set ${how}`, async () => {
      let shift = 0;
      const clock = { now: () => Date.now() + shift };
      const center = await home.open({ clock, timings: { heartbeatMs: 200 } });
      const { pid } = await serviceIn(center, "gateway", "running");
      shift = jumpMs;
      process.kill(pid ?? 0, "SIGSTOP");
      await snapshotWhere(center, "the gateway is replaced", (snapshot) => {
        const view = viewOf(snapshot, "gateway");
        return view.state === "running" && view.pid !== pid;
      });
      assert.equal(viewOf(center.snapshot, "gateway").restarts, 1);
    });
  }

  it("stops a sidecar that hangs, without waiting until the hang is noticed", async () => {
    const center = await home.open({ timings: { drainMs: 100, heartbeatMs: 200, terminateMs: 200 } });
    const { pid } = await serviceIn(center, "gateway", "running");
    process.kill(pid ?? 0, "SIGSTOP");
    await center.stop("gateway");
    assert.equal(await identify(pid ?? 0), null);
    const { state, restarts, last_exit } = viewOf(center.snapshot, "gateway");
    assert.deepEqual([state, restarts, last_exit], ["stopped", 0, null]);
  });

  it("stops a sidecar that is still starting", async () => {
    await behave(home.stateRoot, { gateway: { neverReady: true } });
    const center = await home.open({ timings: { terminateMs: 300 } });
    await waitUntil("the process is there", async () => (await home.living("gateway")).length === 1);
    assert.equal(viewOf(center.snapshot, "gateway").state, "starting");
    await center.stop("gateway");
    assert.deepEqual(await home.living("gateway"), []);
    assert.equal(viewOf(center.snapshot, "gateway").state, "stopped");
  });

  it("stops at once while the keyring waits for its user", async () => {
    const store = new EncryptedFileSecretStore(statePaths(home.stateRoot).secretsDir);
    let asked = 0;
    const keyring: SecretStore = {
      home: store.home,
      get: () => {
        asked += 1;
        return new Promise(() => undefined);
      },
      set: (name, value) => store.set(name, value),
      delete: (name) => store.delete(name),
      keys: () => store.keys(),
    };
    const center = await home.open({ secrets: keyring });
    await waitUntil("the keyring is asked", async () => asked > 1);
    const since = performance.now();
    await center.stop("gateway");
    assert.ok(performance.now() - since < 2_000, "the stop waited for the keyring");
    assert.equal(viewOf(center.snapshot, "gateway").state, "stopped");
  });

  it("shows a service that goes up and down as such, with the count and the reasons, and keeps it running", async () => {
    const center = await home.open({ timings: { stableMs: 1 } });
    for (let crash = 1; crash <= 3; crash += 1) {
      const { pid } = await serviceIn(center, "gateway", "running");
      process.kill(pid ?? 0, "SIGKILL");
      await snapshotWhere(center, "it is back", (candidate) => {
        const view = viewOf(candidate, "gateway");
        return view.state === "running" && view.restarts === crash;
      });
    }
    const warning = center.snapshot.warnings.find(({ id }) => id === "gateway:flapping");
    assert.match(warning?.message ?? "", /3 times within 10 minutes\. 3 x palyrad was ended by SIGKILL\./);
    assert.equal(viewOf(center.snapshot, "gateway").state, "running");
    assert.equal(center.snapshot.overall_status, "degraded");
    await center.restart("gateway");
    assert.ok(!center.snapshot.warnings.some(({ id }) => id === "gateway:flapping"));
  });

  it("ends a sidecar that never gets ready and counts it as a crash", async () => {
    await behave(home.stateRoot, { gateway: { neverReady: true } });
    const center = await home.open({ timings: { readinessMs: 1_000, backoffBaseMs: 20_000 } });
    const view = await serviceIn(center, "gateway", "backoff");
    assert.equal(view.problem?.message, "palyrad was not ready within 1 s.");
    assert.deepEqual(await home.living("gateway"), []);
  });

  it("tells who waits for a start that its window was closed before", async () => {
    await behave(home.stateRoot, { gateway: { neverReady: true } });
    const center = await home.open();
    const started = center.start("gateway");
    const refused = assert.rejects(started, { code: "service_unavailable", message: /was closed before/ });
    await serviceIn(center, "gateway", "starting");
    await center.dispose();
    await refused;
  });

  it("tells who waits for a start that the service was stopped before, and who waits for a stop that it was started", async () => {
    await behave(home.stateRoot, { gateway: { neverReady: true } });
    const center = await home.open({ timings: { drainMs: 300, heartbeatMs: 300, terminateMs: 300 } });
    const started = center.start("gateway");
    const refused = assert.rejects(started, { code: "not_running", message: /was stopped before/ });
    await waitUntil("the process is there", async () => (await home.living("gateway")).length === 1);
    await center.stop("gateway");
    await refused;

    await behave(home.stateRoot, { gateway: { ignoreStop: true } });
    await center.start("gateway");
    const stopped = assert.rejects(center.stop("gateway"), { message: /was started again/ });
    await serviceIn(center, "gateway", "stopping");
    await center.start("gateway");
    await stopped;
  });

  it("tries again what failed, and leaves stopped what the user has stopped", async () => {
    await behave(home.stateRoot, { gateway: { exitAtStart: 78 } });
    const center = await home.open({
      settings: { ...defaultSettings, startOnFirstRun: { gateway: true, browserd: true } },
    });
    await serviceIn(center, "gateway", "failed");
    await serviceIn(center, "browserd", "running");
    await center.stop("browserd");
    await behave(home.stateRoot, {});
    await center.retry();
    assert.equal(viewOf(center.snapshot, "gateway").state, "running");
    const { state, desired_running } = viewOf(center.snapshot, "browserd");
    assert.deepEqual([state, desired_running], ["stopped", false]);
  });

  it("keeps its store while it starts: a reset then is refused", async () => {
    await behave(home.stateRoot, { gateway: { neverReady: true } });
    const center = await home.open();
    await serviceIn(center, "gateway", "starting");
    const client = { name: "terminal", version: "0.1.0", pid: process.pid };
    await assert.rejects(resetPart("store", home.stateRoot, client, 0), { code: "conflict" });
  });

  it("stops gracefully, stays stopped after a reopening, and starts again when asked", async () => {
    const center = await home.open();
    await serviceIn(center, "gateway", "running");
    await center.stop();
    assert.deepEqual(await home.living("gateway"), []);
    assert.equal(viewOf(center.snapshot, "gateway").last_exit, null);
    await center.dispose();

    const second = await home.open();
    await serviceIn(second, "gateway", "stopped");
    assert.equal(second.snapshot.overall_status, "stopped");
    assert.equal((await home.starts("gateway")).length, 1);
    await second.start("gateway");
    assert.equal(viewOf(second.snapshot, "gateway").state, "running");
  });

  it("ends a sidecar by force when it does not finish its work in time", async () => {
    await behave(home.stateRoot, { gateway: { ignoreStop: true } });
    const center = await home.open({ timings: { drainMs: 100, heartbeatMs: 200, terminateMs: 200 } });
    const { pid } = await serviceIn(center, "gateway", "running");
    await center.stop("gateway");
    assert.equal(await identify(pid ?? 0), null);
    assert.equal(viewOf(center.snapshot, "gateway").state, "stopped");
  });

  it("stops during backoff at once", async () => {
    await behave(home.stateRoot, { gateway: { exitAtStart: 1 } });
    const center = await home.open({ timings: { backoffBaseMs: 20_000 } });
    await serviceIn(center, "gateway", "backoff");
    await center.stop("gateway");
    assert.equal(viewOf(center.snapshot, "gateway").state, "stopped");
  });

  it("restarts without counting a crash", async () => {
    const center = await home.open();
    const { pid } = await serviceIn(center, "gateway", "running");
    await center.restart("gateway");
    const view = viewOf(center.snapshot, "gateway");
    assert.equal(view.state, "running");
    assert.notEqual(view.pid, pid);
    assert.deepEqual([view.restarts, view.last_exit], [0, null]);
    assert.deepEqual(await home.living("gateway"), [view.pid]);
  });

  it("waits for no process that there never was, when the system starts none", async () => {
    const execPath = path.join(home.stateRoot, "no-program");
    await writeFile(execPath, "", { mode: 0o600 });
    const center = await home.open({ execPath, timings: { backoffBaseMs: 20 } });
    const view = await serviceIn(center, "gateway", "failed", 8_000);
    assert.match(view.problem?.message ?? "", /EACCES/);
  });

  it("says which program is missing when a bundle is not there", async () => {
    const missing = `${home.stateRoot}/palyrad.mjs`;
    const center = await home.open({ sidecarBundles: { gateway: missing, browserd: missing } });
    const view = await serviceIn(center, "gateway", "failed");
    assert.equal(view.problem?.message, `The program of palyrad is missing: ${missing}.`);
    await assert.rejects(access(missing));
  });
});
