import assert from "node:assert/strict";
import type { DiscordAdapter } from "../../../../src/connectors/discord/discord-adapter.ts";
import {
  type MessageChange,
  type MessageLocator,
  MessageMutationResult,
  ReadMessagesRequest,
  ReadMessagesResult,
  SearchMessagesRequest,
} from "../../../../src/contracts/message-admin.ts";
import { ChannelKind } from "../../../../src/simulator/world/model.ts";
import { Permission } from "../../../../src/simulator/world/permissions.ts";
import { AdapterScene, replyTo } from "./adapter-scene.ts";

const place = (id: string) => ({ conversation_id: `discord:channel:${id}`, thread_id: null });

describe("An operator at messages on Discord", () => {
  let scene: AdapterScene;
  let adapter: DiscordAdapter;
  let general: ReturnType<typeof place>;
  beforeEach(async () => {
    scene = await AdapterScene.open();
    ({ adapter } = await scene.connect());
    general = place(scene.simulator.lab.general.id);
  });
  afterEach(() => scene.close());

  const sent = async (text: string): Promise<string> => {
    const outcome = await adapter.send(replyTo(scene.simulator.lab.general.id, text));
    assert.ok(outcome.kind === "delivered");
    return outcome.native_message_id;
  };

  it("reads the bot's own message with a link into its server, as no direct message", async () => {
    const { lab } = scene.simulator;
    const id = await sent("mine");
    const result = await adapter.readMessages(ReadMessagesRequest.parse({ ...general, message_id: id }));
    ReadMessagesResult.parse(result);
    assert.equal(result.preflight.allowed, true);
    assert.equal(result.preflight.audit_event_type, "message.read");
    const [message] = result.messages;
    assert.equal(message?.is_connector_authored, true);
    assert.equal(message?.is_direct_message, false);
    assert.equal(message?.link, `https://discord.com/channels/${lab.guild.id}/${lab.general.id}/${id}`);
    const direct = scene.simulator.people.openDirect("ada", "palyra");
    scene.simulator.people.write("ada", direct.id, "hello");
    const read = await adapter.readMessages(ReadMessagesRequest.parse(place(direct.id)));
    assert.equal(read.messages[0]?.is_direct_message, true);
    assert.match(read.messages[0]?.link ?? "", /@me/);
  });

  it("reads page by page and finds by text, author and attachments", async () => {
    const { people, lab } = scene.simulator;
    for (let index = 0; index < 5; index += 1) people.write("ada", "general", `note ${index}`);
    people.write("grace", "general", "with a file", {
      attachments: [{ filename: "a.txt", contentType: "text/plain", bytes: Buffer.from("a") }],
    });
    const page = await adapter.readMessages(ReadMessagesRequest.parse({ ...general, limit: 2 }));
    assert.deepEqual(
      page.messages.map((message) => message.body),
      ["with a file", "note 4"],
    );
    const before = page.next_before_message_id;
    const next = await adapter.readMessages(
      ReadMessagesRequest.parse({ ...general, limit: 2, before_message_id: before }),
    );
    assert.deepEqual(
      next.messages.map((message) => message.body),
      ["note 3", "note 2"],
    );
    const search = async (wanted: object): Promise<string[]> => {
      const found = await adapter.searchMessages(SearchMessagesRequest.parse({ ...general, ...wanted }));
      return found.matches.map((message) => message.body);
    };
    assert.deepEqual(await search({ query: "NOTE 3" }), ["note 3"]);
    assert.deepEqual(await search({ author_id: `<@${lab.people.grace.id}>` }), ["with a file"]);
    assert.deepEqual(await search({ has_attachments: true }), ["with a file"]);
  });

  it("gets nothing where the bot may not read, and Discord is not asked for messages", async () => {
    const { lab, world } = scene.simulator;
    scene.simulator.people.write("ada", "general", "private");
    world.setOverwrite(lab.general, {
      id: lab.bot.userId,
      type: "member",
      allow: 0n,
      deny: Permission.READ_MESSAGE_HISTORY,
    });
    const result = await adapter.readMessages(ReadMessagesRequest.parse(general));
    assert.equal(result.preflight.allowed, false);
    assert.equal(result.preflight.reason, "The bot lacks here: Read Message History.");
    assert.deepEqual(result.messages, []);
    world.setOverwrite(lab.general, {
      id: lab.bot.userId,
      type: "member",
      allow: 0n,
      deny: Permission.VIEW_CHANNEL,
    });
    const hidden = await adapter.readMessages(ReadMessagesRequest.parse(general));
    assert.equal(hidden.preflight.allowed, false);
    assert.ok(!scene.requests().some((one) => one.startsWith(`GET /channels/${lab.general.id}/messages`)));
  });

  it("edits only what the bot wrote, and pings nobody by it", async () => {
    const { lab, people, world } = scene.simulator;
    const id = await sent("first");
    const own = { ...general, message_id: id };
    const edited = await adapter.editMessage({ locator: own, body: "second @everyone" });
    MessageMutationResult.parse(edited);
    assert.equal(edited.status, "updated");
    assert.deepEqual(edited.diff, { before_body: "first", after_body: "second @everyone" });
    assert.equal(edited.message?.edited_at_unix_ms !== null, true);
    assert.equal(world.findMessage(lab.general, id)?.mentionEveryone, false);
    const foreign = people.write("ada", "general", "hers");
    const refused = await adapter.editMessage({
      locator: { ...general, message_id: foreign.id },
      body: "changed",
    });
    assert.equal(refused.status, "denied");
    assert.equal(refused.reason, "Only messages of the bot itself can be edited.");
    assert.equal(foreign.content, "hers");
    const long = await adapter.editMessage({ locator: own, body: "x".repeat(2_001) });
    assert.equal(long.status, "denied");
  });

  it("deletes the bot's own message, and another one only with the permission to manage messages", async () => {
    const { lab, people, world } = scene.simulator;
    const id = await sent("mine");
    const deleted = await adapter.deleteMessage({ locator: { ...general, message_id: id }, reason: "wrong" });
    assert.equal(deleted.status, "deleted");
    assert.deepEqual([deleted.reason, deleted.diff?.before_body], ["wrong", "mine"]);
    assert.equal(world.findMessage(lab.general, id), undefined);
    const foreign = people.write("ada", "general", "hers");
    const locator = { ...general, message_id: foreign.id };
    const denied = await adapter.deleteMessage({ locator, reason: null });
    assert.equal(denied.status, "denied");
    assert.equal(denied.preflight.allowed, false);
    assert.equal(denied.reason, "The bot lacks here: Manage Messages.");
    world.setOverwrite(lab.general, {
      id: lab.bot.userId,
      type: "member",
      allow: Permission.MANAGE_MESSAGES,
      deny: 0n,
    });
    assert.equal((await adapter.deleteMessage({ locator, reason: null })).status, "deleted");
    assert.equal((await adapter.deleteMessage({ locator, reason: null })).status, "denied");
  });

  it("tells beforehand what a change would be refused for, and changes nothing by it", async () => {
    const { lab, people, world } = scene.simulator;
    const own = { ...general, message_id: await sent("mine") };
    const hers = people.write("ada", "general", "hers");
    const foreign = { ...general, message_id: hers.id };
    const reason = async (change: MessageChange, locator: MessageLocator) =>
      (await adapter.mutationRefusal(change, locator))?.reason ?? null;
    const edit = (body: string) => ({ operation: "edit", body }) as const;
    const react = (emoji: string) => ({ operation: "react_add", emoji }) as const;
    const deletion = { operation: "delete" } as const;
    assert.equal(await reason(deletion, own), null);
    assert.equal(await reason(edit("x".repeat(2_000)), own), null);
    assert.equal(
      await reason(edit("x".repeat(2_001)), own),
      "A message of Discord has at most 2000 characters.",
    );
    assert.equal(await reason(react("👍"), foreign), null);
    assert.equal(await reason(react("no emoji"), foreign), "The reaction is no emoji.");
    assert.equal(await reason(edit("x"), foreign), "Only messages of the bot itself can be edited.");
    assert.equal(await reason(deletion, foreign), "The bot lacks here: Manage Messages.");
    world.setOverwrite(lab.general, {
      id: lab.bot.userId,
      type: "member",
      allow: Permission.MANAGE_MESSAGES,
      deny: 0n,
    });
    assert.equal(await reason(deletion, foreign), null);
    assert.deepEqual([hers.content, hers.reactions.length], ["hers", 0]);
    assert.ok(world.findMessage(lab.general, own.message_id) !== undefined);
  });

  it("adds and takes back a reaction, and is told what the message has then", async () => {
    const asked = scene.simulator.people.write("ada", "general", "hello");
    const locator = { ...general, message_id: asked.id };
    const added = await adapter.addReaction({ locator, emoji: "👍🏽" });
    assert.equal(added.status, "reaction_added");
    assert.deepEqual(added.message?.reactions, [{ emoji: "👍🏽", count: 1, reacted_by_connector: true }]);
    const removed = await adapter.removeReaction({ locator, emoji: "👍🏽" });
    assert.equal(removed.status, "reaction_removed");
    assert.deepEqual(removed.message?.reactions, []);
    assert.equal((await adapter.addReaction({ locator, emoji: "../@me" })).status, "denied");
    assert.equal((await adapter.addReaction({ locator, emoji: "nope:1" })).status, "denied");
  });

  it("works in a thread by the rights of the channel it belongs to", async () => {
    const { lab, people, world } = scene.simulator;
    const secret = world.addChannel(lab.guild.id, { kind: ChannelKind.text, name: "secret" });
    const thread = people.startThread("ada", secret.id, "inside");
    people.write("ada", thread.id, "in the thread");
    const target = { conversation_id: `discord:channel:${secret.id}`, thread_id: thread.id };
    const allowed = await adapter.readMessages(ReadMessagesRequest.parse(target));
    assert.equal(allowed.messages[0]?.body, "in the thread");
    world.setOverwrite(secret, {
      id: lab.guild.id,
      type: "role",
      allow: 0n,
      deny: Permission.READ_MESSAGE_HISTORY,
    });
    const bot = lab.guild.members.get(lab.bot.userId);
    for (const id of bot?.roleIds ?? []) {
      world.setOverwrite(secret, { id, type: "role", allow: 0n, deny: Permission.READ_MESSAGE_HISTORY });
    }
    const denied = await adapter.readMessages(ReadMessagesRequest.parse(target));
    assert.equal(denied.preflight.allowed, false);
  });

  it("never brings an id that is not Discord's into a path", async () => {
    const before = scene.requests().length;
    for (const id of ["../../users/@me", "1/2", "channel:..", "12?x", "1".repeat(21), " "]) {
      const target = { conversation_id: id, thread_id: null };
      const read = await adapter.readMessages(ReadMessagesRequest.parse({ conversation_id: `x${id}` }));
      assert.equal(read.preflight.allowed, false);
      const edited = await adapter.editMessage({ locator: { ...general, message_id: id }, body: "x" });
      assert.equal(edited.status, "denied");
      const removed = await adapter.deleteMessage({ locator: { ...target, message_id: id }, reason: null });
      assert.equal(removed.status, "denied");
    }
    assert.equal(scene.requests().length, before);
  });

  it("refreshes what is known of the bot: who it is and what it lacks in a channel", async () => {
    const { lab, world } = scene.simulator;
    const fresh = await adapter.refreshHealth({ conversationId: general.conversation_id });
    assert.deepEqual([fresh.identity, fresh.accountId], ["palyra", lab.bot.userId]);
    assert.deepEqual(fresh.missingPermissions, []);
    assert.ok(fresh.requiredPermissions.includes("Send Messages in Threads"));
    world.setOverwrite(lab.general, {
      id: lab.bot.userId,
      type: "member",
      allow: 0n,
      deny: Permission.ATTACH_FILES,
    });
    const less = await adapter.refreshHealth({ conversationId: general.conversation_id });
    assert.deepEqual(less.missingPermissions, ["Attach Files"]);
    const unknown = adapter.refreshHealth({ conversationId: "discord:channel:1234567890123456789" });
    await assert.rejects(unknown, { code: "not_found" });
  });

  it("is told to wait when Discord asks for it, and that Discord cannot be reached when it cannot", async () => {
    const locator = { ...general, message_id: await sent("mine") };
    const { faults } = scene.simulator;
    const refusals = async (code: string): Promise<void> => {
      await assert.rejects(adapter.deleteMessage({ locator, reason: null }), { code });
      await assert.rejects(adapter.readMessages(ReadMessagesRequest.parse(general)), { code });
      await assert.rejects(
        adapter.searchMessages(SearchMessagesRequest.parse({ ...general, query: "mine" })),
        { code },
      );
    };
    faults.add({ kind: "serverError", status: 502 });
    await refusals("discord_unreachable");
    faults.clear();
    faults.add({ kind: "rateLimit", retryAfterSeconds: 3_600 });
    await refusals("rate_limited");
  });
});
