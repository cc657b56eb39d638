import { type APIGuildChannel, ChannelType, type GuildChannelType } from "discord-api-types/v10";
import type {
  ChannelCheck,
  ChannelPermissions,
  GuildChannel,
  GuildChannelsResponse,
  GuildsResponse,
} from "../../../contracts/http-onboarding.ts";
import {
  type ChannelAccess,
  missingPermissions,
  overwritesOf,
  permissionsIn,
} from "../admin/channel-access.ts";
import { invitePermissions } from "../admin/operations.ts";
import type { DiscordRest } from "../discord-rest.ts";

/** Longest name that is passed on, in characters. */
const nameLimit = 100;
/** Kinds of channels people write messages in. */
const kinds: ReadonlyMap<number, GuildChannel["kind"]> = new Map([
  [ChannelType.GuildText, "text"],
  [ChannelType.GuildAnnouncement, "announcement"],
  [ChannelType.GuildVoice, "voice"],
  [ChannelType.GuildStageVoice, "stage"],
] as const);

/** A page of the servers the bot is in. */
export async function botGuilds(
  rest: Pick<DiscordRest, "ownGuilds">,
  page: { readonly after?: string | undefined; readonly limit: number },
): Promise<GuildsResponse> {
  const guilds = await rest.ownGuilds(page.after ?? null, page.limit);
  const last = guilds.at(-1);
  return {
    guilds: guilds.slice(0, page.limit).map(({ id, name }) => ({ guild_id: id, name: bounded(name) })),
    next_after: last !== undefined && guilds.length >= page.limit ? last.id : null,
  };
}

/**
 * A page of the channels of a server in the order of Discord's app, with what the bot may do in each: computed from its
 * roles and the channel's overwrites, three requests for the whole server.
 */
export async function botChannels(
  rest: Pick<DiscordRest, "guild" | "member" | "guildChannels">,
  botUserId: string,
  page: { readonly guild_id: string; readonly after?: string | undefined; readonly limit: number },
): Promise<GuildChannelsResponse> {
  const [guild, member, all] = await Promise.all([
    rest.guild(page.guild_id),
    rest.member(page.guild_id, botUserId),
    rest.guildChannels(page.guild_id),
  ]);
  const ordered = inAppOrder(all);
  const start = page.after === undefined ? 0 : ordered.findIndex(({ id }) => id === page.after) + 1;
  const shown = ordered.slice(start, start + page.limit);
  const categories = new Map(all.map((channel) => [channel.id, channel.name]));
  const channels = shown.flatMap((channel): GuildChannel[] => {
    const kind = kinds.get(channel.type);
    if (kind === undefined) return [];
    const overwrites = overwritesOf(channel as Parameters<typeof overwritesOf>[0]);
    const permissions = permissionsIn({ guild, member, botUserId, overwrites, isThread: false });
    const access = {
      channelId: channel.id,
      guildId: guild.id,
      name: channel.name,
      isThread: false,
      permissions,
    };
    const category = categories.get(parentOf(channel) ?? "");
    return [
      {
        ...channelCheck(access),
        name: bounded(channel.name),
        kind,
        category: category === undefined ? null : bounded(category),
        permissions: permissionFlags(permissions),
      },
    ];
  });
  const isMore = start + page.limit < ordered.length;
  return {
    guild: { guild_id: guild.id, name: bounded(guild.name) },
    channels,
    next_after: isMore ? (shown.at(-1)?.id ?? null) : null,
  };
}

/** What the bot may do in one channel. In a direct message nothing is missing. */
export function channelCheck(access: ChannelAccess): ChannelCheck {
  return {
    channel_id: access.channelId,
    guild_id: access.guildId,
    name: access.name === null ? null : bounded(access.name),
    permissions: access.permissions === null ? null : permissionFlags(access.permissions),
    missing: [...missingPermissions(access, invitePermissions)],
  };
}

function permissionFlags(permissions: bigint): ChannelPermissions {
  const [view, send, history, embed, attach, threads] = invitePermissions.map(
    ({ bit }) => (permissions & bit) === bit,
  );
  return {
    view_channels: view ?? false,
    send_messages: send ?? false,
    read_message_history: history ?? false,
    embed_links: embed ?? false,
    attach_files: attach ?? false,
    send_messages_in_threads: threads ?? false,
  };
}

/** Those without a category first, then category by category; in each, those for texts before those for voices. */
function inAppOrder(all: readonly APIGuildChannel<GuildChannelType>[]): APIGuildChannel<GuildChannelType>[] {
  const positions = new Map(all.map((channel) => [channel.id, positionOf(channel)]));
  const keyOf = (channel: APIGuildChannel<GuildChannelType>): [number, number, number] => [
    positions.get(parentOf(channel) ?? "") ?? -1,
    channel.type === ChannelType.GuildVoice || channel.type === ChannelType.GuildStageVoice ? 1 : 0,
    positionOf(channel),
  ];
  return all
    .filter(({ type }) => kinds.has(type))
    .toSorted((a, b) => {
      const [one, other] = [keyOf(a), keyOf(b)];
      const at = one.findIndex((part, index) => part !== other[index]);
      if (at !== -1) return (one[at] ?? 0) - (other[at] ?? 0);
      return BigInt(a.id) < BigInt(b.id) ? -1 : 1;
    });
}

function positionOf(channel: APIGuildChannel<GuildChannelType>): number {
  return "position" in channel && typeof channel.position === "number" ? channel.position : 0;
}

function parentOf(channel: APIGuildChannel<GuildChannelType>): string | null {
  return "parent_id" in channel ? (channel.parent_id ?? null) : null;
}

function bounded(name: string): string {
  return [...name].slice(0, nameLimit).join("");
}
