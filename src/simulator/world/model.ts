import type { ApplicationCommandOptionType } from "discord-api-types/v10";

/** What exists on the simulated Discord. Plain data; rules live beside it. */

export interface User {
  readonly id: string;
  username: string;
  globalName: string | null;
  readonly bot: boolean;
  /** False when the person's privacy settings refuse direct messages. */
  acceptsDirectMessages: boolean;
}

export interface Role {
  readonly id: string;
  name: string;
  color: number;
  permissions: bigint;
  position: number;
  hoist: boolean;
  mentionable: boolean;
  managedByBotId: string | null;
}

export interface PermissionOverwrite {
  readonly id: string;
  readonly type: "role" | "member";
  allow: bigint;
  deny: bigint;
}

export interface Member {
  readonly userId: string;
  nick: string | null;
  roleIds: string[];
  joinedAtMs: number;
}

export interface Guild {
  readonly id: string;
  name: string;
  ownerId: string;
  readonly roles: Map<string, Role>;
  readonly members: Map<string, Member>;
}

/** Channel type numbers as in Discord docs: Channel Resource, Channel Types. */
export const ChannelKind = {
  text: 0,
  dm: 1,
  voice: 2,
  category: 4,
  announcement: 5,
  publicThread: 11,
  privateThread: 12,
  forum: 15,
} as const;
export type ChannelKind = (typeof ChannelKind)[keyof typeof ChannelKind];

export interface ThreadState {
  ownerId: string;
  readonly memberIds: Set<string>;
  archived: boolean;
  locked: boolean;
  invitable: boolean;
  autoArchiveMinutes: number;
  archiveChangedAtMs: number;
  readonly createdAtMs: number;
}

export interface Channel {
  readonly id: string;
  readonly kind: ChannelKind;
  readonly guildId: string | null;
  name: string;
  topic: string | null;
  position: number;
  parentId: string | null;
  overwrites: PermissionOverwrite[];
  /** Both people of a direct-message channel; empty elsewhere. */
  readonly recipientIds: readonly string[];
  lastMessageId: string | null;
  readonly thread: ThreadState | null;
  /** Sent messages, oldest first. */
  readonly messages: Message[];
}

export interface Attachment {
  readonly id: string;
  readonly filename: string;
  title: string | null;
  description: string | null;
  readonly contentType: string;
  readonly bytes: Uint8Array;
  spoiler: boolean;
  /** What is told of the file although it is not so. */
  pretence?: AttachmentPretence;
}

/** A file about which something is said that is not so, as a broken or hostile server would. */
export interface AttachmentPretence {
  /** Size in messages, in bytes. */
  readonly size?: number;
  /** Address in messages. */
  readonly url?: string;
  /** `content-length` of the file's answer; null for none at all. */
  readonly contentLength?: number | null;
}

export interface Reaction {
  /** Unicode emoji, or the name of a custom one. */
  readonly emoji: string;
  readonly userIds: string[];
}

export interface MessageReference {
  readonly type: 0 | 1;
  readonly messageId: string | null;
  readonly channelId: string;
  readonly guildId: string | null;
}

/** Message type numbers as in Discord docs: Message Resource, Message Types. */
export const MessageKind = {
  default: 0,
  threadCreated: 18,
  reply: 19,
  chatInputCommand: 20,
  threadStarter: 21,
} as const;
export type MessageKind = (typeof MessageKind)[keyof typeof MessageKind];

interface InteractionMetadata {
  readonly interactionId: string;
  readonly userId: string;
  readonly commandName: string;
}

export interface MessageSnapshot {
  readonly content: string;
  readonly kind: MessageKind;
  readonly timestampMs: number;
  readonly embeds: readonly object[];
  readonly attachments: readonly Attachment[];
}

export interface Message {
  readonly id: string;
  readonly channelId: string;
  readonly authorId: string;
  readonly kind: MessageKind;
  content: string;
  readonly timestampMs: number;
  editedTimestampMs: number | null;
  readonly tts: boolean;
  mentionEveryone: boolean;
  mentionUserIds: string[];
  mentionRoleIds: string[];
  embeds: object[];
  components: object[];
  attachments: Attachment[];
  readonly reactions: Reaction[];
  pinned: boolean;
  flags: number;
  readonly reference: MessageReference | null;
  readonly snapshot: MessageSnapshot | null;
  /** Set on the message a thread was started from. */
  threadId: string | null;
  readonly interaction: InteractionMetadata | null;
  readonly applicationId: string | null;
  /** Set on ephemeral messages: nobody else sees them, and REST does not list them. */
  readonly onlyForUserId: string | null;
}

export interface PrivilegedIntents {
  presence: boolean;
  guildMembers: boolean;
  messageContent: boolean;
}

export interface BotApplication {
  readonly applicationId: string;
  readonly userId: string;
  name: string;
  token: string;
  readonly ownerId: string;
  privilegedIntents: PrivilegedIntents;
}

export interface CommandOption {
  readonly type: ApplicationCommandOptionType;
  readonly name: string;
  readonly description: string;
  readonly required?: boolean;
}

export interface ApplicationCommand {
  readonly id: string;
  readonly applicationId: string;
  readonly guildId: string | null;
  readonly type: number;
  readonly name: string;
  readonly description: string;
  readonly options: readonly CommandOption[];
  readonly version: string;
}

/** Something that happened and that clients and onlookers may be told. */
export type WorldEvent =
  | { readonly type: "messageCreated"; readonly message: Message; readonly nonce: string | number | null }
  | { readonly type: "messageUpdated"; readonly message: Message }
  | { readonly type: "messageDeleted"; readonly messageId: string; readonly channelId: string }
  | {
      readonly type: "reactionAdded" | "reactionRemoved";
      readonly messageId: string;
      readonly channelId: string;
      readonly authorId: string;
      readonly userId: string;
      readonly emoji: string;
    }
  | { readonly type: "typing"; readonly channelId: string; readonly userId: string; readonly atMs: number }
  | { readonly type: "channelCreated" | "channelUpdated" | "channelDeleted"; readonly channel: Channel }
  | { readonly type: "threadCreated" | "threadUpdated" | "threadDeleted"; readonly channel: Channel }
  | { readonly type: "guildJoined"; readonly guild: Guild; readonly userId: string }
  | { readonly type: "memberAdded" | "memberUpdated"; readonly guild: Guild; readonly member: Member }
  | { readonly type: "memberRemoved"; readonly guild: Guild; readonly userId: string };
