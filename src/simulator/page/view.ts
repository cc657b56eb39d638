import { type Channel, ChannelKind, type Message, MessageKind, type User } from "../world/model.ts";
import { Permission, sendPermission } from "../world/permissions.ts";
import type { World } from "../world/world.ts";

/** What a person sees, as plain JSON for the chat page and for tests in other processes. */

interface SeenUser {
  readonly id: string;
  readonly username: string;
  readonly name: string;
  readonly bot: boolean;
  readonly online: boolean;
}

export interface SeenChannel {
  readonly id: string;
  readonly name: string;
  readonly topic: string | null;
  readonly kind: "text" | "forum" | "thread" | "direct";
  readonly parentId: string | null;
  readonly maySend: boolean;
  readonly lastMessageId: string | null;
  /** The other person of a direct message. */
  readonly withUserId: string | null;
}

interface SeenServer {
  readonly id: string;
  readonly name: string;
  readonly channels: readonly SeenChannel[];
  readonly memberIds: readonly string[];
  readonly roles: readonly { readonly id: string; readonly name: string }[];
}

export interface SeenState {
  readonly me: SeenUser;
  readonly users: readonly SeenUser[];
  readonly servers: readonly SeenServer[];
  readonly directs: readonly SeenChannel[];
}

export interface SeenMessage {
  readonly id: string;
  readonly channelId: string;
  readonly kind: "message" | "reply" | "threadStarted" | "command";
  readonly authorId: string;
  readonly content: string;
  readonly timestampMs: number;
  readonly editedMs: number | null;
  /** The message this one answers; its text is null when it was deleted. */
  readonly replyTo: {
    readonly id: string;
    readonly authorId: string | null;
    readonly content: string | null;
  } | null;
  readonly reactions: readonly { readonly emoji: string; readonly userIds: readonly string[] }[];
  readonly attachments: readonly {
    readonly url: string;
    readonly filename: string;
    readonly contentType: string;
    readonly bytes: number;
  }[];
  readonly embeds: readonly object[];
  readonly mentionsMe: boolean;
  readonly thread: { readonly id: string; readonly name: string; readonly messages: number } | null;
  /** Who used which command, when the message answers one. */
  readonly command: { readonly userId: string; readonly name: string } | null;
  /** Only this person sees it. */
  readonly onlyForMe: boolean;
  /** The app has taken a command and still works on the answer. */
  readonly thinking: boolean;
}

/** @param isOnline whether a bot has a live session; people are always there */
function seeUser(user: User, isOnline: (id: string) => boolean): SeenUser {
  return {
    id: user.id,
    username: user.username,
    name: user.globalName ?? user.username,
    bot: user.bot,
    online: !user.bot || isOnline(user.id),
  };
}

/** Everything around the messages: servers, channels, conversations and people. */
export function seeState(world: World, me: User, isOnline: (id: string) => boolean): SeenState {
  const visible = [...world.channels.values()].filter((channel) => world.canView(channel, me.id));
  return {
    me: seeUser(me, isOnline),
    users: [...world.users.values()].map((user) => seeUser(user, isOnline)),
    servers: world.guildsOf(me.id).map((guild) => ({
      id: guild.id,
      name: guild.name,
      channels: visible.filter((one) => one.guildId === guild.id).map((one) => seeChannel(world, one, me.id)),
      memberIds: [...guild.members.keys()],
      roles: [...guild.roles.values()].map(({ id, name }) => ({ id, name })),
    })),
    directs: visible.filter((one) => one.kind === ChannelKind.dm).map((one) => seeChannel(world, one, me.id)),
  };
}

export function seeChannel(world: World, channel: Channel, meId: string): SeenChannel {
  return {
    id: channel.id,
    name: channel.name,
    topic: channel.topic,
    kind: kindOf(channel),
    parentId: channel.parentId,
    maySend: (world.permissionsIn(channel, meId) & sendPermission(channel)) !== 0n,
    lastMessageId: channel.lastMessageId,
    withUserId: channel.recipientIds.find((id) => id !== meId) ?? null,
  };
}

function kindOf(channel: Channel): SeenChannel["kind"] {
  if (channel.thread !== null) return "thread";
  if (channel.kind === ChannelKind.dm) return "direct";
  return channel.kind === ChannelKind.forum ? "forum" : "text";
}

/** Flag LOADING (Discord docs: Message Resource, Message Flags). */
const LOADING = 1 << 7;

const KINDS: Partial<Record<number, SeenMessage["kind"]>> = {
  [MessageKind.reply]: "reply",
  [MessageKind.threadCreated]: "threadStarted",
  [MessageKind.chatInputCommand]: "command",
};

/** A message as `meId` sees it, or null when it is meant for somebody else only. */
export function seeMessage(world: World, message: Message, meId: string): SeenMessage | null {
  if (message.onlyForUserId !== null && message.onlyForUserId !== meId) return null;
  const channel = world.channel(message.channelId);
  const { reference } = message;
  const target =
    reference?.type === 0 && reference.messageId !== null
      ? world.findMessage(channel, reference.messageId)
      : undefined;
  const threadId = message.kind === MessageKind.threadCreated ? reference?.channelId : message.threadId;
  const thread = threadId ? world.channels.get(threadId) : undefined;
  return {
    id: message.id,
    channelId: message.channelId,
    kind: KINDS[message.kind] ?? "message",
    authorId: message.authorId,
    content: message.snapshot?.content ?? message.content,
    timestampMs: message.timestampMs,
    editedMs: message.editedTimestampMs,
    replyTo:
      message.kind === MessageKind.reply && reference?.messageId
        ? { id: reference.messageId, authorId: target?.authorId ?? null, content: target?.content ?? null }
        : null,
    reactions: message.reactions.map(({ emoji, userIds }) => ({ emoji, userIds: [...userIds] })),
    attachments: message.attachments.map((file) => ({
      url: `/attachments/${message.channelId}/${file.id}/${encodeURIComponent(file.filename)}`,
      filename: file.filename,
      contentType: file.contentType,
      bytes: file.bytes.byteLength,
    })),
    embeds: message.embeds,
    mentionsMe: message.mentionEveryone || message.mentionUserIds.includes(meId),
    thread: thread ? { id: thread.id, name: thread.name, messages: thread.messages.length } : null,
    command: message.interaction
      ? { userId: message.interaction.userId, name: message.interaction.commandName }
      : null,
    onlyForMe: message.onlyForUserId !== null,
    thinking: (message.flags & LOADING) !== 0,
  };
}

/** The newest messages of a channel, oldest first; nothing when the person may not read there. */
export function seeMessages(world: World, channel: Channel, meId: string, limit: number): SeenMessage[] {
  const needed = Permission.VIEW_CHANNEL | Permission.READ_MESSAGE_HISTORY;
  if ((world.permissionsIn(channel, meId) & needed) !== needed) return [];
  return channel.messages
    .slice(-limit)
    .map((message) => seeMessage(world, message, meId))
    .filter((message) => message !== null);
}
