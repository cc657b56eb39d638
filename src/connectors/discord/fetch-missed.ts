import type { APIMessage, APIThreadChannel } from "discord-api-types/v10";
import { inOrder, isMissed, lastMessagesIn, maximumAgeMs } from "./backfill.ts";
import type { ArchivedThreads, DiscordRest } from "./discord-rest.ts";
import { compareSnowflakes, isSnowflake, snowflakeAt, snowflakeTime } from "./ids.ts";

/** Messages Discord tells at once. */
const pageSize = 100;
/** Pages of messages that are fetched of one channel. */
const messagePages = 10;
/** Pages of archived threads that are looked through of one channel. */
const threadPages = 3;

/** What was fetched of a list that may be longer than is looked at. */
export interface Fetched<T> {
  readonly found: T;
  /** There is more than is fetched, or some of it is too old to be looked at. */
  readonly isCut: boolean;
}

/**
 * Messages of a channel that came after a known one, oldest first. What is older than a day is passed over, so that
 * it does not use up the bound.
 */
export async function fetchMissedMessages(
  rest: Pick<DiscordRest, "messagesAfter">,
  channelId: string,
  watermark: string,
  now: number,
): Promise<Fetched<APIMessage[]>> {
  const horizon = snowflakeAt(now - maximumAgeMs);
  let after = watermark;
  let passedOver = false;
  const missed: APIMessage[] = [];
  for (let page = 0; page < messagePages; page += 1) {
    const messages = inOrder(await rest.messagesAfter(channelId, after));
    missed.push(...messages);
    const newest = messages.at(-1)?.id;
    if (messages.length < pageSize || newest === undefined) return { found: missed, isCut: passedOver };
    // An answer that does not go on from where it was asked would be asked for again without end.
    if (compareSnowflakes(newest, after) <= 0) break;
    const isBeforeHorizon = compareSnowflakes(newest, horizon) < 0;
    passedOver ||= isBeforeHorizon;
    after = isBeforeHorizon ? horizon : newest;
  }
  return { found: missed, isCut: true };
}

/** How one of Discord's lists of archived threads is read on. */
interface ThreadList {
  page(before: string | null): Promise<ArchivedThreads>;
  /** What the next page is asked for by; undefined when nothing on it can be of interest. */
  next(last: APIThreadChannel): string | undefined;
}

export type FoundThreads = Fetched<{
  readonly threads: APIThreadChannel[];
  readonly last: Map<string, string>;
}>;

/**
 * Public threads of a channel that were archived since a known message, each with its last message: Discord does not
 * tell of them when a session begins.
 */
export async function fetchArchivedThreads(
  rest: Pick<DiscordRest, "archivedThreads">,
  parentId: string,
  since: string,
): Promise<FoundThreads> {
  const sinceTime = snowflakeTime(since);
  return await readThreads(since, {
    page: (before) => rest.archivedThreads(parentId, before),
    next: (last) => {
      const archivedAt: string | undefined = last.thread_metadata?.archive_timestamp;
      return archivedAt !== undefined && Date.parse(archivedAt) >= sinceTime ? archivedAt : undefined;
    },
  });
}

/** As `fetchArchivedThreads`, of the private threads that the bot has joined. They come by age, not by when they were archived. */
export async function fetchJoinedArchivedThreads(
  rest: Pick<DiscordRest, "joinedArchivedThreads">,
  parentId: string,
  since: string,
): Promise<FoundThreads> {
  return await readThreads(since, {
    page: (before) => rest.joinedArchivedThreads(parentId, before),
    next: ({ id }) => (isSnowflake(id) ? id : undefined),
  });
}

async function readThreads(since: string, list: ThreadList): Promise<FoundThreads> {
  const threads: APIThreadChannel[] = [];
  const last = new Map<string, string>();
  let before: string | null = null;
  for (let page = 0; page < threadPages; page += 1) {
    const answer: ArchivedThreads = await list.page(before);
    threads.push(...answer.threads);
    for (const [id, message] of lastMessagesIn(answer.threads)) {
      if (isMissed(message, since)) last.set(id, message);
    }
    const end = answer.threads.at(-1);
    const next: string | undefined = end === undefined ? undefined : list.next(end);
    if (!answer.has_more || next === undefined) return { found: { threads, last }, isCut: false };
    before = next;
  }
  return { found: { threads, last }, isCut: true };
}
