import assert from "node:assert/strict";
import { access } from "node:fs/promises";
import { identify } from "../../../src/platform/process-identity.ts";
import { serviceIn, snapshotWhere, TestHome, viewOf } from "../../support/supervisor/control-center-host.ts";
import { behave } from "../../support/supervisor/sidecar-behaviour.ts";

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
    assert.equal(center.snapshot.overall_status, "degraded");
    const answer = await fetch(center.snapshot.quick_facts.gateway_url ?? "");
    assert.equal(answer.status, 401);
  });

  it("is back within two seconds after kill -9, and says what happened", async () => {
    const center = await home.open();
    const { pid } = await serviceIn(center, "gateway", "running");
    const killedAt = Date.now();
    process.kill(pid ?? 0, "SIGKILL");
    const snapshot = await snapshotWhere(center, "the gateway is back", (candidate) => {
      const view = viewOf(candidate, "gateway");
      return view.state === "running" && view.pid !== pid;
    });
    assert.ok(Date.now() - killedAt < 2_000, `took ${Date.now() - killedAt} ms`);
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

  it("ends a sidecar that never gets ready and counts it as a crash", async () => {
    await behave(home.stateRoot, { gateway: { neverReady: true } });
    const center = await home.open({ timings: { readinessMs: 1_000, backoffBaseMs: 20_000 } });
    const view = await serviceIn(center, "gateway", "backoff");
    assert.equal(view.problem?.message, "palyrad was not ready within 1 s.");
    assert.deepEqual(await home.living("gateway"), []);
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

  it("says which program is missing when a bundle is not there", async () => {
    const missing = `${home.stateRoot}/palyrad.mjs`;
    const center = await home.open({ sidecarBundles: { gateway: missing, browserd: missing } });
    const view = await serviceIn(center, "gateway", "failed");
    assert.equal(view.problem?.message, `The program of palyrad is missing: ${missing}.`);
    await assert.rejects(access(missing));
  });
});
