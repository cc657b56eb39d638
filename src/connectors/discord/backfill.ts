import { DiscordAPIError } from "@discordjs/rest";
import { type APIMessage, ChannelType, type GatewayGuildCreateDispatchData } from "discord-api-types/v10";
import { channelOf, compareSnowflakes, conversationOf, isSnowflake, snowflakeTime } from "./ids.ts";

/** Messages that were written this long ago or longer are not answered any more, in milliseconds. */
const maximumAgeMs = 24 * 60 * 60 * 1000;
/** Conversations that are caught up on: those with the newest messages. */
const conversationLimit = 100;

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

/** Channels and threads of a server with the id of the last message in each. */
export function lastMessages(
  guild: Pick<GatewayGuildCreateDispatchData, "channels" | "threads">,
): Map<string, string> {
  const found = new Map<string, string>();
  for (const channel of [...(guild.channels ?? []), ...(guild.threads ?? [])]) {
    const last = "last_message_id" in channel ? channel.last_message_id : null;
    if (!withoutMessages.has(channel.type) && isSnowflake(channel.id) && isSnowflake(last)) {
      found.set(channel.id, last);
    }
  }
  return found;
}

/** The newest message known of any conversation; empty on a fresh install. */
export function newestWatermark(watermarks: ReadonlyMap<string, string>): string {
  return [...watermarks.values()].filter(isSnowflake).sort(compareSnowflakes).at(-1) ?? "";
}

/** Whether a last message was missed by an account that knows messages up to `since`; false on a fresh install. */
export function isMissed(last: string, since: string): boolean {
  return since !== "" && compareSnowflakes(last, since) > 0;
}

/**
 * Where to look for missed messages: nowhere on a fresh install, which has no watermarks.
 * @param introduced last message of each channel Discord has told of
 * @param since newest message known of any conversation when the session began
 */
export function backfillTargets(
  watermarks: ReadonlyMap<string, string>,
  introduced: ReadonlyMap<string, string> = new Map(),
  since = "",
): BackfillTarget[] {
  const targets: BackfillTarget[] = [];
  for (const [conversation, after] of watermarks) {
    const channelId = channelOf(conversation);
    if (channelId !== null && isSnowflake(after)) targets.push({ channelId, after });
  }
  targets.sort((a, b) => compareSnowflakes(b.after, a.after));
  const unseen = [...introduced]
    .filter(([channelId, last]) => !watermarks.has(conversationOf(channelId)) && isMissed(last, since))
    .sort(([, a], [, b]) => compareSnowflakes(b, a))
    .map(([channelId]) => ({ channelId, after: since }));
  return [...targets, ...unseen].slice(0, conversationLimit);
}

/** Missed messages that are still worth an answer, oldest first. */
export function worthAnswering(messages: readonly APIMessage[], now: number): APIMessage[] {
  return messages
    .filter((message) => isSnowflake(message.id) && now - snowflakeTime(message.id) < maximumAgeMs)
    .sort((a, b) => compareSnowflakes(a.id, b.id));
}

/** Whether a channel cannot be read, now and later: it is gone or closed to the bot. */
export function isUnreadable(thrown: unknown): boolean {
  return thrown instanceof DiscordAPIError && (thrown.status === 403 || thrown.status === 404);
}
