import type {
  APIAttachment,
  APIChannel,
  APIGuildMember,
  APIMessage,
  APIRole,
  APIUser,
  GuildMemberFlags,
  RoleFlags,
  UserFlags,
} from "discord-api-types/v10";
import {
  type Attachment,
  type Channel,
  ChannelKind,
  type Guild,
  type Member,
  type Message,
  type MessageSnapshot,
  type Role,
  type ThreadState,
  type User,
} from "./world/model.ts";
import type { World } from "./world/world.ts";

/** Turns what exists into the JSON that Discord sends. */

export interface WireContext {
  readonly world: World;
  /** Where attachments are served, without a slash at the end. */
  readonly cdnBase: string;
}

/** Who is going to read a message, and whether MESSAGE_CONTENT is granted to them. */
export interface Viewer {
  readonly userId: string;
  readonly messageContent: boolean;
}

export function toApiUser(user: User): APIUser {
  return {
    id: user.id,
    username: user.username,
    discriminator: user.bot ? String(Number(BigInt(user.id) % 9999n) + 1).padStart(4, "0") : "0",
    global_name: user.globalName,
    avatar: null,
    ...(user.bot ? { bot: true } : {}),
    banner: null,
    accent_color: null,
    avatar_decoration_data: null,
    collectibles: null,
    public_flags: 0 as UserFlags,
  };
}

export function toApiMember(world: World, member: Member): APIGuildMember {
  return { user: toApiUser(world.user(member.userId)), ...partialMember(member) };
}

/** A member without `user`, as it appears inside messages. */
export function partialMember(member: Member): Omit<APIGuildMember, "user"> {
  return {
    nick: member.nick,
    avatar: null,
    banner: null,
    roles: [...member.roleIds],
    joined_at: iso(member.joinedAtMs),
    premium_since: null,
    deaf: false,
    mute: false,
    flags: 0 as GuildMemberFlags,
    pending: false,
    communication_disabled_until: null,
  };
}

export function toApiRole(role: Role): APIRole {
  return {
    id: role.id,
    name: role.name,
    color: role.color,
    colors: { primary_color: role.color, secondary_color: null, tertiary_color: null },
    hoist: role.hoist,
    icon: null,
    unicode_emoji: null,
    position: role.position,
    permissions: role.permissions.toString(),
    managed: role.managedByBotId !== null,
    mentionable: role.mentionable,
    ...(role.managedByBotId === null ? {} : { tags: { bot_id: role.managedByBotId } }),
    flags: 0 as RoleFlags,
  };
}

/** The guild object of REST; the gateway adds its extra fields to it. */
export function toApiGuild(guild: Guild): Record<string, unknown> {
  return {
    id: guild.id,
    name: guild.name,
    icon: null,
    icon_hash: null,
    splash: null,
    discovery_splash: null,
    owner_id: guild.ownerId,
    afk_channel_id: null,
    afk_timeout: 300,
    widget_enabled: false,
    verification_level: 0,
    default_message_notifications: 0,
    explicit_content_filter: 0,
    roles: [...guild.roles.values()].map(toApiRole),
    emojis: [],
    features: [],
    mfa_level: 0,
    application_id: null,
    system_channel_id: null,
    system_channel_flags: 0,
    rules_channel_id: null,
    max_presences: null,
    max_members: 500_000,
    vanity_url_code: null,
    description: null,
    banner: null,
    premium_tier: 0,
    premium_subscription_count: 0,
    preferred_locale: "en-US",
    public_updates_channel_id: null,
    nsfw_level: 0,
    nsfw: false,
    stickers: [],
    premium_progress_bar_enabled: false,
    safety_alerts_channel_id: null,
    incidents_data: null,
    region: "deprecated",
    hub_type: null,
    latest_onboarding_question_id: null,
  };
}

/** @param viewerId whose view of a direct message this is: the recipients are the others */
export function toApiChannel(world: World, channel: Channel, viewerId: string): APIChannel {
  if (channel.kind === ChannelKind.dm) {
    const others = channel.recipientIds.filter((id) => id !== viewerId);
    return {
      id: channel.id,
      type: channel.kind,
      last_message_id: channel.lastMessageId,
      flags: 0,
      recipients: others.map((id) => toApiUser(world.user(id))),
    } as unknown as APIChannel;
  }
  if (channel.thread !== null) return toApiThread(channel, channel.thread, viewerId);
  return {
    id: channel.id,
    type: channel.kind,
    guild_id: channel.guildId,
    name: channel.name,
    topic: channel.topic,
    position: channel.position,
    parent_id: channel.parentId,
    permission_overwrites: channel.overwrites.map((one) => ({
      id: one.id,
      type: one.type === "role" ? 0 : 1,
      allow: one.allow.toString(),
      deny: one.deny.toString(),
    })),
    nsfw: false,
    rate_limit_per_user: 0,
    last_message_id: channel.lastMessageId,
    flags: 0,
    ...(channel.kind === ChannelKind.forum
      ? {
          available_tags: [],
          default_reaction_emoji: null,
          default_sort_order: null,
          default_forum_layout: 0,
        }
      : {}),
  } as unknown as APIChannel;
}

