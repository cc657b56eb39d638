import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { connectorOf, GatewayScene, gatewayStatus } from "../../support/sidecar/gateway-scene.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";

describe("A message on Discord", () => {
  let scene: GatewayScene;
  afterEach(() => scene.close());

  it("that mentions the bot is answered exactly once, as a reply, and pings nobody", async () => {
    scene = await GatewayScene.open({
      settings: 'inbound_scope = "open_guild_channels"\nbroadcast_strategy = "mention_only"\n',
    });
    const { link } = await scene.startConnected();
    const asked = scene.simulator.people.write("ada", "general", "@palyra hello @everyone");
    await scene.waitForAnswers("general", 1);
    await scene.waitUntilIdle(link, 1);
    assert.deepEqual(scene.answers("general"), ["hello @everyone"]);
    const answer = scene.simulator.lab.general.messages.at(-1);
    assert.equal(answer?.reference?.messageId, asked.id);
    assert.equal(answer?.mentionEveryone, false);
    assert.deepEqual(answer?.mentionUserIds, []);
    const [outbound, inbound] = gatewayStatus(link).recent_messages;
    assert.equal(outbound?.trace_id, inbound?.trace_id);
    assert.deepEqual([inbound?.state, outbound?.state], ["done", "delivered"]);
  });

  it("written directly to the bot is answered without a mention", async () => {
    scene = await GatewayScene.open();
    await scene.startConnected();
    const direct = scene.simulator.people.openDirect("grace", "palyra");
    scene.simulator.people.write("grace", direct.id, "hi there");
    assert.deepEqual(await scene.waitForAnswers(direct.id, 1), ["hi there"]);
  });

  it("twenty in a row are answered each once and in order", async () => {
    scene = await GatewayScene.open({ simulator: { rateLimits: "off" } });
    const { link } = await scene.startConnected();
    const texts = Array.from({ length: 20 }, (_, index) => `number ${index}`);
    for (const text of texts) scene.simulator.people.write("ada", "general", `@palyra ${text}`);
    await scene.waitForAnswers("general", 20);
    await scene.waitUntilIdle(link, 20);
    assert.deepEqual(scene.answers("general"), texts);
  });

  it("longer than one message of Discord is answered in several, in order", async () => {
    scene = await GatewayScene.open();
    await scene.startConnected();
    const direct = scene.simulator.people.openDirect("ada", "palyra");
    // The mention is longer in Discord's form than what a person types.
    const text = "word ".repeat(398).trim();
    scene.simulator.people.write("ada", direct.id, text);
    assert.equal((await scene.waitForAnswers(direct.id, 1)).join(" "), text);
  });

  it("is not answered when the bot is not mentioned, or was written by a bot", async () => {
    scene = await GatewayScene.open();
    const { link } = await scene.startConnected();
    scene.simulator.people.write("ada", "general", "nothing for you");
    scene.simulator.people.write("ada", "general", "@palyra but this");
    assert.deepEqual(await scene.waitForAnswers("general", 1), ["but this"]);
    await scene.waitUntilIdle(link, 2);
    const ignored = gatewayStatus(link).recent_messages.find((message) => message.state === "ignored");
    assert.equal(ignored?.reason, "no_matching_mention_or_dm_policy");
  });

  it("in a thread of an allowed channel is answered there", async () => {
    scene = await GatewayScene.open({ settings: "" });
    const { lab, people } = scene.simulator;
    await scene.configure(
      `inbound_scope = "allowlisted_guild_channels"\nallowed_channels = ["${lab.general.id}"]\n`,
    );
    await scene.startConnected();
    const thread = people.startThread("ada", "general", "side talk");
    people.write("ada", thread.id, "@palyra in here");
    people.write("ada", "random", "@palyra not here");
    assert.deepEqual(await scene.waitForAnswers(thread.id, 1), ["in here"]);
    assert.deepEqual(scene.answers("random"), []);
  });

  it("that replies to the bot needs no mention", async () => {
    scene = await GatewayScene.open();
    await scene.startConnected();
    const { people, lab } = scene.simulator;
    people.write("ada", "general", "@palyra first");
    await scene.waitForAnswers("general", 1);
    const answer = lab.general.messages.at(-1);
    people.write("ada", "general", "and again", { replyTo: answer?.id ?? "" });
    assert.deepEqual(await scene.waitForAnswers("general", 2), ["first", "and again"]);
  });

  it("is answered once although Discord is slow, limits the rate and fails on the way", async () => {
    scene = await GatewayScene.open();
    const { link } = await scene.startConnected();
    const post = { method: "POST", pathIncludes: "/messages" } as const;
    scene.simulator.faults.add({ kind: "rateLimit", ...post, times: 1, retryAfterSeconds: 0.3 });
    scene.simulator.faults.add({ kind: "serverError", ...post, times: 1, status: 502 });
    scene.simulator.faults.add({ kind: "loseResponse", ...post, times: 1 });
    scene.simulator.people.write("ada", "general", "@palyra carefully");
    await scene.waitForAnswers("general", 1);
    await scene.waitUntilIdle(link, 1);
    assert.deepEqual(scene.answers("general"), ["carefully"]);
  });
});

