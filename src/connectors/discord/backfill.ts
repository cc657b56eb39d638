import { DiscordAPIError } from "@discordjs/rest";
import type { APIMessage } from "discord-api-types/v10";
import { channelOf, compareSnowflakes, isSnowflake, snowflakeTime } from "./ids.ts";

/** Messages that were written this long ago or longer are not answered any more, in milliseconds. */
const maximumAgeMs = 24 * 60 * 60 * 1000;
/** Conversations that are caught up on: those with the newest messages. */
const conversationLimit = 100;

/** A channel and the last message known of it. */
export interface BackfillTarget {
  readonly channelId: string;
  readonly after: string;
}

/** Where to look for missed messages: nowhere on a fresh install, which has no watermarks. */
export function backfillTargets(watermarks: ReadonlyMap<string, string>): BackfillTarget[] {
  const targets: BackfillTarget[] = [];
  for (const [conversation, after] of watermarks) {
    const channelId = channelOf(conversation);
    if (channelId !== null && isSnowflake(after)) targets.push({ channelId, after });
  }
  return targets.sort((a, b) => compareSnowflakes(b.after, a.after)).slice(0, conversationLimit);
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
