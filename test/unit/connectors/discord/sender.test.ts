import assert from "node:assert/strict";
import type { APIMessage } from "discord-api-types/v10";
import { snowflakeAt, snowflakeTime } from "../../../../src/connectors/discord/ids.ts";
import { findSentMessage, messageBody } from "../../../../src/connectors/discord/sender.ts";
import type { OutboundMessageRequest } from "../../../../src/contracts/connector.ts";

const bot = "1000000000000000001";
const question = "1573888951192649728";
const request: OutboundMessageRequest = {
  connector_id: "discord:default",
  conversation_id: "discord:channel:1573888945341595654",
  envelope_id: "01M80HJNHH6YC2NZVBR9NQT8CB",
  sequence: 0,
  text: "hello ",
  in_reply_to_message_id: question,
  nonce: "n".repeat(22),
};
const now = 1_795_314_767_379;
const message = (change: object, unixMs = now): APIMessage =>
  ({
    id: snowflakeAt(unixMs),
    author: { id: bot },
    content: "hello",
    message_reference: { message_id: question },
    ...change,
  }) as unknown as APIMessage;

describe("A message to Discord", () => {
  it("enforces its nonce, pings nobody and survives the deletion of what it answers", () => {
    assert.deepEqual(messageBody(request), {
      content: "hello ",
      nonce: request.nonce,
      enforce_nonce: true,
      allowed_mentions: { parse: [], replied_user: false },
      message_reference: { message_id: question, fail_if_not_exists: false },
    });
    assert.equal("message_reference" in messageBody({ ...request, in_reply_to_message_id: "x" }), false);
  });

  it("notifies those whom the rules name, and nobody else", () => {
    const allowed = (mentions: OutboundMessageRequest["mentions"]) =>
      messageBody({ ...request, mentions }).allowed_mentions;
    assert.deepEqual(allowed(["author"]), { parse: [], replied_user: true });
    assert.deepEqual(allowed(["users", "roles"]), { parse: ["users", "roles"], replied_user: false });
    assert.deepEqual(allowed(["everyone", "users", "users"]), {
      parse: ["users", "everyone"],
      replied_user: false,
    });
  });
});

describe("A message whose sending was never noted", () => {
  const find = (
    pages: APIMessage[][],
    change: Partial<OutboundMessageRequest> = {},
    others: string[] = [],
  ) => {
    const asked: string[] = [];
    const rest = {
      messagesAfter: async (_channel: string, after: string) => {
        asked.push(after);
        return pages[asked.length - 1] ?? [];
      },
    };
    const search = { botUserId: bot, notBefore: now, others: new Set(others) };
    return findSentMessage(rest, { ...request, ...change }, search).then((found) => ({ found, asked }));
  };

  it("is found among the bot's own messages by text and by what it answers", async () => {
    const own = message({});
    const { found, asked } = await find([[message({ author: { id: "2" } }), own]]);
    assert.equal(found, own.id);
    const from = snowflakeTime(asked[0] ?? "0");
    assert.ok(from <= now && from > now - 10_000, "it looks from shortly before the first attempt");
  });

  it("is not taken for one with another text or another question", async () => {
    const others = [
      message({ content: "hello?" }),
      message({ message_reference: { message_id: "1573888951192649729" } }),
    ];
    assert.equal((await find([others])).found, null);
    const answers = [message({})];
    assert.equal((await find([answers], { in_reply_to_message_id: null })).found, null);
  });

  it("is found without what it answers, when that was deleted before; a closer one comes first", async () => {
    const alone = message({ message_reference: undefined });
    assert.equal((await find([[alone]])).found, alone.id);
    const closer = message({}, now + 5);
    assert.equal((await find([[alone, closer]])).found, closer.id);
  });

  it("is not taken for an equal one that is known to be another", async () => {
    const twin = message({});
    assert.equal((await find([[twin]], {}, [twin.id])).found, null);
    const own = message({}, now + 5);
    assert.equal((await find([[twin, own]], {}, [twin.id])).found, own.id);
  });

  it("is looked for on all pages", async () => {
    const page = Array.from({ length: 100 }, (_, index) => message({ content: "no" }, now + index));
    const own = message({}, now + 500);
    const { found, asked } = await find([page, [own]]);
    assert.equal(found, own.id);
    assert.equal(snowflakeTime(asked[1] ?? "0"), now + 99);
  });
});
