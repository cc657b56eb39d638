import assert from "node:assert/strict";
import { API as CoreApi, Client as CoreClient, GatewayDispatchEvents } from "@discordjs/core";
import { REST } from "@discordjs/rest";
import { type SessionInfo, WebSocketManager, WebSocketShardEvents } from "@discordjs/ws";
import { Client, Events, GatewayIntentBits, Partials } from "discord.js";
import { type DiscordSimulator, startDiscordSimulator } from "../../../src/simulator/discord-simulator.ts";
import { until } from "./until.ts";

const INTENTS =
  GatewayIntentBits.Guilds |
  GatewayIntentBits.GuildMessages |
  GatewayIntentBits.DirectMessages |
  GatewayIntentBits.MessageContent;

describe("The simulated Discord with discord.js (Client)", function () {
  this.timeout(20_000);
  let sim: DiscordSimulator;
  let client: Client;

  beforeEach(async () => {
    sim = await startDiscordSimulator({ identifyIntervalMs: 0 });
    client = new Client({ intents: INTENTS, partials: [Partials.Channel], rest: { api: sim.apiBase } });
  });
  afterEach(async () => {
    await client.destroy();
    await sim.close();
  });

  it("lets the client log in, read a mention and reply to it", async () => {
    client.on(Events.MessageCreate, (message) => {
      if (client.user && message.mentions.has(client.user))
        void message.reply(`you said: ${message.content}`);
    });
    const ready = new Promise((resolve) => client.once(Events.ClientReady, resolve));
    await client.login(sim.lab.bot.token);
    await ready;
    assert.equal(client.guilds.cache.get(sim.lab.guild.id)?.name, "Palyra Lab");
    const asked = sim.people.write("ada", "general", "@palyra hello");
    const answer = await until(() =>
      sim.lab.general.messages.find((one) => one.reference?.messageId === asked.id),
    );
    assert.equal(answer.content, `you said: <@${sim.lab.bot.userId}> hello`);
    assert.deepEqual([...answer.mentionUserIds].sort(), [sim.lab.people.ada.id, sim.lab.bot.userId].sort());
  });

  it("lets the client answer a direct message in a channel it has never seen", async () => {
    client.on(Events.MessageCreate, (message) => {
      if (!message.author.bot) void message.channel.send("hello back");
    });
    const ready = new Promise((resolve) => client.once(Events.ClientReady, resolve));
    await client.login(sim.lab.bot.token);
    await ready;
    const direct = sim.people.openDirect("grace", "palyra");
    sim.people.write("grace", direct.id, "hi");
    await until(() => direct.messages.find((one) => one.content === "hello back"));
  });

  it("lets the client resume after the server asked for a reconnect, and replays what was missed", async () => {
    const seen: string[] = [];
    client.on(Events.MessageCreate, (message) => seen.push(message.content));
    const ready = new Promise((resolve) => client.once(Events.ClientReady, resolve));
    await client.login(sim.lab.bot.token);
    await ready;
    sim.gateway.requestReconnect();
    await until(() => sim.gateway.sessions().find((session) => !session.connected));
    sim.people.write("ada", "general", "written while you were away");
    await until(() => (seen.length > 0 ? seen : undefined));
    assert.deepEqual(seen, ["written while you were away"]);
    assert.equal(sim.counts.resumes, 1);
    assert.equal(sim.counts.resumesOnResumeUrl, 1);
    assert.equal(sim.counts.identifies, 1);
  });
});

describe("The simulated Discord with @discordjs/core, /ws and /rest", function () {
  this.timeout(20_000);
  let sim: DiscordSimulator;

  beforeEach(async () => {
    sim = await startDiscordSimulator();
  });
  afterEach(async () => {
    await sim.close();
  });

  function connect(session: { current: SessionInfo | null }): {
    manager: WebSocketManager;
    core: CoreClient;
    api: CoreApi;
  } {
    const rest = new REST({ api: sim.apiBase }).setToken(sim.lab.bot.token);
    const manager = new WebSocketManager({
      token: sim.lab.bot.token,
      intents: INTENTS,
      rest,
      retrieveSessionInfo: () => session.current,
      updateSessionInfo: (_shard, info) => {
        if (info) session.current = info;
      },
    });
    const core = new CoreClient({ rest, gateway: manager });
    return { manager, core, api: core.api };
  }

  it("lets the client log in, read a message and reply with a nonce", async () => {
    const { manager, core, api } = connect({ current: null });
    core.on(GatewayDispatchEvents.MessageCreate, ({ data }) => {
      if (data.author.bot) return;
      void api.channels.createMessage(data.channel_id, {
        content: `echo: ${data.content}`,
        nonce: "one",
        enforce_nonce: true,
        message_reference: { message_id: data.id },
      });
    });
    const ready = new Promise((resolve) => core.once(GatewayDispatchEvents.Ready, resolve));
    await manager.connect();
    await ready;
    sim.people.write("linus", "random", "hello");
    await until(() => sim.lab.random.messages.find((one) => one.content === "echo: hello"));
    await manager.destroy();
  });

  it("tells its rate limits so that a client that reads them meets no 429 (Rate Limits: Header Format)", async () => {
    await sim.close();
    sim = await startDiscordSimulator({ rateLimits: { "messages/create": { limit: 2, windowMs: 300 } } });
    const api = new CoreApi(new REST({ api: sim.apiBase }).setToken(sim.lab.bot.token));
    const texts = ["1", "2", "3", "4", "5"];
    await Promise.all(texts.map((content) => api.channels.createMessage(sim.lab.general.id, { content })));
    assert.deepEqual(
      sim.lab.general.messages.map((one) => one.content),
      texts,
    );
    assert.deepEqual(
      sim.requestLog.map((one) => one.status),
      [200, 200, 200, 200, 200],
    );
  });

  it("makes a client that meets a 429 wait and try again, and nothing is sent twice", async () => {
    sim.faults.add({ kind: "rateLimit", method: "POST", retryAfterSeconds: 0.2, times: 1 });
    sim.faults.add({ kind: "rateLimit", method: "POST", retryAfterSeconds: 0.2, global: true, times: 2 });
    const api = new CoreApi(new REST({ api: sim.apiBase }).setToken(sim.lab.bot.token));
    await api.channels.createMessage(sim.lab.general.id, { content: "patience" });
    assert.deepEqual(
      sim.requestLog.map((one) => one.status),
      [429, 429, 200],
    );
    assert.equal(sim.lab.general.messages.length, 1);
  });

  it("lets a new process resume the session of the old one and get what it missed, once", async () => {
    const session: { current: SessionInfo | null } = { current: null };
    const first = connect(session);
    const ready = new Promise((resolve) => first.core.once(GatewayDispatchEvents.Ready, resolve));
    await first.manager.connect();
    await ready;
    await until(() => (session.current && session.current.sequence >= 2 ? true : undefined));
    await first.manager.destroy({ code: 4200 });
    await until(() => sim.gateway.sessions().find((one) => !one.connected));
    sim.people.write("ada", "general", "while you were down");
    const second = connect(session);
    const seen: string[] = [];
    second.core.on(GatewayDispatchEvents.MessageCreate, ({ data }) => seen.push(data.content));
    const resumed = new Promise((resolve) => second.manager.once(WebSocketShardEvents.Resumed, resolve));
    await second.manager.connect();
    await resumed;
    assert.deepEqual(seen, ["while you were down"]);
    assert.equal(sim.counts.identifies, 1);
    assert.equal(sim.counts.resumes, 1);
    await second.manager.destroy();
  });
});
