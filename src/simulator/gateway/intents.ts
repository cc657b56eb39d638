import type { PrivilegedIntents } from "../world/model.ts";

/** Discord docs: Gateway, List of Intents. */
export const Intent = {
  GUILDS: 1 << 0,
  GUILD_MEMBERS: 1 << 1,
  GUILD_MODERATION: 1 << 2,
  GUILD_EXPRESSIONS: 1 << 3,
  GUILD_INTEGRATIONS: 1 << 4,
  GUILD_WEBHOOKS: 1 << 5,
  GUILD_INVITES: 1 << 6,
  GUILD_VOICE_STATES: 1 << 7,
  GUILD_PRESENCES: 1 << 8,
  GUILD_MESSAGES: 1 << 9,
  GUILD_MESSAGE_REACTIONS: 1 << 10,
  GUILD_MESSAGE_TYPING: 1 << 11,
  DIRECT_MESSAGES: 1 << 12,
  DIRECT_MESSAGE_REACTIONS: 1 << 13,
  DIRECT_MESSAGE_TYPING: 1 << 14,
  MESSAGE_CONTENT: 1 << 15,
  GUILD_SCHEDULED_EVENTS: 1 << 16,
  AUTO_MODERATION_CONFIGURATION: 1 << 20,
  AUTO_MODERATION_EXECUTION: 1 << 21,
  GUILD_MESSAGE_POLLS: 1 << 24,
  DIRECT_MESSAGE_POLLS: 1 << 25,
} as const;

const KNOWN_INTENTS = Object.values(Intent).reduce((all, bit) => all | bit, 0);

/** True when the value is a number made of documented intents only. */
export function areKnownIntents(value: unknown): value is number {
  return (
    typeof value === "number" &&
    Number.isInteger(value) &&
    value >= 0 &&
    (value & ~KNOWN_INTENTS) === 0 &&
    value <= KNOWN_INTENTS
  );
}

/** The privileged intents asked for that the application has not enabled (Discord docs: Privileged Intents). */
export function disallowedIntents(intents: number, enabled: PrivilegedIntents): number {
  let allowed = ~0;
  if (!enabled.presence) allowed &= ~Intent.GUILD_PRESENCES;
  if (!enabled.guildMembers) allowed &= ~Intent.GUILD_MEMBERS;
  if (!enabled.messageContent) allowed &= ~Intent.MESSAGE_CONTENT;
  return intents & ~allowed;
}
