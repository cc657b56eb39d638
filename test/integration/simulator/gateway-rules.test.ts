import assert from "node:assert/strict";
import {
  type DiscordSimulator,
  type SimulatorOptions,
  startDiscordSimulator,
} from "../../../src/simulator/discord-simulator.ts";
import { ManualClock } from "./manual-clock.ts";
import { ALL_MESSAGES, INTENTS, identifyPayload, login, open, RawGateway } from "./raw-gateway.ts";
import { call } from "./raw-rest.ts";
import { until } from "./until.ts";

describe("The simulated gateway", () => {
  let sim: DiscordSimulator;
  let clock: ManualClock;

  async function start(options: SimulatorOptions = {}): Promise<void> {
    clock = new ManualClock();
    sim = await startDiscordSimulator({ clock, identifyIntervalMs: 0, ...options });
  }
  afterEach(() => sim.close());

  function resumePayload(from: RawGateway, seq: number, token = sim.lab.bot.token): object {
    const ready = from.received.find((one) => one.t === "READY");
    return { op: 6, d: { token, session_id: ready?.d.session_id, seq } };
  }

  describe("connecting (Gateway: Connecting)", () => {
    it("says HELLO with a heartbeat interval first", async () => {
      await start();
      const gateway = await open(sim);
      assert.equal(gateway.received[0]?.op, 10);
      assert.equal(gateway.received[0]?.d.heartbeat_interval, 41_250);
    });

    it("accepts a URL that ends in a slash before the query", async () => {
      await start();
      const gateway = await open(sim, `${sim.gatewayUrl}/`);
      assert.equal(gateway.received[0]?.op, 10);
    });

    it("closes with 4012 when the version is missing or unknown", async () => {
      await start();
      for (const query of ["?encoding=json", "?v=99&encoding=json"]) {
        const gateway = new RawGateway(sim.gatewayUrl + query);
        assert.deepEqual(await gateway.waitClosed(), { code: 4012, reason: "Invalid API version." });
      }
    });

    it("compresses everything in one zlib stream when asked (Gateway: Transport Compression)", async () => {
      await start();
      const gateway = await open(sim, sim.gatewayUrl, "?v=10&encoding=json&compress=zlib-stream");
      gateway.send(identifyPayload(sim.lab.bot.token));
      const guild = await gateway.wait(0, "GUILD_CREATE");
      assert.equal(guild.d.name, "Palyra Lab");
    });
  });

  describe("identifying (Gateway: Identifying)", () => {
    it("answers with READY, then makes each server available with GUILD_CREATE", async () => {
      await start();
      const gateway = await login(sim);
      const ready = await gateway.wait(0, "READY");
      assert.deepEqual(ready.d.guilds, [{ id: sim.lab.guild.id, unavailable: true }]);
      assert.equal((ready.d.application as { id: string }).id, sim.lab.bot.applicationId);
      assert.match(String(ready.d.resume_gateway_url), /^ws:/);
      const guild = await gateway.wait(0, "GUILD_CREATE");
      const channels = guild.d.channels as { name: string }[];
      assert.deepEqual(
        channels.map((one) => one.name),
        ["general", "random"],
      );
      assert.deepEqual(
        gateway.received.filter((one) => one.op === 0).map((one) => one.s),
        [1, 2],
      );
    });

    it("lists only the bot itself among the members without GUILD_PRESENCES (Gateway Events: Guild Create)", async () => {
      await start();
      const guild = await (await login(sim)).wait(0, "GUILD_CREATE");
      const members = guild.d.members as { user: { id: string } }[];
      assert.deepEqual(
        members.map((one) => one.user.id),
        [sim.lab.bot.userId],
      );
      assert.equal(guild.d.member_count, 4);
    });

    const refusals: [string, (token: string) => object, number][] = [
      ["4004 for a wrong token", () => identifyPayload("wrong"), 4004],
      [
        "4013 for an intent that does not exist",
        (token) => identifyPayload(token, { intents: (1 << 5) | (1 << 17) }),
        4013,
      ],
      ["4013 for missing intents", (token) => identifyPayload(token, { intents: undefined }), 4013],
      [
        "4014 for a privileged intent that is not enabled",
        (token) => identifyPayload(token, { intents: 1 << 1 }),
        4014,
      ],
      ["4010 for a shard outside its count", (token) => identifyPayload(token, { shard: [2, 2] }), 4010],
      [
        "4002 for missing connection properties",
        (token) => identifyPayload(token, { properties: undefined }),
        4002,
      ],
    ];
    for (const [title, payload, code] of refusals) {
      it(`closes with ${title} (Opcodes: Gateway Close Event Codes)`, async () => {
        await start();
        const gateway = await open(sim);
        gateway.send(payload(sim.lab.bot.token));
        assert.equal((await gateway.waitClosed()).code, code);
        assert.equal(sim.counts.identifies, 0);
      });
    }

    it("closes with 4005 when a client identifies twice", async () => {
      await start();
      const gateway = await login(sim);
      gateway.send(identifyPayload(sim.lab.bot.token));
      assert.equal((await gateway.waitClosed()).code, 4005);
    });

    it("closes with 4003 when a client sends something before it identified", async () => {
      await start();
      const gateway = await open(sim);
      gateway.send({ op: 3, d: { since: null, activities: [], status: "online", afk: false } });
      assert.equal((await gateway.waitClosed()).code, 4003);
    });

    it("answers op 9 when the same concurrency key identifies again within 5 seconds (Gateway: Rate Limiting)", async () => {
      await start({ identifyIntervalMs: 5000 });
      await login(sim);
      const second = await open(sim);
      second.send(identifyPayload(sim.lab.bot.token));
      assert.equal((await second.wait(9)).d, false);
      clock.advance(5000);
      second.send(identifyPayload(sim.lab.bot.token));
      await second.wait(0, "READY");
    });

    it("counts session starts in GET /gateway/bot (Gateway: Session Start Limit Object)", async () => {
      await start();
      assert.deepEqual((await call(sim, "GET", "/gateway/bot")).body.session_start_limit, {
        total: 1000,
        remaining: 1000,
        reset_after: 0,
        max_concurrency: 1,
      });
      await login(sim);
      clock.advance(1000);
      const { body } = await call(sim, "GET", "/gateway/bot");
      assert.deepEqual(body.session_start_limit, {
        total: 1000,
        remaining: 999,
        reset_after: 86_400_000 - 1000,
        max_concurrency: 1,
      });
      assert.equal(body.url, sim.gatewayUrl);
    });

    it("ends every session and resets the token after too many identifies (Gateway: Identifying)", async () => {
      await start({ sessionStartTotal: 1 });
      const { token } = sim.lab.bot;
      const first = await login(sim);
      const second = await open(sim);
      second.send(identifyPayload(token));
      assert.equal((await second.waitClosed()).code, 4004);
      assert.equal((await first.waitClosed()).code, 4004);
      assert.notEqual(sim.lab.bot.token, token);
      assert.equal((await call(sim, "GET", "/users/@me", { token })).status, 401);
    });
  });

  describe("payloads (Gateway: Sending Events)", () => {
    it("closes with 4002 for something that is no JSON", async () => {
      await start();
      const gateway = await login(sim);
      gateway.send("{not json");
      assert.deepEqual(await gateway.waitClosed(), { code: 4002, reason: "Error while decoding payload." });
    });

    it("closes with 4002 for a payload of more than 4096 bytes", async () => {
      await start();
      const gateway = await login(sim);
      gateway.send({ op: 3, d: { status: "x".repeat(4096) } });
      assert.equal((await gateway.waitClosed()).code, 4002);
    });

    it("closes with 4001 for an opcode that a client may not send", async () => {
      await start();
      for (const op of [0, 5, 99]) {
        const gateway = await login(sim);
        gateway.send({ op, d: null });
        assert.equal((await gateway.waitClosed()).code, 4001);
      }
    });

    it("closes with 4008 after more than 120 payloads in 60 seconds (Gateway: Rate Limiting)", async () => {
      await start();
      const gateway = await login(sim);
      for (let index = 0; index < 119; index += 1) gateway.send({ op: 1, d: null });
      await until(() => gateway.received.filter((one) => one.op === 11).length === 119);
      assert.equal(gateway.closed, null);
      gateway.send({ op: 1, d: null });
      assert.equal((await gateway.waitClosed()).code, 4008);
    });
  });

  describe("heartbeats (Gateway: Sending Heartbeats)", () => {
    it("acknowledges each with op 11, also before identifying", async () => {
      await start();
      const gateway = await open(sim);
      gateway.send({ op: 1, d: null });
      await gateway.wait(11);
    });

    it("closes a client that stops sending them, and lets it resume", async () => {
      await start();
      const gateway = await login(sim);
      clock.advance(41_250);
      assert.equal(gateway.closed, null);
      clock.advance(41_250);
      assert.equal((await gateway.waitClosed()).code, 4000);
      const again = await open(sim);
      again.send(resumePayload(gateway, 2));
      await again.wait(0, "RESUMED");
    });

    it("closes with 4009 a client that never identifies", async () => {
      await start();
      const gateway = await open(sim);
      clock.advance(41_250);
      gateway.send({ op: 1, d: null });
      await gateway.wait(11);
      clock.advance(20_000);
      assert.equal((await gateway.waitClosed()).code, 4009);
    });

    it("can ask for one at once with op 1", async () => {
      await start();
      const gateway = await login(sim);
      sim.gateway.requestHeartbeats();
      await gateway.wait(1);
    });
  });

  describe("resuming (Gateway: Resuming)", () => {
    it("replays in order what was missed, then says RESUMED, numbered on", async () => {
      await start();
      const gateway = await login(sim);
      gateway.socket.terminate();
      await until(() => sim.gateway.sessions().every((one) => !one.connected));
      sim.people.write("ada", "general", "one");
      sim.people.write("ada", "general", "two");
      const again = await open(sim, sim.gatewayUrl.replace("/gateway", "/gateway-resume"));
      again.send(resumePayload(gateway, 2));
      await again.wait(0, "RESUMED");
      const dispatches = again.received.filter((one) => one.op === 0);
      assert.deepEqual(
        dispatches.map((one) => [one.s, one.t, one.d.content]),
        [
          [3, "MESSAGE_CREATE", "one"],
          [4, "MESSAGE_CREATE", "two"],
          [5, "RESUMED", undefined],
        ],
      );
      assert.deepEqual([sim.counts.identifies, sim.counts.resumes, sim.counts.resumesOnResumeUrl], [1, 1, 1]);
    });

    it("replays nothing that was received, so no event comes twice", async () => {
      await start();
      const gateway = await login(sim);
      sim.people.write("ada", "general", "seen");
      await gateway.wait(0, "MESSAGE_CREATE");
      gateway.socket.close(4200);
      await gateway.waitClosed();
      const again = await open(sim);
      again.send(resumePayload(gateway, 3));
      await again.wait(0, "RESUMED");
      assert.deepEqual(again.events(), ["RESUMED"]);
    });

    for (const code of [1000, 1001]) {
      it(`forgets the session when the client closed with ${code} (Gateway: Initiating a Disconnect)`, async () => {
        await start();
        const gateway = await login(sim);
        gateway.socket.close(code);
        await gateway.waitClosed();
        await until(() => sim.gateway.sessions().length === 0);
        const again = await open(sim);
        again.send(resumePayload(gateway, 2));
        assert.equal((await again.wait(9)).d, false);
      });
    }

    it("answers op 9 false after the session has timed out", async () => {
      await start({ sessionLifetimeMs: 60_000 });
      const gateway = await login(sim);
      gateway.socket.terminate();
      await until(() => sim.gateway.sessions().every((one) => !one.connected));
      clock.advance(60_001);
      const again = await open(sim);
      again.send(resumePayload(gateway, 2));
      assert.equal((await again.wait(9)).d, false);
    });

    it("answers op 9 false when more was missed than is kept", async () => {
      await start({ replayLimit: 2 });
      const gateway = await login(sim);
      gateway.socket.terminate();
      await until(() => sim.gateway.sessions().every((one) => !one.connected));
      for (const text of ["1", "2", "3"]) sim.people.write("ada", "general", text);
      const again = await open(sim);
      again.send(resumePayload(gateway, 2));
      assert.equal((await again.wait(9)).d, false);
    });

    it("closes with 4007 for a sequence number from the future", async () => {
      await start();
      const gateway = await login(sim);
      gateway.socket.terminate();
      const again = await open(sim);
      again.send(resumePayload(gateway, 99));
      assert.equal((await again.waitClosed()).code, 4007);
    });

    it("closes with 4004 for a wrong token", async () => {
      await start();
      const gateway = await login(sim);
      const again = await open(sim);
      again.send(resumePayload(gateway, 2, "wrong"));
      assert.equal((await again.waitClosed()).code, 4004);
    });

    it("hands the session over when the old connection still seems open", async () => {
      await start();
      const gateway = await login(sim);
      const again = await open(sim);
      again.send(resumePayload(gateway, 2));
      await again.wait(0, "RESUMED");
      await gateway.waitClosed();
      sim.people.write("ada", "general", "to the new one");
      await again.wait(0, "MESSAGE_CREATE");
    });
  });

  describe("who is told what (Gateway: List of Intents)", () => {
    it("sends no messages without GUILD_MESSAGES and no direct messages without DIRECT_MESSAGES", async () => {
      await start();
      const gateway = await login(sim, { intents: INTENTS.guilds | INTENTS.direct });
      sim.people.write("ada", "general", "not for you");
      sim.people.write("ada", sim.people.openDirect("ada", "palyra").id, "for you");
      const message = await gateway.wait(0, "MESSAGE_CREATE");
      assert.equal(message.d.content, "for you");
      assert.equal(message.d.guild_id, undefined);
      assert.equal(gateway.events().includes("CHANNEL_CREATE"), false);
    });

    it("sends edits, deletions, reactions and typing under their intents", async () => {
      await start();
      const gateway = await login(sim, { intents: ALL_MESSAGES | INTENTS.reactions | INTENTS.typing });
      sim.people.type("ada", "general");
      const message = sim.people.write("ada", "general", "first");
      sim.people.edit("ada", "general", message.id, "second");
      sim.people.react("grace", "general", message.id, "👍");
      sim.people.react("grace", "general", message.id, "👍");
      sim.people.remove("ada", "general", message.id);
      await gateway.wait(0, "MESSAGE_DELETE");
      assert.deepEqual(gateway.events().slice(2), [
        "TYPING_START",
        "MESSAGE_CREATE",
        "MESSAGE_UPDATE",
        "MESSAGE_REACTION_ADD",
        "MESSAGE_REACTION_REMOVE",
        "MESSAGE_DELETE",
      ]);
      const update = await gateway.wait(0, "MESSAGE_UPDATE");
      assert.equal(update.d.content, "second");
      assert.notEqual(update.d.edited_timestamp, null);
      const reaction = await gateway.wait(0, "MESSAGE_REACTION_ADD");
      assert.equal(reaction.d.message_author_id, sim.lab.people.ada.id);
    });

    it("carries the author's member data and the server in MESSAGE_CREATE (Gateway Events: Message Create)", async () => {
      await start();
      const gateway = await login(sim);
      sim.people.write("ada", "general", "@palyra hi");
      const { d } = await gateway.wait(0, "MESSAGE_CREATE");
      assert.equal(d.guild_id, sim.lab.guild.id);
      assert.equal((d.member as { user?: unknown }).user, undefined);
      const mentions = d.mentions as { id: string; member: unknown }[];
      assert.deepEqual(
        mentions.map((one) => one.id),
        [sim.lab.bot.userId],
      );
      assert.notEqual(mentions[0]?.member, undefined);
    });

    it("sends nothing about channels the bot may not view", async () => {
      await start();
      const gateway = await login(sim);
      const { lab, world } = sim;
      world.setOverwrite(lab.random, { id: lab.bot.userId, type: "member", allow: 0n, deny: 1n << 10n });
      sim.people.write("ada", "random", "secret");
      sim.people.write("ada", "general", "open");
      const message = await gateway.wait(0, "MESSAGE_CREATE");
      assert.equal(message.d.content, "open");
    });

    it("tells of a new thread with THREAD_CREATE", async () => {
      await start();
      const gateway = await login(sim);
      const message = sim.people.write("ada", "general", "topic");
      const thread = sim.people.startThread("ada", "general", "Details", message.id);
      const created = await gateway.wait(0, "THREAD_CREATE");
      assert.deepEqual(
        [created.d.id, created.d.parent_id, created.d.newly_created],
        [message.id, sim.lab.general.id, true],
      );
      assert.equal(thread.id, message.id);
    });

    it("sends a server's events only to its shard, and direct messages to shard 0 (Gateway: Sharding)", async () => {
      await start();
      const own = Number((BigInt(sim.lab.guild.id) >> 22n) % 2n);
      const there = await login(sim, { shard: [own, 2] });
      const elsewhere = await open(sim);
      elsewhere.send(identifyPayload(sim.lab.bot.token, { shard: [1 - own, 2] }));
      await elsewhere.wait(0, "READY");
      sim.people.write("ada", "general", "in the server");
      await there.wait(0, "MESSAGE_CREATE");
      sim.people.write("ada", sim.people.openDirect("ada", "palyra").id, "direct");
      const direct = await (own === 0
        ? until(() => there.received.find((one) => one.d?.content === "direct"))
        : elsewhere.wait(0, "MESSAGE_CREATE"));
      assert.equal(direct.d.content, "direct");
      assert.equal(
        elsewhere.received.some((one) => one.d?.content === "in the server"),
        false,
      );
    });
  });

  describe("message content (Gateway: Message Content Intent)", () => {
    const WITHOUT = INTENTS.guilds | INTENTS.messages | INTENTS.direct;

    it("is empty without the intent, also the attachments", async () => {
      await start();
      const gateway = await login(sim, { intents: WITHOUT });
      sim.people.write("ada", "general", "private thoughts", {
        attachments: [{ filename: "a.txt", contentType: "text/plain", bytes: new Uint8Array([1]) }],
      });
      const { d } = await gateway.wait(0, "MESSAGE_CREATE");
      assert.equal(d.content, "");
      assert.deepEqual(d.attachments, []);
    });

    it("is there in direct messages, where the bot is mentioned, and in its own messages", async () => {
      await start();
      const gateway = await login(sim, { intents: WITHOUT });
      sim.people.write("ada", "general", "@palyra question");
      sim.people.write("ada", sim.people.openDirect("ada", "palyra").id, "direct");
      await call(sim, "POST", `/channels/${sim.lab.general.id}/messages`, { body: { content: "own" } });
      await until(() => gateway.received.filter((one) => one.t === "MESSAGE_CREATE").length === 3);
      const contents = gateway.received
        .filter((one) => one.t === "MESSAGE_CREATE")
        .map((one) => one.d.content);
      assert.deepEqual(contents, [`<@${sim.lab.bot.userId}> question`, "direct", "own"]);
    });
  });

  describe("faults", () => {
    it("can ask for a reconnect with op 7 (Gateway Events: Reconnect)", async () => {
      await start();
      const gateway = await login(sim);
      sim.gateway.requestReconnect();
      await gateway.wait(7);
    });

    it("can invalidate the session, resumable or not (Gateway Events: Invalid Session)", async () => {
      await start();
      const gateway = await login(sim);
      sim.gateway.invalidateSessions(true);
      assert.equal((await gateway.wait(9)).d, true);
      const again = await open(sim);
      again.send(resumePayload(gateway, 2));
      await again.wait(0, "RESUMED");
      sim.gateway.invalidateSessions(false);
      assert.equal((await again.wait(9)).d, false);
      assert.deepEqual(sim.gateway.sessions(), []);
    });

    it("can close with any code", async () => {
      await start();
      const gateway = await login(sim);
      sim.gateway.closeConnections(4000);
      assert.deepEqual(await gateway.waitClosed(), { code: 4000, reason: "Unknown error." });
    });

    it("can stop acknowledging heartbeats", async () => {
      await start();
      const gateway = await login(sim);
      sim.faults.dropHeartbeatAcks = true;
      gateway.send({ op: 1, d: 2 });
      sim.people.write("ada", "general", "still alive");
      await gateway.wait(0, "MESSAGE_CREATE");
      assert.equal(
        gateway.received.some((one) => one.op === 11),
        false,
      );
    });

    it("can go half-open: silent, not closed, and resumable from a new connection", async () => {
      await start();
      const gateway = await login(sim);
      sim.gateway.freezeConnections();
      sim.people.write("ada", "general", "lost on the way");
      gateway.send({ op: 1, d: 2 });
      const again = await open(sim);
      again.send(resumePayload(gateway, 2));
      await again.wait(0, "RESUMED");
      assert.deepEqual(again.events(), ["MESSAGE_CREATE", "RESUMED"]);
      assert.equal(gateway.events().includes("MESSAGE_CREATE"), false);
      assert.equal(
        gateway.received.some((one) => one.op === 11),
        false,
      );
      gateway.socket.terminate();
    });

    it("can send a malformed dispatch", async () => {
      await start();
      const gateway = await login(sim);
      sim.gateway.sendDispatch("MESSAGE_UPDATE", { id: "1", components: null });
      assert.equal((await gateway.wait(0, "MESSAGE_UPDATE")).d.components, null);
    });
  });

  it("keeps the token out of its logs", async () => {
    await start();
    await login(sim);
    await call(sim, "GET", "/users/@me");
    const kept = JSON.stringify([sim.gatewayLog, sim.requestLog, sim.gateway.sessions()]);
    assert.equal(kept.includes(sim.lab.bot.token), false);
    assert.equal(sim.requestLog[0]?.path, "/users/@me");
  });
});
