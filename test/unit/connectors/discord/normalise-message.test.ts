import assert from "node:assert/strict";
import fc from "fast-check";
import {
  normaliseMessage,
  type RawMessage,
  withoutMention,
} from "../../../../src/connectors/discord/normalise-message.ts";

const bot = "1000000000000000001";
const ada = "1000000000000000002";
const context = {
  connectorId: "discord:default",
  botUserId: bot,
  answeredBots: new Set<string>(),
  channel: undefined,
  envelopeId: "01M80HJNHH6YC2NZVBR9NQT8CB",
  receivedAt: 1_800_000_000_000,
};
const base = {
  id: "1573888951192649728",
  channel_id: "1573888945341595654",
  guild_id: "1573888945341595000",
  author: { id: ada, username: "ada", global_name: "Ada", discriminator: "0", avatar: null },
  member: { nick: null, roles: ["1573888945341595001"] },
  content: `<@${bot}> hello`,
  mentions: [{ id: bot }],
  attachments: [],
  type: 0,
};
const normalise = (change: object, channel?: { guildId: string | null; parentId: string | null }) =>
  normaliseMessage({ ...base, ...change } as unknown as RawMessage, { ...context, channel });
const eventOf = (...arguments_: Parameters<typeof normalise>) => {
  const result = normalise(...arguments_);
  assert.ok("event" in result, JSON.stringify(result));
  return result.event;
};

describe("A Discord message becomes an event", () => {
  it("with canonical ids, the time of its id and the text without the bot's mention", () => {
    const event = eventOf({});
    assert.equal(event.conversation_id, "discord:channel:1573888945341595654");
    assert.equal(event.sender_id, `discord:user:${ada}`);
    assert.equal(event.body, "hello");
    assert.equal(event.mentions_bot, true);
    assert.equal(event.is_direct_message, false);
    assert.equal(event.sent_at_unix_ms, 1_795_314_767_407);
  });

  it("that is addressed to the bot by mention or by reply, but not by its name in the text", () => {
    assert.equal(eventOf({ mentions: [], content: "@palyra hello" }).mentions_bot, false);
    const referenced_message = { author: { id: bot } };
    assert.equal(eventOf({ mentions: [], type: 19, referenced_message }).mentions_bot, true);
    const forward = { message_reference: { type: 1 }, referenced_message };
    assert.equal(eventOf({ mentions: [], ...forward }).mentions_bot, false);
  });

  it("of a direct message when neither message nor channel belong to a server", () => {
    assert.equal(eventOf({ guild_id: undefined }).is_direct_message, true);
    const fetched = eventOf({ guild_id: undefined }, { guildId: "1573888945341595000", parentId: null });
    assert.equal(fetched.is_direct_message, false);
  });

  it("of a thread with the channel it belongs to", () => {
    const event = eventOf({}, { guildId: base.guild_id, parentId: "1573888945341595009" });
    assert.equal(event.parent_conversation_id, "discord:channel:1573888945341595009");
  });

  it("with attachments, where an SVG is a file and no image", () => {
    const attachment = { id: "1", url: "https://cdn/x", filename: "x", size: 3 };
    const event = eventOf({
      attachments: [
        { ...attachment, content_type: "image/png" },
        { ...attachment, content_type: "image/svg+xml" },
      ],
    });
    assert.deepEqual(
      event.attachments.map(({ kind }) => kind),
      ["image", "file"],
    );
  });

  it("whose display name is cut to its bound without breaking a character", () => {
    const name = eventOf({ member: { nick: "😀".repeat(100), roles: [] } }).sender_display ?? "";
    assert.ok(Buffer.byteLength(name) <= 256);
    assert.doesNotMatch(name, /\p{Surrogate}/u);
  });
});

describe("A Discord message is dropped", () => {
  const droppedFor = (change: object) => {
    const result = normalise(change);
    return "dropped" in result ? result.dropped : "kept";
  };

  it("when it is the bot's own, another bot's, a webhook's or the system's", () => {
    assert.equal(droppedFor({ author: { ...base.author, id: bot } }), "own_message");
    assert.equal(droppedFor({ author: { ...base.author, bot: true } }), "bot");
    assert.equal(droppedFor({ webhook_id: "1573888945341595002" }), "webhook");
    assert.equal(droppedFor({ type: 7 }), "system_message");
  });

  it("unless a bot wrote it that the owner named: never the bot itself, nor a webhook", () => {
    const named = { ...context, answeredBots: new Set([ada, bot]) };
    const read = (change: object) => {
      const result = normaliseMessage({ ...base, ...change } as unknown as RawMessage, named);
      return "dropped" in result ? result.dropped : result.event.sender_id;
    };
    const author = { ...base.author, bot: true };
    assert.equal(read({ author }), `discord:user:${ada}`);
    assert.equal(read({ author: { ...author, id: "1000000000000000003" } }), "bot");
    assert.equal(read({ author: { ...author, id: bot } }), "own_message");
    assert.equal(read({ author, webhook_id: ada }), "webhook");
  });

  it("when it is malformed, whatever is wrong with it", () => {
    assert.equal(droppedFor({ author: null }), "malformed");
    assert.equal(droppedFor({ id: "../../users/@me" }), "malformed");
    assert.equal(droppedFor({ channel_id: null }), "malformed");
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(base)), fc.anything()), (change) => {
        const result = normalise(change);
        assert.ok("event" in result || "dropped" in result);
      }),
    );
  });
});

describe("The mention of the bot", () => {
  it("is taken out of the text together with one of the spaces around it", () => {
    const cases: Record<string, string> = {
      [`<@${bot}> hello`]: "hello",
      [`<@!${bot}>hello`]: "hello",
      [`hey <@${bot}> you`]: "hey you",
      [`say it <@${bot}>`]: "say it",
      [`one\n<@${bot}> two\n three`]: "one\ntwo\n three",
      [`<@${bot}>`]: "",
      [`<@${ada}> and <@${bot}>`]: `<@${ada}> and`,
    };
    for (const [content, text] of Object.entries(cases)) assert.equal(withoutMention(content, bot), text);
  });
});
