import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { GatewayStatus } from "../../../src/contracts/sidecar-status.ts";
import { GatewayScene } from "../../support/sidecar/gateway-scene.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";

const run = promisify(execFile);

/** Limits the size of files that a process may write: what a full disk is to it (bytes, or `unlimited`). */
async function limitFiles(pid: number, size: string): Promise<void> {
  await run("prlimit", ["--pid", String(pid), `--fsize=${size}:unlimited`]);
}

describe("A gateway whose messages Discord does not take", function () {
  this.timeout(90_000);
  let scene: GatewayScene;
  beforeEach(async () => {
    scene = await GatewayScene.open();
  });
  afterEach(() => scene.close());

  it("is degraded and says how many wait, until they are delivered", async () => {
    const { link } = await scene.startConnected();
    const mend = scene.simulator.faults.add({
      kind: "serverError",
      method: "POST",
      pathIncludes: "/messages",
      status: 503,
    });
    scene.simulator.people.write("ada", "general", "@palyra one");
    scene.simulator.people.write("ada", "random", "@palyra two");
    const status = await waitUntil("the gateway to say that it cannot deliver", async () => {
      const now = link.status as GatewayStatus;
      return now.reasons.some(({ code }) => code === "delivery_failing") ? now : undefined;
    });
    assert.equal(status.health, "degraded");
    assert.match(status.reasons[0]?.message ?? "", /discord:default cannot deliver: 2 messages wait/);
    mend();
    // Discord can be reached as soon as one of them went out; the other one is still in its own wait then.
    await waitUntil(
      "both messages to be delivered",
      () => scene.answers("general").length > 0 && scene.answers("random").length > 0,
      60_000,
    );
    await waitUntil("the gateway to be well", async () =>
      (link.status as GatewayStatus).health === "ok" ? true : undefined,
    );
    assert.deepEqual(scene.answers("general"), ["one"]);
    assert.deepEqual(scene.answers("random"), ["two"]);
  });
});

describe("A gateway whose disk is full", function () {
  this.timeout(60_000);
  let scene: GatewayScene;
  beforeEach(async () => {
    scene = await GatewayScene.open();
  });
  afterEach(() => scene.close());

  it("says so, stays up, and answers everything once when there is room again", async () => {
    const { gateway, link } = await scene.startConnected();
    scene.simulator.people.write("ada", "general", "@palyra before");
    await scene.waitForAnswers("general", 1);
    await limitFiles(gateway.pid, "1");
    scene.simulator.people.write("ada", "general", "@palyra in between");
    const paused = await waitUntil("the gateway to say what is wrong", async () => {
      const status = link.status as GatewayStatus;
      return status.health === "unhealthy" ? status : undefined;
    });
    assert.equal(paused.reasons[0]?.code, "storage_failed");
    assert.match(paused.reasons[0]?.next_step ?? "", /disk space/);
    await limitFiles(gateway.pid, "unlimited");
    scene.simulator.people.write("ada", "general", "@palyra after");
    assert.deepEqual(await scene.waitForAnswers("general", 3), ["before", "in between", "after"]);
    await waitUntil("the gateway to be well again", async () =>
      (link.status as GatewayStatus).health === "ok" ? true : undefined,
    );
    assert.ok(gateway.isRunning, "it never ended");
  });
});