describe("The connection to Discord", () => {
  let scene: GatewayScene;
  afterEach(() => scene.close());

  it("with a wrong token is given up at once, and made with the right one as soon as it is stored", async () => {
    scene = await GatewayScene.open();
    const secrets = { "global/discord_bot_token": "not.the.token" };
    const { link } = await scene.start(secrets);
    await waitUntil("the refusal", () => connectorOf(link)?.readiness === "auth_failed");
    assert.equal(connectorOf(link)?.last_error?.code, "discord_auth_failed");
    assert.equal(gatewayStatus(link).health, "degraded");
    assert.equal(scene.simulator.counts.identifies, 0);
    secrets["global/discord_bot_token"] = scene.token;
    await link.request("secret/changed", { ref: "global/discord_bot_token" });
    await waitUntil("the connection", () => connectorOf(link)?.liveness === "running");
    assert.equal(gatewayStatus(link).health, "ok");
  });

  it("without a token says which secret is missing", async () => {
    scene = await GatewayScene.open();
    const { link } = await scene.start({});
    await waitUntil("the report", () => connectorOf(link)?.readiness === "missing_credential");
    assert.equal(connectorOf(link)?.last_error?.code, "secret_missing");
    assert.deepEqual(link.secretRequests, ["global/discord_bot_token"]);
  });

  it("without the Message Content intent says what to do and does not try again and again", async () => {
    scene = await GatewayScene.open();
    scene.simulator.lab.bot.privilegedIntents.messageContent = false;
    const { link } = await scene.start();
    await waitUntil("the refusal", () => connectorOf(link)?.liveness === "failed");
    assert.equal(connectorOf(link)?.readiness, "misconfigured");
    assert.equal(connectorOf(link)?.last_error?.code, "discord_intents_refused");
    const identifies = scene.simulator.counts.identifies;
    await pause(700);
    assert.equal(scene.simulator.counts.identifies, identifies);
  });

  it("is resumed after it was cut, asked to reconnect, or closed with an error", async () => {
    scene = await GatewayScene.open();
    const { link } = await scene.startConnected();
    const { gateway, counts, people } = scene.simulator;
    const cuts = [
      () => gateway.dropConnections(),
      () => gateway.requestReconnect(),
      () => gateway.closeConnections(4000),
    ];
    for (const [index, cut] of cuts.entries()) {
      cut();
      people.write("ada", "general", `@palyra after cut ${index}`);
      await scene.waitForAnswers("general", index + 1);
      await waitUntil("the resumed session", () => counts.resumes === index + 1);
    }
    await scene.waitUntilIdle(link, 3);
    assert.deepEqual(scene.answers("general"), ["after cut 0", "after cut 1", "after cut 2"]);
    assert.equal(counts.identifies, 1);
  });

  it("with a lost session starts a new one and answers what was written meanwhile once", async () => {
    scene = await GatewayScene.open({ simulator: { identifyIntervalMs: 0 } });
    const { link } = await scene.startConnected();
    const { gateway, counts, people } = scene.simulator;
    people.write("ada", "general", "@palyra before");
    await scene.waitForAnswers("general", 1);
    gateway.invalidateSessions(false);
    gateway.closeConnections(4000);
    people.write("ada", "general", "@palyra meanwhile");
    await scene.waitForAnswers("general", 2);
    await scene.waitUntilIdle(link, 2);
    assert.deepEqual(scene.answers("general"), ["before", "meanwhile"]);
    assert.equal(counts.identifies, 2);
  }).timeout(30_000);

  it("survives an event that Discord should not send", async () => {
    scene = await GatewayScene.open();
    await scene.startConnected();
    const { gateway, lab } = scene.simulator;
    gateway.sendDispatch("MESSAGE_UPDATE", { id: "1", channel_id: lab.general.id, components: null });
    gateway.sendDispatch("MESSAGE_CREATE", { id: null, channel_id: lab.general.id });
    gateway.sendDispatch("MESSAGE_CREATE", { id: "1", author: null, mentions: "none" });
    gateway.sendDispatch("GUILD_CREATE", { id: "1", channels: "none" });
    gateway.sendRaw("this is not JSON");
    scene.simulator.people.write("ada", "general", "@palyra still there?");
    assert.deepEqual(await scene.waitForAnswers("general", 1), ["still there?"]);
  });

  it("closed with 4002 again and again is made with growing waits", async () => {
    scene = await GatewayScene.open();
    await scene.startConnected();
    const { gateway, counts } = scene.simulator;
    const connections = (): number => counts.resumes + counts.identifies;
    const started = Date.now();
    while (Date.now() - started < 4_000) {
      gateway.closeConnections(4002);
      await pause(50);
    }
    assert.ok(connections() <= 6, `${connections()} connections in four seconds`);
  });
});
