import { DiscordAPIError } from "@discordjs/rest";
import type { APIChannel, APIGuild, APIGuildMember, APIOverwrite } from "discord-api-types/v10";
import type { ConversationTarget } from "../../../contracts/message-admin.ts";
import { isDirectType, isThreadType } from "../channel-directory.ts";
import type { DiscordRest } from "../discord-rest.ts";
import { channelOf, isSnowflake } from "../ids.ts";
import type { NamedPermission } from "./operations.ts";
import { channelPermissions, withImplicitDenials } from "./permissions.ts";

/** A channel as the bot has it now. */
export interface ChannelAccess {
  readonly channelId: string;
  readonly guildId: string | null;
  /** Null in a direct message. */
  readonly name: string | null;
  readonly isThread: boolean;
  /** All bits of the bot here; null in a direct message, which has no roles. */
  readonly permissions: bigint | null;
}

export type AccessResult =
  | { readonly access: ChannelAccess; readonly refusal: null }
  | { readonly access: null; readonly refusal: string };

type AccessRest = Pick<DiscordRest, "channel" | "guild" | "member">;

/** Channel id of a target, which may be canonical or Discord's own; null when it is neither. */
export function targetChannel(target: ConversationTarget): string | null {
  const place = (target.thread_id ?? target.conversation_id).trim();
  return isSnowflake(place) ? place : channelOf(place);
}

/**
 * Looks at a channel, and at the bot's roles in its server. Nothing is remembered: roles change.
 * @throws when Discord cannot tell now
 */
export async function lookAtChannel(
  rest: AccessRest,
  target: ConversationTarget,
  botUserId: string,
): Promise<AccessResult> {
  const channelId = targetChannel(target);
  if (channelId === null) return refused("The conversation is not a Discord channel.");
  try {
    const channel = await rest.channel(channelId);
    const isThread = isThreadType(channel.type);
    const guildId = guildOf(channel);
    if (guildId === null) {
      if (!isDirectType(channel.type)) return refused("The channel belongs to no server.");
      return { access: { channelId, guildId: null, name: null, isThread, permissions: null }, refusal: null };
    }
    const permissions = await botPermissions(rest, channel, guildId, botUserId);
    const name = "name" in channel ? (channel.name ?? null) : null;
    return { access: { channelId, guildId, name, isThread, permissions }, refusal: null };
  } catch (thrown) {
    if (!(thrown instanceof DiscordAPIError)) throw thrown;
    if (thrown.status === 404) return refused("Discord does not know this channel.");
    if (thrown.status === 403) return refused("The bot has no access to this channel.");
    if (thrown.status === 401) return refused("Discord refused the bot token.");
    throw thrown;
  }
}

/** Labels of the permissions the bot lacks. */
export function missingPermissions(
  access: ChannelAccess,
  required: readonly NamedPermission[],
): readonly string[] {
  const { permissions } = access;
  if (permissions === null) return [];
  return required.filter(({ bit }) => (permissions & bit) !== bit).map(({ label }) => label);
}

async function botPermissions(
  rest: AccessRest,
  channel: APIChannel,
  guildId: string,
  botUserId: string,
): Promise<bigint> {
  const isThread = isThreadType(channel.type);
  const parentId = isThread && "parent_id" in channel ? channel.parent_id : null;
  const [guild, member, place] = await Promise.all([
    rest.guild(guildId),
    rest.member(guildId, botUserId),
    isSnowflake(parentId) ? rest.channel(parentId) : channel,
  ]);
  return permissionsIn({ guild, member, botUserId, overwrites: overwritesOf(place), isThread });
}

/** Bits of the bot in a channel of a server, from its roles and the channel's overwrites. */
export function permissionsIn(facts: {
  readonly guild: Pick<APIGuild, "id" | "owner_id" | "roles">;
  readonly member: Pick<APIGuildMember, "roles" | "communication_disabled_until">;
  readonly botUserId: string;
  readonly overwrites: readonly APIOverwrite[];
  readonly isThread: boolean;
}): bigint {
  const { guild, member, botUserId, overwrites, isThread } = facts;
  const permissions = channelPermissions({
    guildId: guild.id,
    ownerId: guild.owner_id,
    roles: guild.roles.map((role) => ({ id: role.id, permissions: BigInt(role.permissions) })),
    userId: botUserId,
    roleIds: member.roles,
    overwrites: overwrites.map((one) => ({
      id: one.id,
      allow: BigInt(one.allow),
      deny: BigInt(one.deny),
    })),
  });
  const until = member.communication_disabled_until;
  const isTimedOut = typeof until === "string" && Date.parse(until) > Date.now();
  return withImplicitDenials(permissions, { isThread, isTimedOut });
}

/** Overwrites of a channel; none where it has none. */
export function overwritesOf(channel: APIChannel): readonly APIOverwrite[] {
  return "permission_overwrites" in channel ? (channel.permission_overwrites ?? []) : [];
}

function guildOf(channel: APIChannel): string | null {
  const guildId = "guild_id" in channel ? channel.guild_id : null;
  return isSnowflake(guildId) ? guildId : null;
}

function refused(refusal: string): AccessResult {
  return { access: null, refusal };
}
