import assert from "node:assert/strict";
import type { ControlLink } from "../../support/sidecar/sidecar-process.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";
import { WireScene } from "./wire-scene.ts";

const identify = 2;
const resume = 6;

describe("On the wire, a session with Discord", () => {
  let scene: WireScene;
  afterEach(() => scene.close());

  const received = (op: number): number =>
    scene.simulator.gatewayLog.filter((entry) => entry.direction === "in" && entry.op === op).length;
  const answer = async (link: ControlLink, count: number): Promise<void> => {
    scene.simulator.people.write("ada", "general", `@palyra number ${count}`);
    await scene.gateway.waitForAnswers("general", count);
    await scene.gateway.waitUntilIdle(link, count);
  };

  it("is resumed at its own address, and not begun anew, by each new process", async () => {
    scene = await WireScene.open({ rateLimits: "off" });
    let running = await scene.gateway.startConnected();
    for (let restarts = 1; restarts <= 3; restarts += 1) {
      await answer(running.link, restarts);
      if (restarts % 2 === 0) {
        await running.link.request("stop", { drain_ms: 5_000 });
        await running.gateway.ended;
      } else {
        await running.gateway.kill();
      }
      running = await scene.gateway.startConnected();
      assert.equal(received(resume), restarts);
    }
    assert.equal(received(identify), 1);
    assert.equal(scene.simulator.counts.resumesOnResumeUrl, 3);
  });

  it("that is declared invalid again and again leads to no more IDENTIFYs than Discord allows", async () => {
    const identifyIntervalMs = 5_000;
    scene = await WireScene.open();
    await scene.gateway.startConnected();
    const begun = Date.now();
    for (let round = 1; round <= 2; round += 1) {
      scene.simulator.gateway.invalidateSessions(false);
      await waitUntil("the next session", () => scene.simulator.counts.identifies > round);
    }
    const allowed = 1 + Math.ceil((Date.now() - begun) / identifyIntervalMs);
    assert.ok(received(identify) <= allowed, `${received(identify)} of ${allowed}`);
  }).timeout(60_000);

  it("with a dead connection costs no IDENTIFY however often it is cut", async () => {
    scene = await WireScene.open();
    const { link } = await scene.gateway.startConnected();
    for (let cuts = 1; cuts <= 3; cuts += 1) {
      scene.simulator.gateway.dropConnections();
      await waitUntil("the connection", () => scene.simulator.counts.resumes === cuts);
    }
    await answer(link, 1);
    assert.equal(received(identify), 1);
  }).timeout(60_000);
});
