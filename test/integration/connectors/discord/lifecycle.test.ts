import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import type { DiscordAdapter } from "../../../../src/connectors/discord/discord-adapter.ts";
import { until } from "../../simulator/until.ts";
import { AdapterScene, RecordingHost } from "./adapter-scene.ts";

describe("An account on Discord that is stopped", () => {
  let scene: AdapterScene;
  beforeEach(async () => {
    scene = await AdapterScene.open();
  });
  afterEach(() => scene.close());

  it("accepts nothing more and can send nothing more", async () => {
    const { adapter, host } = await scene.connect();
    scene.simulator.people.write("ada", "general", "@palyra before");
    await until(() => host.events.length === 1);
    await adapter.stop();
    adapter.dispose();
    scene.simulator.people.write("ada", "general", "@palyra after");
    const other = await scene.connect(new RecordingHost(scene.simulator.lab.bot.token));
    scene.simulator.people.write("ada", "general", "@palyra for the other");
    await until(() => other.host.events.length > 0);
    assert.equal(host.events.length, 1);
    assert.equal(adapter.state().liveness, "stopped");
    assert.equal(adapter.state().canSend, false);
  });

  it("while it still connects ends no process when that connection fails later", async () => {
    const sockets: Socket[] = [];
    const silent: Server = createServer((socket) => {
      socket.on("error", () => undefined);
      sockets.push(socket);
    });
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as { port: number };
    const host = new RecordingHost(scene.simulator.lab.bot.token);
    const first = await scene.connect(host);
    await first.adapter.stop();
    assert.ok(host.session !== null);
    // Discord names the place where a session is resumed; there, nobody answers.
    host.session = { ...host.session, resumeUrl: `ws://127.0.0.1:${port}/` };
    const adapter: DiscordAdapter = scene.create(host);
    adapter.start();
    await until(() => sockets.length === 1);
    await adapter.stop();
    for (const socket of sockets) socket.resetAndDestroy();
    await new Promise((resolve) => silent.close(resolve));
    assert.equal(adapter.state().liveness, "stopped");
  });
});
