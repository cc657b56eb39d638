import assert from "node:assert/strict";
import { decideRoute } from "../../../../src/connectors/router/decide-route.ts";
import { factsOfEvent } from "../../../../src/connectors/router/message-facts.ts";
import { ChannelKind } from "../../../../src/simulator/world/model.ts";
import { Permission } from "../../../../src/simulator/world/permissions.ts";
import { quiet, rulesOf } from "../../../unit/connectors/router/routing-scene.ts";
import { until } from "../../simulator/until.ts";
import { AdapterScene, RecordingHost, replyTo } from "./adapter-scene.ts";

const conversation = (id: string): string => `discord:channel:${id}`;

describe("In conversations on Discord", () => {
  let scene: AdapterScene;
  beforeEach(async () => {
    scene = await AdapterScene.open();
  });
  afterEach(() => scene.close());

  it("a thread is a conversation of its own that knows its channel, and an answer goes into it", async () => {
    const { adapter, host } = await scene.connect();
    const { lab, people } = scene.simulator;
    const thread = people.startThread("ada", "general", "Plans");
    const asked = people.write("ada", thread.id, "@palyra in the thread");
    const event = await until(() => host.events[0]);
    assert.equal(event.conversation_id, conversation(thread.id));
    assert.equal(event.parent_conversation_id, conversation(lab.general.id));
    assert.equal(event.guild_id, lab.guild.id);
    const outcome = await adapter.send(replyTo(thread.id, "answer", { in_reply_to_message_id: asked.id }));
    assert.equal(outcome.kind, "delivered");
    assert.equal(thread.messages.at(-1)?.content, "answer");
    assert.equal(thread.messages.at(-1)?.reference?.messageId, asked.id);
  });

  it("a forum post is a thread of its forum", async () => {
    const { host } = await scene.connect();
    const { lab, people, world } = scene.simulator;
    const forum = world.addChannel(lab.guild.id, { kind: ChannelKind.forum, name: "questions" });
    const post = people.startThread("grace", forum.id, "How?");
    people.write("grace", post.id, "@palyra how?");
    const event = await until(() => host.events[0]);
    assert.equal(event.conversation_id, conversation(post.id));
    assert.equal(event.parent_conversation_id, conversation(forum.id));
  });

  it("the starter of a thread and a reply across channels do not make a channel a thread", async () => {
    const { host } = await scene.connect();
    const { lab, people } = scene.simulator;
    const starter = people.write("ada", "general", "@palyra starter");
    people.startThread("ada", "general", "Later", starter.id);
    people.write("ada", "general", "@palyra after it", { replyTo: starter.id });
    await until(() => host.events.length === 2);
    for (const event of host.events) {
      assert.equal(event.conversation_id, conversation(lab.general.id));
      assert.equal(event.parent_conversation_id, null);
    }
  });

  it("a message that calls everybody is answered only where the rules allow it", async () => {
    const { host } = await scene.connect();
    const { people } = scene.simulator;
    people.write("ada", "general", "@everyone @palyra good morning");
    people.write("ada", "general", "@here @palyra good morning");
    people.write("ada", "general", "@palyra only you");
    await until(() => host.events.length === 3);
    const verdicts = (strategy: string): string[] =>
      host.events.map((event) => {
        const rules = rulesOf({ inbound_scope: "open_guild_channels", broadcast_strategy: strategy });
        const decision = decideRoute(factsOfEvent(event), rules, quiet);
        return decision.kind === "route" ? "routed" : decision.reason;
      });
    const denied = "broadcast_denied_by_policy";
    assert.deepEqual(verdicts("deny"), [denied, denied, "routed"]);
    assert.deepEqual(verdicts("mention_only"), ["routed", "routed", "routed"]);
    assert.deepEqual(verdicts("allow"), ["routed", "routed", "routed"]);
  });

  it("somebody who may not call everybody does not, whatever the text says", async () => {
    const { host } = await scene.connect();
    const { lab, people, world } = scene.simulator;
    const everyone = lab.guild.id;
    const deny = Permission.MENTION_EVERYONE;
    world.setOverwrite(lab.general, { id: everyone, type: "role", allow: 0n, deny });
    people.write("grace", "general", "@everyone @palyra good morning");
    const event = await until(() => host.events[0]);
    assert.equal(event.requested_broadcast, false);
  });

  it("are called as people call them: #general, a thread in it, a direct message with Ada", async () => {
    const { adapter, host } = await scene.connect();
    const { lab, people } = scene.simulator;
    const thread = people.startThread("ada", "general", "Plans");
    const direct = people.openDirect("ada", "palyra");
    people.write("ada", direct.id, "hi");
    await until(() => host.events.length === 1);
    await until(() => adapter.conversationName(conversation(thread.id)) === "Plans in #general");
    assert.equal(adapter.conversationName(conversation(lab.general.id)), "#general");
    assert.equal(adapter.conversationName(conversation(direct.id)), "DM with Ada");
    assert.equal(adapter.conversationName("discord:channel:1234567890123456789"), null);
    assert.equal(adapter.conversationName("somewhere else"), null);
  });

  it("an edit, a deletion and a reaction of a person are no new messages and break nothing", async () => {
    const { adapter, host } = await scene.connect();
    const { people } = scene.simulator;
    const first = people.write("ada", "general", "@palyra one");
    people.edit("ada", "general", first.id, "@palyra one, edited");
    people.react("grace", "general", first.id, "👍");
    people.remove("ada", "general", first.id);
    people.write("ada", "general", "@palyra two");
    await until(() => host.events.some((event) => event.body === "two"));
    assert.deepEqual(
      host.events.map((event) => event.body),
      ["one", "two"],
    );
    assert.equal(adapter.state().connected, true);
  });

  it("the reaction that says “accepted” is put on the person's message, once, and typing is shown", async () => {
    const { adapter, host } = await scene.connect();
    const { lab, people } = scene.simulator;
    const asked = people.write("ada", "general", "@palyra hello");
    await until(() => host.events[0]);
    const place = conversation(lab.general.id);
    await adapter.react(place, asked.id, "👀");
    await adapter.react(place, asked.id, "not an emoji");
    await adapter.react(place, "../../users/@me", "👀");
    await adapter.react(place, lab.general.id, "👀");
    assert.deepEqual(
      asked.reactions.map(({ emoji, userIds }) => ({ emoji, userIds: [...userIds] })),
      [{ emoji: "👀", userIds: [lab.bot.userId] }],
    );
    await adapter.showTyping(place);
    assert.ok(scene.requests().includes(`POST /channels/${lab.general.id}/typing`));
    assert.ok(scene.requests().every((request) => !request.includes("@me/reactions")));
  });

  it("other bots are answered only where they are named, and two accounts do not know of each other's connection", async () => {
    const { world, lab } = scene.simulator;
    const other = world.addBot({
      name: "helper",
      token: "second.bot.token",
      ownerId: lab.people.ada.id,
      privilegedIntents: { presence: false, guildMembers: false, messageContent: true },
    });
    world.addMember(lab.guild.id, other.userId, [...lab.guild.roles.keys()].slice(1));
    const one = await scene.connect();
    const two = await scene.connect(new RecordingHost("second.bot.token"), { connectorId: "discord:second" });
    assert.deepEqual([one.adapter.state().identity, two.adapter.state().identity], ["palyra", "helper"]);
    assert.notEqual(one.adapter.state().accountId, two.adapter.state().accountId);
    const third = await scene.connect(new RecordingHost("second.bot.token"), {
      answeredBots: new Set([lab.bot.userId]),
    });
    await one.adapter.send(replyTo(lab.general.id, `<@${other.userId}> from a bot`, { mentions: ["users"] }));
    await until(() => third.host.events.length > 0);
    assert.deepEqual(
      third.host.events.map((event) => [event.sender_id, event.body, event.mentions_bot]),
      [[`discord:user:${lab.bot.userId}`, "from a bot", true]],
    );
    scene.simulator.people.write("ada", "general", "@helper for you");
    await until(() => two.host.events.length > 0);
    assert.deepEqual(
      two.host.events.map((event) => [event.connector_id, event.body, event.mentions_bot]),
      [["discord:second", "for you", true]],
    );
    await two.adapter.stop();
    assert.deepEqual([one.adapter.state().connected, two.adapter.state().connected], [true, false]);
    const received = two.host.events.length;
    scene.simulator.people.write("ada", "general", "@helper after the stop");
    await until(() => one.host.events.some((event) => event.body.endsWith("after the stop")));
    assert.equal(two.host.events.length, received, "a stopped account takes nothing in");
  });
});

