import { snowflakePattern } from "../../contracts/gateway-config.ts";

/** First second of Discord's ids, Unix milliseconds (Discord reference, "Snowflakes"). */
const discordEpochMs = 1_420_070_400_000n;

export function isSnowflake(text: unknown): text is string {
  return typeof text === "string" && snowflakePattern.test(text);
}

/** Instant at which an id was made, in Unix milliseconds. */
export function snowflakeTime(id: string): number {
  return Number((BigInt(id) >> 22n) + discordEpochMs);
}

/** Smallest id that could have been made at an instant (Unix milliseconds). */
export function snowflakeAt(unixMs: number): string {
  const sinceEpoch = BigInt(Math.max(0, Math.floor(unixMs))) - discordEpochMs;
  return String((sinceEpoch > 0n ? sinceEpoch : 0n) << 22n);
}

/** Canonical conversation id of a channel, thread or direct message. */
export function conversationOf(channelId: string): string {
  return `discord:channel:${channelId}`;
}

/** Canonical id of a person. */
export function personOf(userId: string): string {
  return `discord:user:${userId}`;
}

/** Channel id inside a canonical conversation id; null for anything that must not go into a request path. */
export function channelOf(conversationId: string): string | null {
  const id = /^discord:channel:(\d+)$/.exec(conversationId)?.[1];
  return id !== undefined && isSnowflake(id) ? id : null;
}

/** Orders ids by the time they were made. */
export function compareSnowflakes(a: string, b: string): number {
  const difference = BigInt(a) - BigInt(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
