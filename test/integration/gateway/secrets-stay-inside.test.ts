import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { GatewayScene } from "../../support/sidecar/gateway-scene.ts";
import { textBelow } from "../../support/sidecar/sidecar-process.ts";

describe("The secrets of a running gateway", () => {
  let scene: GatewayScene;
  afterEach(() => scene.close());

  it("are in no file of the state folder, no argument, no environment and no status", async () => {
    scene = await GatewayScene.open();
    const { gateway, link } = await scene.startConnected();
    scene.simulator.people.write("ada", "general", "@palyra hello");
    await scene.waitForAnswers("general", 1);
    const [adminToken = ""] = scene.boot.tokens;
    const response = await fetch(`http://127.0.0.1:${link.port()}/admin/v1/status`, {
      headers: { authorization: `Bearer ${adminToken}` },
    });
    assert.equal(response.status, 200);
    const process = `/proc/${gateway.pid}`;
    const places: Record<string, string> = {
      status: (await response.text()) + JSON.stringify([link.welcome, link.statuses, link.lines]),
      arguments: await readFile(`${process}/cmdline`, "latin1"),
      environment: await readFile(`${process}/environ`, "latin1"),
    };
    await link.request("stop", { drain_ms: 1_000 });
    await gateway.ended;
    places.files = await textBelow(scene.root);
    assert.ok(places.files.includes("connected to Discord"), "the log was searched");
    for (const secret of [scene.token, adminToken, scene.boot.instance_id]) {
      for (const [place, text] of Object.entries(places)) {
        assert.ok(!text.includes(secret), `a secret is in the ${place}`);
      }
    }
  });
});