describe("What was written while the bot was away", () => {
  let scene: AdapterScene;
  afterEach(() => scene.close());

  it("is fetched when a new session begins: gaps are noted first, then the missed comes before the new", async () => {
    scene = await AdapterScene.open();
    const first = await scene.connect();
    scene.simulator.people.write("ada", "general", "@palyra before");
    await until(() => first.host.events.length === 1);
    await first.adapter.stop();
    first.host.session = null;
    first.host.calls.length = 0;
    for (let index = 0; index < 130; index += 1) {
      scene.simulator.people.write("ada", "general", `@palyra missed ${index}`);
    }
    scene.simulator.faults.add({ kind: "latency", delayMs: 150, pathIncludes: "/messages", method: "GET" });
    await scene.connect(first.host);
    scene.simulator.people.write("ada", "general", "@palyra live");
    await until(() => first.host.events.length === 132);
    const bodies = first.host.events.slice(1).map((event) => event.body);
    const missed = Array.from({ length: 130 }, (_, index) => `missed ${index}`);
    assert.deepEqual(bodies, [...missed, "live"]);
    assert.equal(first.host.calls[0], "open");
    const close = `close ${conversation(scene.simulator.lab.general.id)}`;
    await until(() => first.host.calls.includes(close));
  });

  it("is asked for again when Discord could not tell at first", async () => {
    scene = await AdapterScene.open();
    const { adapter, host } = await scene.connect();
    scene.simulator.people.write("ada", "general", "@palyra before");
    await until(() => host.events.length === 1);
    await adapter.stop();
    host.session = null;
    host.calls.length = 0;
    scene.simulator.people.write("ada", "general", "@palyra missed");
    scene.simulator.faults.add({ kind: "serverError", pathIncludes: "/messages", method: "GET", times: 1 });
    await scene.connect(host);
    await until(() => host.events.length === 2, 15_000);
    assert.equal(host.events[1]?.body, "missed");
    assert.equal(host.calls.at(-1), `close ${conversation(scene.simulator.lab.general.id)}`);
  }).timeout(30_000);

  it("is replayed by Discord to a process that goes on with the session, without a new one", async () => {
    scene = await AdapterScene.open();
    const { adapter, host } = await scene.connect();
    await adapter.stop();
    adapter.dispose();
    scene.simulator.people.write("ada", "general", "@palyra meanwhile");
    const next = await scene.connect(host);
    await until(() => host.events.length === 1);
    assert.equal(scene.simulator.counts.identifies, 1);
    assert.equal(next.adapter.state().sessionsResumed, 1);
  });
});
