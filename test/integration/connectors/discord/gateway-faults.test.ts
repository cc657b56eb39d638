import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { DiscordAdapter } from "../../../../src/connectors/discord/discord-adapter.ts";
import { until } from "../../simulator/until.ts";
import { AdapterScene, RecordingHost } from "./adapter-scene.ts";

const identify = 2;
const resume = 6;
const hello = 10;
/** Longer than a connection that should not be made would need: the first one again is made at once. */
const quietMs = 400;

describe("A connection to Discord's gateway", function () {
  this.timeout(30_000);
  let scene: AdapterScene;
  let stale: WebSocketServer | null = null;
  beforeEach(async () => {
    scene = await AdapterScene.open();
  });
  afterEach(async () => {
    await scene.close();
    stale?.close();
    stale = null;
  });

  const seen = (op: number): number =>
    scene.simulator.gatewayLog.filter((entry) => entry.op === op && entry.t === undefined).length;
  const staysAway = async (): Promise<void> => {
    const connections = seen(hello);
    await new Promise((resolve) => setTimeout(resolve, quietMs));
    assert.equal(seen(hello), connections);
  };
  const refusal = async (adapter: DiscordAdapter) => {
    await until(() => adapter.state().liveness === "failed");
    const { readiness, connected, lastError } = adapter.state();
    return { readiness, connected, code: lastError?.code };
  };
  /** Writes a message and waits until it came in, once. */
  const hears = async (host: RecordingHost, text: string): Promise<void> => {
    await until(() => host.events.some(({ body }) => body === text), 15_000);
    assert.equal(host.events.filter(({ body }) => body === text).length, 1);
  };

  it("that is closed because the token is refused (4004) is made again with another token only", async () => {
    const { adapter, host } = await scene.connect();
    scene.simulator.gateway.closeConnections(4004);
    assert.deepEqual(await refusal(adapter), {
      readiness: "auth_failed",
      connected: false,
      code: "discord_auth_failed",
    });
    await staysAway();
    host.token = "another.token.altogether";
    scene.simulator.lab.bot.token = host.token;
    adapter.credentialsChanged("global/discord_bot_token");
    await until(() => adapter.state().connected, 15_000);
  });

  for (const [code, why] of [
    [4013, "wrong"],
    [4014, "not allowed to the bot"],
  ] as const) {
    it(`that is closed because its intents are ${why} (${code}) is not made again, and the owner is told`, async () => {
      const { adapter } = await scene.connect();
      scene.simulator.gateway.closeConnections(code);
      assert.deepEqual(await refusal(adapter), {
        readiness: "misconfigured",
        connected: false,
        code: "discord_intents_refused",
      });
      await staysAway();
    });
  }

  for (const [how, end] of [
    ["whose session timed out (4009)", () => scene.simulator.gateway.closeConnections(4009)],
    ["whose session is invalid (op 9, false)", () => scene.simulator.gateway.invalidateSessions(false)],
  ] as const) {
    it(`${how} begins a new session without trying to resume, and what was written meanwhile comes in once`, async () => {
      const { host } = await scene.connect();
      const { counts, people } = scene.simulator;
      people.write("ada", "general", "@palyra before");
      await hears(host, "before");
      end();
      people.write("ada", "general", "@palyra meanwhile");
      await until(() => counts.identifies === 2, 15_000);
      await hears(host, "meanwhile");
      assert.equal(seen(resume), 0);
    });
  }

  it("whose session may be resumed (op 9, true) resumes it", async () => {
    const { adapter } = await scene.connect();
    scene.simulator.gateway.invalidateSessions(true);
    await until(() => scene.simulator.counts.resumes === 1 && adapter.state().connected, 15_000);
    assert.equal(seen(identify), 1);
  });

  it("that fails to resume three times in a row begins a new session", async () => {
    const first = await scene.connect();
    await first.adapter.stop();
    const { host } = first;
    let resumes = 0;
    stale = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    stale.on("connection", (socket: WebSocket) => {
      socket.send(JSON.stringify({ op: hello, d: { heartbeat_interval: 41_250 }, s: null, t: null }));
      socket.on("message", (data) => {
        if (JSON.parse(String(data)).op !== resume) return;
        resumes += 1;
        socket.close(4000);
      });
    });
    await until(() => stale?.address());
    assert.ok(host.session !== null);
    const { port } = stale.address() as AddressInfo;
    host.session = { ...host.session, resumeUrl: `ws://127.0.0.1:${port}` };
    scene.simulator.people.write("ada", "general", "@palyra while nobody listened");
    const again = scene.create(host);
    again.start();
    await until(() => again.state().connected, 20_000);
    assert.equal(resumes, 3);
    assert.equal(seen(identify), 2);
    await hears(host, "while nobody listened");
  });

  it("waits when Discord allows no further session, also in the processes that follow", async () => {
    await scene.close();
    scene = await AdapterScene.open({ sessionStartTotal: 2 });
    const { lab, counts } = scene.simulator;
    const { token } = lab.bot;
    for (let process = 1; process <= 2; process += 1) {
      const { adapter } = await scene.connect(new RecordingHost(token));
      await adapter.stop();
    }
    for (let process = 3; process <= 4; process += 1) {
      const adapter = scene.create(new RecordingHost(token));
      adapter.start();
      const told = await until(() => adapter.state().lastError);
      assert.match(told.message, /^Discord allows the bot no further session for about \d+ minutes\.$/);
      const before = performance.now();
      await adapter.stop();
      assert.ok(performance.now() - before < 1_500, "who waits for a session can be stopped at once");
    }
    assert.equal(counts.identifies, 2);
    assert.equal(lab.bot.token, token, "who asks for too many loses the token");
  });
});
