import assert from "node:assert/strict";
import type { APIMessage } from "discord-api-types/v10";
import {
  backfillTargets,
  lastMessages,
  worthAnswering,
} from "../../../../src/connectors/discord/backfill.ts";
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
});

describe("A message whose sending was never noted", () => {
  const find = (pages: APIMessage[][], change: Partial<OutboundMessageRequest> = {}) => {
    const asked: string[] = [];
    const rest = {
      messagesAfter: async (_channel: string, after: string) => {
        asked.push(after);
        return pages[asked.length - 1] ?? [];
      },
    };
    return findSentMessage(rest, { ...request, ...change }, bot, now).then((found) => ({ found, asked }));
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
      message({ message_reference: undefined }),
    ];
    assert.equal((await find([others])).found, null);
  });

  it("is looked for on all pages", async () => {
    const page = Array.from({ length: 100 }, (_, index) => message({ content: "no" }, now + index));
    const own = message({}, now + 500);
    const { found, asked } = await find([page, [own]]);
    assert.equal(found, own.id);
    assert.equal(snowflakeTime(asked[1] ?? "0"), now + 99);
  });
});

describe("Catching up on missed messages", () => {
  it("begins at the last known message of each conversation, and nowhere on a fresh install", () => {
    assert.deepEqual(backfillTargets(new Map()), []);
    const watermarks = new Map([
      ["discord:channel:1573888945341595654", question],
      ["slack:channel:1", "12"],
      ["discord:channel:../users/@me", question],
    ]);
    assert.deepEqual(backfillTargets(watermarks), [{ channelId: "1573888945341595654", after: question }]);
  });

  it("looks in a channel nothing is known of when something was written there since the newest known message", () => {
    const [known, written, quiet] = ["1573888945341595654", "1573888945341595655", "1573888945341595656"];
    const since = snowflakeAt(now);
    const watermarks = new Map([[`discord:channel:${known}`, since]]);
    const introduced = new Map([
      [known, snowflakeAt(now + 5)],
      [written, snowflakeAt(now + 5)],
      [quiet, snowflakeAt(now - 5)],
    ]);
    assert.deepEqual(backfillTargets(watermarks, introduced, since), [
      { channelId: known, after: since },
      { channelId: written, after: since },
    ]);
    assert.deepEqual(backfillTargets(new Map(), introduced, ""), []);
  });

  it("does not list messages of categories and forums, which have none", () => {
    const last = snowflakeAt(now);
    const of = (id: string, type: number) => ({ id, type, last_message_id: last });
    const channels = [
      of("1573888945341595654", 0),
      of("1573888945341595655", 4),
      of("1573888945341595656", 15),
    ];
    const threads = [of("1573888945341595657", 11)];
    const found = lastMessages({ channels, threads } as unknown as Parameters<typeof lastMessages>[0]);
    assert.deepEqual([...found.keys()], ["1573888945341595654", "1573888945341595657"]);
  });

  it("answers oldest first, and nothing that is older than a day", () => {
    const day = 24 * 60 * 60 * 1000;
    const found = worthAnswering([message({}, now), message({}, now - 5), message({}, now - day - 1)], now);
    assert.deepEqual(
      found.map(({ id }) => snowflakeTime(id)),
      [now - 5, now],
    );
  });
});
