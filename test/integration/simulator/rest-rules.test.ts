import assert from "node:assert/strict";
import {
  type DiscordSimulator,
  type SimulatorOptions,
  startDiscordSimulator,
} from "../../../src/simulator/discord-simulator.ts";
import { ChannelKind } from "../../../src/simulator/world/model.ts";
import { Permission } from "../../../src/simulator/world/permissions.ts";
import { ManualClock } from "./manual-clock.ts";
import { login } from "./raw-gateway.ts";
import { call, type RawAnswer } from "./raw-rest.ts";
import { until } from "./until.ts";

describe("The simulated REST API", () => {
  let sim: DiscordSimulator;
  let clock: ManualClock;
  let messages: string;

  async function start(options: SimulatorOptions = {}): Promise<void> {
    clock = new ManualClock();
    sim = await startDiscordSimulator({
      clock,
      identifyIntervalMs: 0,
      rateLimits: "off",
      globalRequestsPerSecond: 1000,
      ...options,
    });
    messages = `/channels/${sim.lab.general.id}/messages`;
  }
  afterEach(() => sim.close());

  function refused(answer: RawAnswer, status: number, code: number): void {
    assert.deepEqual([answer.status, answer.body.code], [status, code], JSON.stringify(answer.body));
  }

  function fieldError(answer: RawAnswer, ...path: string[]): { code: string; message: string } {
    refused(answer, 400, 50035);
    assert.equal(answer.body.message, "Invalid Form Body");
    let node: unknown = answer.body.errors;
    for (const key of [...path, "_errors", "0"]) node = (node as Record<string, unknown>)[key];
    return node as { code: string; message: string };
  }

  /** Takes a permission from the bot, in #general only. */
  function deny(permission: bigint): void {
    sim.world.setOverwrite(sim.lab.general, {
      id: sim.lab.bot.userId,
      type: "member",
      allow: 0n,
      deny: permission,
    });
  }

  describe("requests (Reference: Authentication, User Agent, Content Type, API Versioning)", () => {
    it("answers 401 with code 0 without a token, with a wrong one, and without the word Bot", async () => {
      await start();
      const expected = { message: "401: Unauthorized", code: 0 };
      const answers = [
        await call(sim, "GET", "/users/@me", { token: null }),
        await call(sim, "GET", "/users/@me", { token: "wrong" }),
        await call(sim, "GET", "/users/@me", { token: null, headers: { authorization: sim.lab.bot.token } }),
      ];
      for (const answer of answers) assert.deepEqual([answer.status, answer.body], [401, expected]);
    });

    it("answers 403 with code 40333 without a valid User-Agent", async () => {
      await start();
      refused(await call(sim, "GET", "/users/@me", { headers: { "user-agent": "curl/8" } }), 403, 40333);
    });

    it("answers 404 with code 0 for an unknown path, and 405 for a wrong method", async () => {
      await start();
      refused(await call(sim, "GET", "/nothing/here"), 404, 0);
      refused(await call(sim, "DELETE", "/gateway/bot"), 405, 0);
    });

    it("answers 400 with code 50041 for another API version", async () => {
      await start();
      const response = await fetch(`${sim.apiBase}/v3/gateway`);
      assert.deepEqual([response.status, ((await response.json()) as { code: number }).code], [400, 50041]);
    });

    it("answers 50109 for broken JSON and 50035 for another content type", async () => {
      await start();
      const headers = { "content-type": "application/json" };
      refused(await call(sim, "POST", messages, { body: "{", headers }), 400, 50109);
      const plain = await call(sim, "POST", messages, {
        body: "content=x",
        headers: { "content-type": "text/plain" },
      });
      assert.equal(fieldError(plain).code, "CONTENT_TYPE_INVALID");
    });

    it("gives the gateway address without a token (Gateway: Get Gateway)", async () => {
      await start();
      assert.deepEqual((await call(sim, "GET", "/gateway", { token: null })).body, { url: sim.gatewayUrl });
    });
  });

  describe("ids (Reference: Snowflakes)", () => {
    it("answers 50035 for an id that is no snowflake", async () => {
      await start();
      const error = fieldError(await call(sim, "GET", "/channels/abc"), "channel_id");
      assert.deepEqual(error, { code: "NUMBER_TYPE_COERCE", message: 'Value "abc" is not snowflake.' });
    });

    it("answers 10003, 10004, 10008 and 10013 for what does not exist (Opcodes: JSON Error Codes)", async () => {
      await start();
      refused(await call(sim, "GET", "/channels/1"), 404, 10003);
      refused(await call(sim, "GET", "/guilds/1"), 404, 10004);
      refused(await call(sim, "GET", `${messages}/1`), 404, 10008);
      refused(await call(sim, "GET", "/users/1"), 404, 10013);
    });
  });

  describe("the bot's surroundings", () => {
    it("describes the bot and its application with the flags of its intents (Application Resource: Application Flags)", async () => {
      await start();
      const user = await call(sim, "GET", "/users/@me");
      assert.deepEqual(
        [user.body.id, user.body.username, user.body.bot],
        [sim.lab.bot.userId, "palyra", true],
      );
      for (const path of ["/applications/@me", "/oauth2/applications/@me"]) {
        assert.equal((await call(sim, "GET", path)).body.flags, 1 << 19);
      }
    });

    it("lists servers, channels and roles (Guild Resource)", async () => {
      await start();
      const { id } = sim.lab.guild;
      const guilds = (await call(sim, "GET", "/users/@me/guilds")).body as unknown as { name: string }[];
      assert.deepEqual(
        guilds.map((one) => one.name),
        ["Palyra Lab"],
      );
      const channels = (await call(sim, "GET", `/guilds/${id}/channels`)).body as unknown as {
        name: string;
      }[];
      assert.deepEqual(
        channels.map((one) => one.name),
        ["general", "random"],
      );
      const roles = (await call(sim, "GET", `/guilds/${id}/roles`)).body as unknown as {
        id: string;
        name: string;
      }[];
      assert.deepEqual([roles[0]?.id, roles[0]?.name], [id, "@everyone"]);
    });

    it("lists members only when GUILD_MEMBERS is enabled (Guild Resource: List Guild Members)", async () => {
      await start();
      const path = `/guilds/${sim.lab.guild.id}/members?limit=10`;
      refused(await call(sim, "GET", path), 403, 50001);
      sim.lab.bot.privilegedIntents.guildMembers = true;
      assert.equal(((await call(sim, "GET", path)).body as unknown as unknown[]).length, 4);
    });
  });

  describe("sending (Message Resource: Create Message)", () => {
    it("accepts 2000 characters, counted as characters, and refuses 2001", async () => {
      await start();
      assert.equal((await call(sim, "POST", messages, { body: { content: "🙂".repeat(2000) } })).status, 200);
      const error = fieldError(
        await call(sim, "POST", messages, { body: { content: "x".repeat(2001) } }),
        "content",
      );
      assert.deepEqual(error, { code: "BASE_TYPE_MAX_LENGTH", message: "Must be 2000 or fewer in length." });
    });

    it("answers 50006 for an empty message", async () => {
      await start();
      for (const body of [{}, { content: "" }, { content: "  \n" }, { embeds: [] }]) {
        refused(await call(sim, "POST", messages, { body }), 400, 50006);
      }
    });

    it("refuses a nonce of more than 25 characters, and one that is no string or integer", async () => {
      await start();
      assert.equal(
        (await call(sim, "POST", messages, { body: { content: "a", nonce: "n".repeat(25) } })).status,
        200,
      );
      const long = await call(sim, "POST", messages, { body: { content: "a", nonce: "n".repeat(26) } });
      assert.deepEqual(fieldError(long, "nonce"), {
        code: "NONCE_TYPE_TOO_LONG",
        message: "Must be 25 or fewer characters long.",
      });
      const odd = await call(sim, "POST", messages, { body: { content: "a", nonce: {} } });
      assert.equal(fieldError(odd, "nonce").code, "NONCE_TYPE_INVALID_TYPE");
    });

    it("returns the earlier message for a repeated nonce with enforce_nonce, and announces nothing new", async () => {
      await start();
      const gateway = await login(sim);
      const body = { content: "once", nonce: "abc", enforce_nonce: true };
      const first = await call(sim, "POST", messages, { body });
      const second = await call(sim, "POST", messages, { body: { ...body, content: "twice" } });
      assert.deepEqual([second.status, second.body.id, second.body.content], [200, first.body.id, "once"]);
      assert.equal(sim.lab.general.messages.length, 1);
      sim.people.write("ada", "general", "marker");
      await gateway.wait(0, "MESSAGE_CREATE");
      const created = () =>
        gateway.received.filter((one) => one.t === "MESSAGE_CREATE").map((one) => one.d.content);
      await until(() => created().includes("marker"));
      assert.deepEqual(created(), ["once", "marker"]);
      assert.equal((await gateway.wait(0, "MESSAGE_CREATE")).d.nonce, "abc");
    });

    it("sends again when the nonce is some minutes old, when it is not enforced, and for another author", async () => {
      await start();
      const body = { content: "a", nonce: 7, enforce_nonce: true };
      await call(sim, "POST", messages, { body });
      await call(sim, "POST", messages, { body: { ...body, enforce_nonce: false } });
      assert.equal(sim.lab.general.messages.length, 2);
      clock.advance(5 * 60_000 + 1);
      await call(sim, "POST", messages, { body });
      assert.equal(sim.lab.general.messages.length, 3);
    });

    it("answers 10008 for a repeated nonce whose message was deleted", async () => {
      await start();
      const body = { content: "a", nonce: "abc", enforce_nonce: true };
      const { id } = (await call(sim, "POST", messages, { body })).body;
      sim.people.remove("ada", "general", id);
      refused(await call(sim, "POST", messages, { body }), 404, 10008);
    });

    it("does not tell the nonce of a message that is read later", async () => {
      await start();
      const sent = await call(sim, "POST", messages, { body: { content: "a", nonce: "abc" } });
      assert.equal(sent.body.nonce, "abc");
      assert.equal("nonce" in (await call(sim, "GET", `${messages}/${sent.body.id}`)).body, false);
    });

    it("lists every wrong field in one tree of errors (Reference: Error Messages)", async () => {
      await start();
      const answer = await call(sim, "POST", messages, { body: { content: 5, tts: "maybe", embeds: {} } });
      assert.equal(fieldError(answer, "content").code, "STRING_TYPE_CONVERT");
      assert.equal(fieldError(answer, "tts").code, "BOOLEAN_TYPE_CONVERT");
      assert.equal(fieldError(answer, "embeds").code, "LIST_TYPE_CONVERT");
    });

    it("holds embeds to their limits (Message Resource: Embed Limits)", async () => {
      await start();
      const long = await call(sim, "POST", messages, { body: { embeds: [{ title: "t".repeat(257) }] } });
      assert.equal(fieldError(long, "embeds", "0", "title").message, "Must be 256 or fewer in length.");
      const total = await call(sim, "POST", messages, {
        body: { embeds: [{ description: "d".repeat(4000) }, { description: "d".repeat(2001) }] },
      });
      assert.equal(fieldError(total, "embeds").code, "MAX_EMBED_SIZE_EXCEEDED");
      assert.equal(
        (await call(sim, "POST", messages, { body: { embeds: [{ title: "fine" }] } })).status,
        200,
      );
    });

    it("stores uploaded files and serves them (Reference: Uploading Files)", async () => {
      await start();
      const form = new FormData();
      form.set(
        "payload_json",
        JSON.stringify({ content: "see", attachments: [{ id: 0, description: "a note" }] }),
      );
      form.set("files[0]", new Blob(["hello"], { type: "text/plain" }), "my note.txt");
      const { status, body } = await call(sim, "POST", messages, { body: form });
      assert.equal(status, 200);
      const [file] = body.attachments as {
        filename: string;
        size: number;
        url: string;
        description: string;
      }[];
      assert.deepEqual([file?.filename, file?.size, file?.description], ["my_note.txt", 5, "a note"]);
      assert.equal(await (await fetch(file?.url ?? "")).text(), "hello");
    });

    it("needs SEND_MESSAGES, and ATTACH_FILES for files", async () => {
      await start();
      const form = new FormData();
      form.set("files[0]", new Blob(["hello"]), "a.txt");
      deny(Permission.ATTACH_FILES);
      refused(await call(sim, "POST", messages, { body: form }), 403, 50013);
      deny(Permission.SEND_MESSAGES);
      refused(await call(sim, "POST", messages, { body: { content: "a" } }), 403, 50013);
    });

    it("answers 50001 in a channel the bot may not view", async () => {
      await start();
      deny(Permission.VIEW_CHANNEL);
      refused(await call(sim, "POST", messages, { body: { content: "a" } }), 403, 50001);
      refused(await call(sim, "GET", `/channels/${sim.lab.general.id}`), 403, 50001);
    });

    it("answers 40058 in a forum", async () => {
      await start();
      const forum = sim.world.addChannel(sim.lab.guild.id, { kind: ChannelKind.forum, name: "help" });
      refused(
        await call(sim, "POST", `/channels/${forum.id}/messages`, { body: { content: "a" } }),
        400,
        40058,
      );
    });
  });

  describe("replies (Message Resource: Message Reference Object)", () => {
    it("refers to the message and carries it", async () => {
      await start();
      const asked = sim.people.write("ada", "general", "question");
      const { body } = await call(sim, "POST", messages, {
        body: { content: "answer", message_reference: { message_id: asked.id } },
      });
      assert.equal(body.type, 19);
      assert.equal((body.referenced_message as { id: string }).id, asked.id);
      assert.deepEqual(
        body.mentions.map((one) => one.id),
        [sim.lab.people.ada.id],
      );
    });

    it("fails for an unknown message unless fail_if_not_exists is false", async () => {
      await start();
      const reference = { message_id: "123456789012345678" };
      const answer = await call(sim, "POST", messages, {
        body: { content: "a", message_reference: reference },
      });
      assert.deepEqual(fieldError(answer, "message_reference"), {
        code: "REPLIES_UNKNOWN_MESSAGE",
        message: "Unknown message",
      });
      const sent = await call(sim, "POST", messages, {
        body: { content: "a", message_reference: { ...reference, fail_if_not_exists: false } },
      });
      assert.deepEqual([sent.status, sent.body.type], [200, 0]);
    });

    it("answers 160002 without READ_MESSAGE_HISTORY", async () => {
      await start();
      const asked = sim.people.write("ada", "general", "question");
      deny(Permission.READ_MESSAGE_HISTORY);
      const body = { content: "a", message_reference: { message_id: asked.id } };
      refused(await call(sim, "POST", messages, { body }), 403, 160002);
    });

    it("does not mention the author when replied_user is not set in allowed_mentions", async () => {
      await start();
      const asked = sim.people.write("ada", "general", "question");
      const { body } = await call(sim, "POST", messages, {
        body: { content: "a", message_reference: { message_id: asked.id }, allowed_mentions: { parse: [] } },
      });
      assert.deepEqual(body.mentions, []);
    });
  });

  describe("mentions (Message Resource: Allowed Mentions Object)", () => {
    it("refuses parse and a list of the same kind together", async () => {
      await start();
      const answer = await call(sim, "POST", messages, {
        body: { content: "a", allowed_mentions: { parse: ["users"], users: [sim.lab.people.ada.id] } },
      });
      assert.deepEqual(fieldError(answer, "allowed_mentions"), {
        code: "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
        message: 'parse:["users"] and users: [ids...] are mutually exclusive.',
      });
    });

    it("accepts an empty list beside parse, as documented", async () => {
      await start();
      const body = { content: "a", allowed_mentions: { parse: ["users"], users: [] } };
      assert.equal((await call(sim, "POST", messages, { body })).status, 200);
    });

    it("mentions nobody with parse: []", async () => {
      await start();
      const content = `@everyone <@${sim.lab.people.ada.id}>`;
      const { body } = await call(sim, "POST", messages, {
        body: { content, allowed_mentions: { parse: [] } },
      });
      assert.deepEqual([body.mentions, body.mention_everyone], [[], false]);
    });

    it("mentions everyone only with the permission", async () => {
      await start();
      const everyone = async (): Promise<unknown> =>
        (await call(sim, "POST", messages, { body: { content: "@everyone look" } })).body.mention_everyone;
      assert.equal(await everyone(), true);
      deny(Permission.MENTION_EVERYONE);
      assert.equal(await everyone(), false);
    });
  });

  describe("reading (Message Resource: Get Channel Messages)", () => {
    async function page(query: string): Promise<string[]> {
      const { body } = await call(sim, "GET", `${messages}${query}`);
      return (body as unknown as { content: string }[]).map((one) => one.content);
    }

    it("returns the newest first, 50 by default, and pages with before, after and around", async () => {
      await start();
      const ids: string[] = [];
      for (let index = 0; index < 60; index += 1)
        ids.push(sim.people.write("ada", "general", String(index)).id);
      const newest = await page("");
      assert.deepEqual([newest.length, newest[0], newest[49]], [50, "59", "10"]);
      assert.deepEqual(await page(`?limit=2&before=${ids[10]}`), ["9", "8"]);
      assert.deepEqual(await page(`?limit=2&after=${ids[10]}`), ["12", "11"]);
      assert.deepEqual(await page(`?limit=3&around=${ids[10]}`), ["11", "10", "9"]);
    });

    it("refuses a limit outside 1 to 100, and two of before, after and around", async () => {
      await start();
      assert.equal(
        fieldError(await call(sim, "GET", `${messages}?limit=0`), "limit").code,
        "NUMBER_TYPE_MIN",
      );
      assert.equal(
        fieldError(await call(sim, "GET", `${messages}?limit=101`), "limit").code,
        "NUMBER_TYPE_MAX",
      );
      refused(await call(sim, "GET", `${messages}?before=1&after=1`), 400, 50035);
    });

    it("returns nothing without READ_MESSAGE_HISTORY", async () => {
      await start();
      const { id } = sim.people.write("ada", "general", "hidden");
      deny(Permission.READ_MESSAGE_HISTORY);
      assert.deepEqual(await page(""), []);
      refused(await call(sim, "GET", `${messages}/${id}`), 403, 50013);
    });

    it("shows content according to what the application has enabled (Gateway: HTTP Restrictions)", async () => {
      await start();
      sim.people.write("ada", "general", "private");
      sim.lab.bot.privilegedIntents.messageContent = false;
      assert.deepEqual(await page(""), [""]);
    });
  });

  describe("editing and deleting (Message Resource: Edit Message, Delete Message)", () => {
    it("edits the bot's own message and says when", async () => {
      await start();
      const { id } = (await call(sim, "POST", messages, { body: { content: "one" } })).body;
      clock.advance(5000);
      const { status, body } = await call(sim, "PATCH", `${messages}/${id}`, { body: { content: "two" } });
      assert.deepEqual([status, body.content], [200, "two"]);
      assert.equal(body.edited_timestamp, "2026-01-15T12:00:05.000000+00:00");
    });

    it("answers 50005 for somebody else's message and 50006 for an edit that leaves nothing", async () => {
      await start();
      const other = sim.people.write("ada", "general", "mine");
      refused(await call(sim, "PATCH", `${messages}/${other.id}`, { body: { content: "x" } }), 403, 50005);
      const { id } = (await call(sim, "POST", messages, { body: { content: "one" } })).body;
      refused(await call(sim, "PATCH", `${messages}/${id}`, { body: { content: "" } }), 400, 50006);
    });

    it("deletes the bot's own message, and others only with MANAGE_MESSAGES", async () => {
      await start();
      const { id } = (await call(sim, "POST", messages, { body: { content: "one" } })).body;
      assert.equal((await call(sim, "DELETE", `${messages}/${id}`)).status, 204);
      refused(await call(sim, "DELETE", `${messages}/${id}`), 404, 10008);
      const other = sim.people.write("ada", "general", "mine");
      refused(await call(sim, "DELETE", `${messages}/${other.id}`), 403, 50013);
    });
  });

  describe("reactions (Message Resource: Create Reaction)", () => {
    const path = (id: string, emoji: string): string =>
      `${messages}/${id}/reactions/${encodeURIComponent(emoji)}`;

    it("adds and removes the bot's reaction", async () => {
      await start();
      const { id } = sim.people.write("ada", "general", "hi");
      assert.equal((await call(sim, "PUT", `${path(id, "👍")}/@me`)).status, 204);
      assert.deepEqual(sim.lab.general.messages[0]?.reactions, [
        { emoji: "👍", userIds: [sim.lab.bot.userId] },
      ]);
      assert.equal((await call(sim, "DELETE", `${path(id, "👍")}/@me`)).status, 204);
      assert.deepEqual(sim.lab.general.messages[0]?.reactions, []);
    });

    it("answers 10014 for something that is no emoji", async () => {
      await start();
      const { id } = sim.people.write("ada", "general", "hi");
      for (const emoji of ["thumbsup", "custom:123456789012345678", "👍👍"]) {
        refused(await call(sim, "PUT", `${path(id, emoji)}/@me`), 400, 10014);
      }
    });

    it("needs ADD_REACTIONS only for an emoji that nobody has used yet", async () => {
      await start();
      const { id } = sim.people.write("ada", "general", "hi");
      sim.people.react("ada", "general", id, "👍");
      deny(Permission.ADD_REACTIONS);
      assert.equal((await call(sim, "PUT", `${path(id, "👍")}/@me`)).status, 204);
      refused(await call(sim, "PUT", `${path(id, "🎉")}/@me`), 403, 50013);
    });
  });

  describe("direct messages (User Resource: Create DM)", () => {
    it("opens the same channel each time, and sends there", async () => {
      await start();
      const body = { recipient_id: sim.lab.people.ada.id };
      const first = await call(sim, "POST", "/users/@me/channels", { body });
      const second = await call(sim, "POST", "/users/@me/channels", { body });
      assert.equal(first.body.id, second.body.id);
      assert.equal(
        (await call(sim, "POST", `/channels/${first.body.id}/messages`, { body: { content: "hi" } })).status,
        200,
      );
    });

    it("answers 50007 when the person refuses direct messages, and 50278 when no server is shared", async () => {
      await start();
      const { ada } = sim.lab.people;
      const { id } = (await call(sim, "POST", "/users/@me/channels", { body: { recipient_id: ada.id } }))
        .body;
      ada.acceptsDirectMessages = false;
      refused(await call(sim, "POST", `/channels/${id}/messages`, { body: { content: "hi" } }), 403, 50007);
      const stranger = sim.world.addUser({ username: "stranger" });
      const other = await call(sim, "POST", "/users/@me/channels", { body: { recipient_id: stranger.id } });
      refused(
        await call(sim, "POST", `/channels/${other.body.id}/messages`, { body: { content: "hi" } }),
        403,
        50278,
      );
    });

    it("keeps other people's conversations from the bot", async () => {
      await start();
      const channel = sim.people.openDirect("ada", "grace");
      refused(await call(sim, "GET", `/channels/${channel.id}/messages`), 403, 50001);
    });
  });

  describe("threads (Channel Resource: Start Thread)", () => {
    it("starts one from a message, which then has its id, once", async () => {
      await start();
      const { id } = sim.people.write("ada", "general", "topic");
      const thread = await call(sim, "POST", `${messages}/${id}/threads`, { body: { name: "Details" } });
      assert.deepEqual([thread.status, thread.body.id, thread.body.type], [201, id, 11]);
      refused(await call(sim, "POST", `${messages}/${id}/threads`, { body: { name: "Again" } }), 400, 160004);
    });

    it("needs SEND_MESSAGES_IN_THREADS to write there, not SEND_MESSAGES (Permissions: Inherited Permissions)", async () => {
      await start();
      const thread = sim.people.startThread("ada", "general", "Talk");
      const path = `/channels/${thread.id}/messages`;
      deny(Permission.SEND_MESSAGES);
      assert.equal((await call(sim, "POST", path, { body: { content: "a" } })).status, 200);
      deny(Permission.SEND_MESSAGES_IN_THREADS);
      refused(await call(sim, "POST", path, { body: { content: "a" } }), 403, 50013);
    });

    it("starts a forum post with its first message, which has the thread's id", async () => {
      await start();
      const forum = sim.world.addChannel(sim.lab.guild.id, { kind: ChannelKind.forum, name: "help" });
      const body = { name: "How?", message: { content: "like this" } };
      const thread = await call(sim, "POST", `/channels/${forum.id}/threads`, { body });
      assert.equal(thread.status, 201);
      assert.equal((thread.body.message as unknown as { id: string }).id, thread.body.id);
    });
  });

  describe("rate limits (Rate Limits: Header Format, Exceeding A Rate Limit)", () => {
    it("tells limit, rest, reset and bucket, and answers 429 when used up, until the reset", async () => {
      await start({ rateLimits: { "messages/create": { limit: 2, windowMs: 5000 } } });
      const post = (): Promise<RawAnswer> => call(sim, "POST", messages, { body: { content: "a" } });
      const first = await post();
      assert.equal(first.headers.get("x-ratelimit-limit"), "2");
      assert.equal(first.headers.get("x-ratelimit-remaining"), "1");
      assert.equal(first.headers.get("x-ratelimit-reset-after"), "5.000");
      assert.match(first.headers.get("x-ratelimit-bucket") ?? "", /^[0-9a-f]{32}$/);
      clock.advance(1500);
      await post();
      const third = await post();
      assert.equal(third.status, 429);
      assert.deepEqual(third.body, {
        message: "You are being rate limited.",
        retry_after: 3.5,
        global: false,
      } as never);
      assert.equal(third.headers.get("retry-after"), "4");
      assert.equal(third.headers.get("x-ratelimit-scope"), "user");
      clock.advance(3500);
      assert.equal((await post()).status, 200);
      assert.equal(sim.lab.general.messages.length, 3);
    });

    it("counts each channel for itself, in the same bucket", async () => {
      await start({ rateLimits: { "messages/create": { limit: 1, windowMs: 5000 } } });
      const there = await call(sim, "POST", messages, { body: { content: "a" } });
      const random = `/channels/${sim.lab.random.id}/messages`;
      const elsewhere = await call(sim, "POST", random, { body: { content: "a" } });
      assert.equal(elsewhere.status, 200);
      assert.equal(elsewhere.headers.get("x-ratelimit-bucket"), there.headers.get("x-ratelimit-bucket"));
    });

    it("allows 50 requests a second over all routes (Rate Limits: Global Rate Limit)", async () => {
      await start({ globalRequestsPerSecond: 50 });
      for (let index = 0; index < 50; index += 1)
        assert.equal((await call(sim, "GET", "/users/@me")).status, 200);
      const refusedOne = await call(sim, "GET", "/users/@me");
      assert.equal(refusedOne.status, 429);
      assert.equal(refusedOne.headers.get("x-ratelimit-global"), "true");
      assert.equal(refusedOne.headers.get("x-ratelimit-scope"), "global");
      assert.equal((refusedOne.body as unknown as { global: boolean }).global, true);
      clock.advance(1000);
      assert.equal((await call(sim, "GET", "/users/@me")).status, 200);
    });

    it("bans an address after too many invalid requests, without JSON (Rate Limits: Invalid Request Limit)", async () => {
      await start({ invalidRequestLimit: 2 });
      await call(sim, "GET", "/users/@me", { token: "wrong" });
      await call(sim, "GET", "/users/@me", { token: "wrong" });
      const banned = await call(sim, "GET", "/users/@me");
      assert.deepEqual([banned.status, banned.body], [429, "error code: 1015" as never]);
      clock.advance(10 * 60_000);
      assert.equal((await call(sim, "GET", "/users/@me")).status, 200);
    });
  });

  describe("faults", () => {
    it("can lose the answer after the message was sent", async () => {
      await start();
      sim.faults.add({ kind: "loseResponse", method: "POST", pathIncludes: "/messages", times: 1 });
      const body = { content: "once", nonce: "n1", enforce_nonce: true };
      await assert.rejects(call(sim, "POST", messages, { body }));
      assert.equal(sim.lab.general.messages.length, 1);
      const again = await call(sim, "POST", messages, { body });
      assert.equal(again.body.id, sim.lab.general.messages[0]?.id);
      assert.equal(sim.lab.general.messages.length, 1);
    });

    it("can answer 5xx and 429 for a while, without effect", async () => {
      await start();
      sim.faults.add({ kind: "serverError", status: 502, times: 1 });
      assert.equal((await call(sim, "POST", messages, { body: { content: "a" } })).status, 502);
      const stop = sim.faults.add({ kind: "rateLimit", retryAfterSeconds: 2.5, shared: true });
      const limited = await call(sim, "POST", messages, { body: { content: "a" } });
      assert.deepEqual([limited.status, limited.headers.get("x-ratelimit-scope")], [429, "shared"]);
      assert.equal((limited.body as unknown as { retry_after: number }).retry_after, 2.5);
      stop();
      assert.equal((await call(sim, "POST", messages, { body: { content: "a" } })).status, 200);
      assert.equal(sim.lab.general.messages.length, 1);
    });

    it("can delay and can leave a request without any answer", async () => {
      await start();
      sim.faults.add({ kind: "hang", times: 1 });
      const hung = fetch(`${sim.apiBase}/v10/gateway`, { signal: AbortSignal.timeout(200) });
      await assert.rejects(hung, { name: "TimeoutError" });
      sim.faults.add({ kind: "latency", delayMs: 3000, times: 1 });
      const slow = call(sim, "GET", "/gateway");
      let done = false;
      void slow.then(() => {
        done = true;
      });
      await until(() => sim.requestLog.length === 2);
      assert.equal(done, false);
      clock.advance(3000);
      assert.equal((await slow).status, 200);
    });
  });
});
