import { DiscordAPIError } from "@discordjs/rest";
import { type APIMessage, ChannelType, type GatewayGuildCreateDispatchData } from "discord-api-types/v10";
import { channelOf, compareSnowflakes, conversationOf, isSnowflake, snowflakeTime } from "./ids.ts";

/** Messages that were written this long ago or longer are not answered any more, in milliseconds. */
export const maximumAgeMs = 24 * 60 * 60 * 1000;

/** A channel and the last message known of it. */
export interface BackfillTarget {
  readonly channelId: string;
  readonly after: string;
}

/** Channels that hold no messages themselves: Discord refuses to list any. */
const withoutMessages: ReadonlySet<number> = new Set([
  ChannelType.GuildCategory,
  ChannelType.GuildForum,
  ChannelType.GuildMedia,
]);

/** Channels that can have threads. */
const withThreads: ReadonlySet<number> = new Set([
  ChannelType.GuildText,
  ChannelType.GuildAnnouncement,
  ChannelType.GuildForum,
  ChannelType.GuildMedia,
]);

type GuildPlaces = Pick<GatewayGuildCreateDispatchData, "channels" | "threads">;

/** Channels and threads of a server with the id of the last message in each. */
export function lastMessages(guild: GuildPlaces): Map<string, string> {
  return lastMessagesIn([...(guild.channels ?? []), ...(guild.threads ?? [])]);
}

/** The id of the last message in each channel or thread that holds any. */
export function lastMessagesIn(
  channels: readonly { readonly id: string; readonly type: number; readonly last_message_id?: unknown }[],
): Map<string, string> {
  const found = new Map<string, string>();
  for (const channel of channels) {
    const last = channel.last_message_id;
    if (!withoutMessages.has(channel.type) && isSnowflake(channel.id) && isSnowflake(last)) {
      found.set(channel.id, last);
    }
  }
  return found;
}

/** A channel that can have threads. */
export interface ThreadParent {
  readonly channelId: string;
  /** Only text channels have private ones. */
  readonly hasPrivate: boolean;
}

/** Channels of a server that can have threads, also archived ones, which Discord does not tell of by itself. */
export function threadParents(guild: GuildPlaces): ThreadParent[] {
  return (guild.channels ?? [])
    .filter(({ id, type }) => withThreads.has(type) && isSnowflake(id))
    .map(({ id, type }) => ({ channelId: id, hasPrivate: type === ChannelType.GuildText }));
}

/** The newest message known of any conversation; empty on a fresh install. */
export function newestWatermark(watermarks: ReadonlyMap<string, string>): string {
  return [...watermarks.values()].filter(isSnowflake).sort(compareSnowflakes).at(-1) ?? "";
}

/** Whether a last message was missed by an account that knows messages up to `since`; false on a fresh install. */
export function isMissed(last: string, since: string): boolean {
  return since !== "" && compareSnowflakes(last, since) > 0;
}

/** Where to look for missed messages: nowhere on a fresh install, which has no watermarks. Newest first. */
export function knownTargets(watermarks: ReadonlyMap<string, string>): BackfillTarget[] {
  const targets: BackfillTarget[] = [];
  for (const [conversation, after] of watermarks) {
    const channelId = channelOf(conversation);
    if (channelId !== null && isSnowflake(after)) targets.push({ channelId, after });
  }
  return targets.sort((a, b) => compareSnowflakes(b.after, a.after));
}

/**
 * Where something was missed among the channels Discord has told of. Newest first.
 * @param introduced last message of each channel
 * @param since newest message known of any conversation when the session began; empty on a fresh install
 */
export function introducedTargets(
  watermarks: ReadonlyMap<string, string>,
  introduced: ReadonlyMap<string, string>,
  since: string,
): BackfillTarget[] {
  return [...introduced]
    .map(([channelId, last]) => ({
      channelId,
      last,
      after: watermarks.get(conversationOf(channelId)) ?? since,
    }))
    .filter(({ last, after }) => isMissed(last, after))
    .sort((a, b) => compareSnowflakes(b.last, a.last))
    .map(({ channelId, after }) => ({ channelId, after }));
}

/** Whether a message is too old to be answered. */
export function isTooOld(messageId: string, now: number): boolean {
  return now - snowflakeTime(messageId) >= maximumAgeMs;
}

/** Messages with a usable id, oldest first. */
export function inOrder(messages: readonly APIMessage[]): APIMessage[] {
  return messages.filter((message) => isSnowflake(message.id)).sort((a, b) => compareSnowflakes(a.id, b.id));
}

/** Whether a channel cannot be read, now and later: it is gone or closed to the bot. */
export function isUnreadable(thrown: unknown): boolean {
  return thrown instanceof DiscordAPIError && (thrown.status === 403 || thrown.status === 404);
}
