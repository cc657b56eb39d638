import assert from "node:assert/strict";
import { GatewayScene, gatewayStatus } from "../../support/sidecar/gateway-scene.ts";
import type { ControlLink } from "../../support/sidecar/sidecar-process.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";

describe("After a restart that resumes the session", () => {
  let scene: GatewayScene;
  afterEach(() => scene.close());

  const shown = (link: ControlLink): string[] => [
    ...new Set(gatewayStatus(link).recent_messages.map(({ conversation }) => conversation)),
  ];
  const names = ["DM with Ada", "Plans in #general", "#general"];
  const talk = async (): Promise<void> => {
    const { people } = scene.simulator;
    people.write("ada", "general", "@palyra one");
    await scene.waitForAnswers("general", 1);
    const thread = people.startThread("ada", "general", "Plans");
    people.write("ada", thread.id, "@palyra two");
    await scene.waitForAnswers(thread.id, 1);
    const direct = people.openDirect("ada", "palyra");
    people.write("ada", direct.id, "three");
    await scene.waitForAnswers(direct.id, 1);
  };

  it("conversations have their names at once, without asking Discord", async () => {
    scene = await GatewayScene.open();
    const { gateway, link } = await scene.startConnected();
    await talk();
    await waitUntil("the names", () => shown(link).length === 3);
    assert.deepEqual(shown(link), names);
    await gateway.kill();
    const asked = scene.simulator.requestLog.length;
    // Without its token the gateway does not reach Discord at all.
    const next = await scene.start({});
    await waitUntil("the messages", () => shown(next.link).length === 3);
    await waitUntil("the names", () => shown(next.link).every((name) => names.includes(name)));
    assert.deepEqual(shown(next.link), names);
    assert.equal(scene.simulator.requestLog.length, asked);
  });

  it("a channel that was renamed meanwhile has its new name, also the next time", async () => {
    scene = await GatewayScene.open();
    let running = await scene.startConnected();
    await talk();
    await running.gateway.kill();
    const { lab, gateway } = scene.simulator;
    running = await scene.startConnected();
    gateway.sendDispatch("CHANNEL_UPDATE", {
      id: lab.general.id,
      type: 0,
      guild_id: lab.general.guildId,
      name: "lounge",
    });
    await waitUntil("the new name", () => {
      // The status is made anew with the next message.
      scene.simulator.people.write("ada", "general", "not for the bot");
      return shown(running.link).includes("#lounge");
    });
    await running.gateway.kill();
    const next = await scene.start({});
    await waitUntil("the messages", () => shown(next.link).length > 0);
    await waitUntil("the new name", () => shown(next.link).includes("#lounge"));
  });
});
