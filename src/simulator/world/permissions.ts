import { type Channel, ChannelKind, type Guild, type Member } from "./model.ts";

/** Permission bits used by the simulator (Discord docs: Permissions, Bitwise Permission Flags). */
export const Permission = {
  ADMINISTRATOR: 1n << 3n,
  MANAGE_CHANNELS: 1n << 4n,
  ADD_REACTIONS: 1n << 6n,
  VIEW_CHANNEL: 1n << 10n,
  SEND_MESSAGES: 1n << 11n,
  SEND_TTS_MESSAGES: 1n << 12n,
  MANAGE_MESSAGES: 1n << 13n,
  EMBED_LINKS: 1n << 14n,
  ATTACH_FILES: 1n << 15n,
  READ_MESSAGE_HISTORY: 1n << 16n,
  MENTION_EVERYONE: 1n << 17n,
  USE_EXTERNAL_EMOJIS: 1n << 18n,
  MANAGE_ROLES: 1n << 28n,
  USE_APPLICATION_COMMANDS: 1n << 31n,
  MANAGE_THREADS: 1n << 34n,
  CREATE_PUBLIC_THREADS: 1n << 35n,
  CREATE_PRIVATE_THREADS: 1n << 36n,
  SEND_MESSAGES_IN_THREADS: 1n << 38n,
} as const;
export type Permission = (typeof Permission)[keyof typeof Permission];

/** Every bit Discord has assigned so far; what owners and administrators hold. */
export const ALL_PERMISSIONS = (1n << 53n) - 1n;

/** What the permissions of a new server's @everyone role are in Discord's own client. */
export const DEFAULT_EVERYONE_PERMISSIONS =
  Permission.ADD_REACTIONS |
  Permission.VIEW_CHANNEL |
  Permission.SEND_MESSAGES |
  Permission.SEND_TTS_MESSAGES |
  Permission.EMBED_LINKS |
  Permission.ATTACH_FILES |
  Permission.READ_MESSAGE_HISTORY |
  Permission.MENTION_EVERYONE |
  Permission.USE_EXTERNAL_EMOJIS |
  Permission.USE_APPLICATION_COMMANDS |
  Permission.CREATE_PUBLIC_THREADS |
  Permission.CREATE_PRIVATE_THREADS |
  Permission.SEND_MESSAGES_IN_THREADS;

/** Permissions in a direct message: everything that makes sense between two people. */
const DIRECT_MESSAGE_PERMISSIONS =
  Permission.ADD_REACTIONS |
  Permission.VIEW_CHANNEL |
  Permission.SEND_MESSAGES |
  Permission.SEND_TTS_MESSAGES |
  Permission.EMBED_LINKS |
  Permission.ATTACH_FILES |
  Permission.READ_MESSAGE_HISTORY |
  Permission.MENTION_EVERYONE |
  Permission.USE_EXTERNAL_EMOJIS |
  Permission.USE_APPLICATION_COMMANDS;

const IMPLICIT_WITHOUT_SEND =
  Permission.MENTION_EVERYONE |
  Permission.SEND_TTS_MESSAGES |
  Permission.ATTACH_FILES |
  Permission.EMBED_LINKS;

/** Permissions at the level of the guild (Discord docs: Permissions, Permission Overwrites). */
export function basePermissions(guild: Guild, member: Member): bigint {
  if (guild.ownerId === member.userId) return ALL_PERMISSIONS;
  let permissions = guild.roles.get(guild.id)?.permissions ?? 0n;
  for (const roleId of member.roleIds) permissions |= guild.roles.get(roleId)?.permissions ?? 0n;
  return (permissions & Permission.ADMINISTRATOR) !== 0n ? ALL_PERMISSIONS : permissions;
}

function applyOverwrites(base: bigint, guild: Guild, member: Member, channel: Channel): bigint {
  if ((base & Permission.ADMINISTRATOR) !== 0n) return ALL_PERMISSIONS;
  let permissions = base;
  const everyone = channel.overwrites.find((one) => one.type === "role" && one.id === guild.id);
  if (everyone) permissions = (permissions & ~everyone.deny) | everyone.allow;
  let allow = 0n;
  let deny = 0n;
  for (const overwrite of channel.overwrites) {
    if (overwrite.type === "role" && overwrite.id !== guild.id && member.roleIds.includes(overwrite.id)) {
      allow |= overwrite.allow;
      deny |= overwrite.deny;
    }
  }
  permissions = (permissions & ~deny) | allow;
  const own = channel.overwrites.find((one) => one.type === "member" && one.id === member.userId);
  return own ? (permissions & ~own.deny) | own.allow : permissions;
}

/**
 * Permissions of a member in a guild channel or thread, implicit denials included.
 * Threads take those of `parent`, and SEND_MESSAGES_IN_THREADS decides about sending
 * (Discord docs: Permissions, Implicit Permissions and Inherited Permissions).
 *
 * @param parent the channel a thread lives in; ignored for other channels
 */
export function channelPermissions(
  guild: Guild,
  member: Member,
  channel: Channel,
  parent: Channel | null,
): bigint {
  const base = basePermissions(guild, member);
  if (channel.thread === null) {
    return withoutImplicit(applyOverwrites(base, guild, member, channel), Permission.SEND_MESSAGES);
  }
  if (parent === null) return 0n;
  const inherited = applyOverwrites(base, guild, member, parent);
  const permissions = withoutImplicit(inherited, Permission.SEND_MESSAGES_IN_THREADS);
  const hidden =
    channel.kind === ChannelKind.privateThread &&
    !channel.thread.memberIds.has(member.userId) &&
    (permissions & Permission.MANAGE_THREADS) === 0n;
  return hidden ? 0n : permissions;
}

function withoutImplicit(permissions: bigint, sendBit: bigint): bigint {
  if ((permissions & Permission.VIEW_CHANNEL) === 0n) return 0n;
  return (permissions & sendBit) === 0n ? permissions & ~IMPLICIT_WITHOUT_SEND : permissions;
}

/** Permissions of one of the two people in a direct message. */
export function directMessagePermissions(channel: Channel, userId: string): bigint {
  return channel.recipientIds.includes(userId) ? DIRECT_MESSAGE_PERMISSIONS : 0n;
}

/** The bit that allows sending in this channel. */
export function sendPermission(channel: Channel): Permission {
  return channel.thread === null ? Permission.SEND_MESSAGES : Permission.SEND_MESSAGES_IN_THREADS;
}
