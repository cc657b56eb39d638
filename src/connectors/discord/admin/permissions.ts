import { PermissionFlagsBits } from "discord-api-types/v10";

/** Who the bot is in a server, and what a channel says about it. */
export interface PermissionFacts {
  readonly guildId: string;
  readonly ownerId: string;
  readonly roles: readonly { readonly id: string; readonly permissions: bigint }[];
  readonly userId: string;
  /** Roles of the user, without @everyone. */
  readonly roleIds: readonly string[];
  /** Those of the channel; of the parent channel for a thread. */
  readonly overwrites: readonly {
    readonly id: string;
    readonly allow: bigint;
    readonly deny: bigint;
  }[];
}

const everything = Object.values(PermissionFlagsBits).reduce((all, bit) => all | bit, 0n);
const leftToTimedOut = PermissionFlagsBits.ViewChannel | PermissionFlagsBits.ReadMessageHistory;
const needsSending =
  PermissionFlagsBits.MentionEveryone |
  PermissionFlagsBits.SendTTSMessages |
  PermissionFlagsBits.AttachFiles |
  PermissionFlagsBits.EmbedLinks;

/**
 * Permissions of a user in a channel, from roles and overwrites (Discord, "Permission overwrites"): roles add up,
 * then @everyone's overwrite, then those of all roles together, then the user's own.
 */
export function channelPermissions(facts: PermissionFacts): bigint {
  if (facts.userId === facts.ownerId) return everything;
  const ofUser = new Set([facts.guildId, ...facts.roleIds]);
  let permissions = 0n;
  for (const role of facts.roles) {
    if (ofUser.has(role.id)) permissions |= role.permissions;
  }
  if ((permissions & PermissionFlagsBits.Administrator) !== 0n) return everything;
  const roleIds = new Set(facts.roleIds);
  const layers = [
    facts.overwrites.filter((one) => one.id === facts.guildId),
    facts.overwrites.filter((one) => one.id !== facts.guildId && roleIds.has(one.id)),
    facts.overwrites.filter((one) => one.id === facts.userId),
  ];
  for (const layer of layers) {
    const deny = layer.reduce((bits, one) => bits | one.deny, 0n);
    const allow = layer.reduce((bits, one) => bits | one.allow, 0n);
    permissions = (permissions & ~deny) | allow;
  }
  return permissions;
}

/**
 * What is left of permissions when those they need are missing (Discord, "Implicit permissions" and "Permissions
 * for timed out members").
 */
export function withImplicitDenials(
  permissions: bigint,
  where: { readonly isThread: boolean; readonly isTimedOut: boolean },
): bigint {
  const isAdministrator = (permissions & PermissionFlagsBits.Administrator) !== 0n;
  const left = where.isTimedOut && !isAdministrator ? permissions & leftToTimedOut : permissions;
  if ((left & PermissionFlagsBits.ViewChannel) === 0n) return 0n;
  const sending = where.isThread
    ? PermissionFlagsBits.SendMessagesInThreads
    : PermissionFlagsBits.SendMessages;
  return (left & sending) === 0n ? left & ~needsSending : left;
}