function toApiThread(channel: Channel, thread: ThreadState, viewerId: string): APIChannel {
  const count = channel.messages.length;
  return {
    id: channel.id,
    type: channel.kind,
    guild_id: channel.guildId,
    parent_id: channel.parentId,
    owner_id: thread.ownerId,
    name: channel.name,
    last_message_id: channel.lastMessageId,
    rate_limit_per_user: 0,
    message_count: count,
    total_message_sent: count,
    member_count: Math.min(thread.memberIds.size, 50),
    flags: 0,
    thread_metadata: {
      archived: thread.archived,
      auto_archive_duration: thread.autoArchiveMinutes,
      archive_timestamp: iso(thread.archiveChangedAtMs),
      locked: thread.locked,
      create_timestamp: iso(thread.createdAtMs),
      ...(channel.kind === ChannelKind.privateThread ? { invitable: thread.invitable } : {}),
    },
    ...(thread.memberIds.has(viewerId)
      ? {
          member: {
            id: channel.id,
            user_id: viewerId,
            join_timestamp: iso(thread.createdAtMs),
            flags: 0,
          },
        }
      : {}),
  } as unknown as APIChannel;
}

function toApiAttachment(context: WireContext, channelId: string, file: Attachment): APIAttachment {
  const place = `${context.cdnBase}/attachments/${channelId}/${file.id}`;
  const url = file.pretence?.url ?? `${place}/${encodeURIComponent(file.filename)}`;
  return {
    id: file.id,
    filename: file.filename,
    ...(file.title === null ? {} : { title: file.title }),
    ...(file.description === null ? {} : { description: file.description }),
    content_type: file.contentType,
    size: file.pretence?.size ?? file.bytes.byteLength,
    url,
    proxy_url: url,
    flags: file.spoiler ? 1 << 3 : 0,
  };
}

/**
 * A message as `viewer` may see it. Without MESSAGE_CONTENT the user-written fields are empty, except in
 * direct messages, in the viewer's own messages and where the viewer is mentioned
 * (Discord docs: Gateway, Message Content Intent).
 */
export function toApiMessage(context: WireContext, message: Message, viewer: Viewer, depth = 0): APIMessage {
  const { world } = context;
  const channel = world.channels.get(message.channelId);
  const readable = contentIsReadable(channel, message, viewer);
  const author = world.user(message.authorId);
  const thread = message.threadId === null ? undefined : world.channels.get(message.threadId);
  return {
    id: message.id,
    channel_id: message.channelId,
    type: message.kind,
    author: toApiUser(author),
    content: readable ? message.content : "",
    timestamp: iso(message.timestampMs),
    edited_timestamp: message.editedTimestampMs === null ? null : iso(message.editedTimestampMs),
    tts: message.tts,
    mention_everyone: message.mentionEveryone,
    mentions: message.mentionUserIds.map((id) => toApiUser(world.user(id))),
    mention_roles: [...message.mentionRoleIds],
    attachments: readable
      ? message.attachments.map((file) => toApiAttachment(context, message.channelId, file))
      : [],
    embeds: readable ? message.embeds : [],
    components: readable ? message.components : [],
    pinned: message.pinned,
    flags: message.flags,
    ...(message.reactions.length === 0
      ? {}
      : {
          reactions: message.reactions.map((one) => ({
            emoji: { id: null, name: one.emoji },
            count: one.userIds.length,
            count_details: { burst: 0, normal: one.userIds.length },
            burst_colors: [],
            me: one.userIds.includes(viewer.userId),
            burst_me: false,
            me_burst: false,
            burst_count: 0,
          })),
        }),
    ...(thread ? { thread: toApiChannel(world, thread, viewer.userId) } : {}),
    ...referenceFields(context, message, viewer, readable, depth),
    ...(message.interaction === null
      ? {}
      : {
          interaction_metadata: {
            id: message.interaction.interactionId,
            type: 2,
            user: toApiUser(world.user(message.interaction.userId)),
            authorizing_integration_owners: channel?.guildId ? { 0: channel.guildId } : {},
          },
        }),
    ...(message.applicationId === null ? {} : { application_id: message.applicationId }),
  } as APIMessage;
}

function contentIsReadable(channel: Channel | undefined, message: Message, viewer: Viewer): boolean {
  return (
    viewer.messageContent ||
    message.authorId === viewer.userId ||
    message.mentionUserIds.includes(viewer.userId) ||
    channel?.kind === ChannelKind.dm
  );
}

function referenceFields(
  context: WireContext,
  message: Message,
  viewer: Viewer,
  readable: boolean,
  depth: number,
): object {
  const { reference } = message;
  if (reference === null) return {};
  const message_reference = {
    type: reference.type,
    ...(reference.messageId === null ? {} : { message_id: reference.messageId }),
    channel_id: reference.channelId,
    ...(reference.guildId === null ? {} : { guild_id: reference.guildId }),
  };
  if (reference.type === 1) {
    const snapshots =
      readable && message.snapshot ? [toApiSnapshot(context, message.channelId, message.snapshot)] : [];
    return { message_reference, message_snapshots: snapshots };
  }
  if (reference.messageId === null || depth > 0) return { message_reference };
  const source = context.world.channels.get(reference.channelId);
  const target = source && context.world.findMessage(source, reference.messageId);
  return {
    message_reference,
    referenced_message: target ? toApiMessage(context, target, viewer, depth + 1) : null,
  };
}

function toApiSnapshot(context: WireContext, channelId: string, snapshot: MessageSnapshot): object {
  return {
    message: {
      type: snapshot.kind,
      content: snapshot.content,
      timestamp: iso(snapshot.timestampMs),
      edited_timestamp: null,
      embeds: snapshot.embeds,
      attachments: snapshot.attachments.map((file) => toApiAttachment(context, channelId, file)),
      mentions: [],
      mention_roles: [],
      flags: 0,
      components: [],
    },
  };
}

/** ISO 8601 in the precision and with the offset that Discord uses. */
export function iso(unixMs: number): string {
  return new Date(unixMs).toISOString().replace("Z", "000+00:00");
}
