import assert from "node:assert/strict";
import type { APIMessage } from "discord-api-types/v10";
import {
  inOrder,
  introducedTargets,
  isTooOld,
  knownTargets,
  lastMessages,
  threadParents,
} from "../../../../src/connectors/discord/backfill.ts";
import {
  fetchArchivedThreads,
  fetchJoinedArchivedThreads,
  fetchMissedMessages,
} from "../../../../src/connectors/discord/fetch-missed.ts";
import { snowflakeAt, snowflakeTime } from "../../../../src/connectors/discord/ids.ts";

const now = 1_795_000_000_000;
const day = 24 * 60 * 60 * 1000;
const message = (at: number): APIMessage => ({ id: snowflakeAt(at) }) as APIMessage;
const [known, written, quiet] = ["1573888945341595654", "1573888945341595655", "1573888945341595656"];

describe("Catching up on missed messages", () => {
  it("begins at the last known message of each conversation, and nowhere on a fresh install", () => {
    assert.deepEqual(knownTargets(new Map()), []);
    const watermarks = new Map([
      [`discord:channel:${known}`, snowflakeAt(now)],
      ["slack:channel:1", "12"],
      ["discord:channel:../users/@me", snowflakeAt(now)],
    ]);
    assert.deepEqual(knownTargets(watermarks), [{ channelId: known, after: snowflakeAt(now) }]);
  });

  it("looks in a channel nothing is known of when something was written there since the newest known message", () => {
    const since = snowflakeAt(now);
    const watermarks = new Map([[`discord:channel:${known}`, snowflakeAt(now + 9)]]);
    const introduced = new Map([
      [known, snowflakeAt(now + 9)],
      [written, snowflakeAt(now + 5)],
      [quiet, snowflakeAt(now - 5)],
    ]);
    assert.deepEqual(introducedTargets(watermarks, introduced, since), [
      { channelId: written, after: since },
    ]);
    assert.deepEqual(introducedTargets(new Map(), introduced, ""), []);
  });

  it("does not list messages of categories and forums, which have none, but looks for threads of forums", () => {
    const last = snowflakeAt(now);
    const of = (id: string, type: number) => ({ id, type, last_message_id: last });
    const channels = [of(known, 0), of(written, 4), of(quiet, 15)];
    const threads = [of("1573888945341595657", 11)];
    const guild = { channels, threads } as unknown as Parameters<typeof lastMessages>[0];
    assert.deepEqual([...lastMessages(guild).keys()], [known, "1573888945341595657"]);
    assert.deepEqual(threadParents(guild), [
      { channelId: known, hasPrivate: true },
      { channelId: quiet, hasPrivate: false },
    ]);
  });

  it("answers oldest first, and nothing that is older than a day", () => {
    const found = inOrder([message(now), message(now - 5), { id: "../1" } as APIMessage]);
    assert.deepEqual(
      found.map(({ id }) => snowflakeTime(id)),
      [now - 5, now],
    );
    assert.deepEqual(
      [isTooOld(snowflakeAt(now - day), now), isTooOld(snowflakeAt(now - day + 1), now)],
      [true, false],
    );
  });

  it("passes over what is too old to be answered, so that a long absence does not use up the bound", async () => {
    const asked: string[] = [];
    const old = Array.from({ length: 100 }, (_, index) => message(now - 3 * day + index));
    const rest = {
      messagesAfter: async (_channel: string, after: string) => {
        asked.push(after);
        return asked.length === 1 ? old : [message(now - 5)];
      },
    };
    const { found, isCut } = await fetchMissedMessages(rest, known, snowflakeAt(now - 4 * day), now);
    assert.equal(isCut, true);
    assert.equal(found.at(-1)?.id, snowflakeAt(now - 5));
    assert.deepEqual(asked, [snowflakeAt(now - 4 * day), snowflakeAt(now - day)]);
  });

  it("ends when a server tells the same again and again", async () => {
    let asked = 0;
    const page = Array.from({ length: 100 }, (_, index) => message(now - 200 + index));
    const rest = {
      messagesAfter: async () => {
        asked += 1;
        return page;
      },
    };
    assert.equal((await fetchMissedMessages(rest, known, snowflakeAt(now - 300), now)).isCut, true);
    assert.equal(asked, 2);
    let listed = 0;
    const thread = {
      id: written,
      type: 11,
      last_message_id: snowflakeAt(now),
      thread_metadata: { archive_timestamp: new Date(now).toISOString() },
    };
    const threads = {
      archivedThreads: async () => {
        listed += 1;
        return { threads: [thread], has_more: true } as never;
      },
    };
    const { found, isCut } = await fetchArchivedThreads(threads, known, snowflakeAt(now - 300));
    assert.deepEqual([[...found.last.keys()], isCut, listed], [[written], true, 3]);
    const joined = { joinedArchivedThreads: threads.archivedThreads };
    assert.equal((await fetchJoinedArchivedThreads(joined, known, snowflakeAt(now - 300))).isCut, true);
    assert.equal(listed, 6);
  });
});
