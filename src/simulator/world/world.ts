import {
  type BotApplication,
  type Channel,
  ChannelKind,
  type Guild,
  type Member,
  type Message,
  type PermissionOverwrite,
  type PrivilegedIntents,
  type Reaction,
  type Role,
  type ThreadState,
  type User,
  type WorldEvent,
} from "./model.ts";
import { channelPermissions, directMessagePermissions, Permission } from "./permissions.ts";
import { compareSnowflakes, SnowflakeSource } from "./snowflake.ts";

export interface NewChannel {
  readonly kind: ChannelKind;
  readonly name: string;
  readonly topic?: string;
  readonly parentId?: string;
  readonly overwrites?: readonly PermissionOverwrite[];
}

export interface NewThread {
  readonly name: string;
  readonly kind: typeof ChannelKind.publicThread | typeof ChannelKind.privateThread;
  readonly ownerId: string;
  readonly autoArchiveMinutes: number;
  readonly invitable?: boolean;
  /** The message the thread is started from; the thread then has its id. */
  readonly starter?: Message;
}

export type NewMessage = Pick<Message, "authorId"> &
  Partial<Omit<Message, "id" | "channelId" | "timestampMs" | "reactions">> & {
    readonly nonce?: string | number | null;
    readonly id?: string;
  };

const MESSAGE_DEFAULTS: Omit<Message, "id" | "channelId" | "timestampMs" | "reactions" | "authorId"> = {
  kind: 0,
  content: "",
  editedTimestampMs: null,
  tts: false,
  mentionEveryone: false,
  mentionUserIds: [],
  mentionRoleIds: [],
  embeds: [],
  components: [],
  attachments: [],
  pinned: false,
  flags: 0,
  reference: null,
  snapshot: null,
  threadId: null,
  interaction: null,
  applicationId: null,
  onlyForUserId: null,
};

/** Flag HAS_THREAD (Discord docs: Message Resource, Message Flags). */
const HAS_THREAD = 1 << 5;

/**
 * Everything that exists on the simulated Discord, and the only place that changes it.
 * It knows nothing of HTTP, WebSockets or who may do what: callers ask `permissionsIn` first.
 */
export class World {
  readonly users = new Map<string, User>();
  readonly guilds = new Map<string, Guild>();
  readonly channels = new Map<string, Channel>();
  readonly bots = new Map<string, BotApplication>();
  readonly #ids: SnowflakeSource;
  readonly #now: () => number;
  readonly #listeners = new Set<(event: WorldEvent) => void>();

  /** @param now current time in milliseconds since the Unix epoch */
  constructor(now: () => number) {
    this.#now = now;
    this.#ids = new SnowflakeSource(now);
  }

  newId(): string {
    return this.#ids.next();
  }

  /** Calls `listener` for every later event; returns a function that stops it. */
  onEvent(listener: (event: WorldEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #emit(event: WorldEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  addUser(user: { username: string; globalName?: string; bot?: boolean }): User {
    const created: User = {
      id: this.newId(),
      username: user.username,
      globalName: user.globalName ?? null,
      bot: user.bot ?? false,
      acceptsDirectMessages: true,
    };
    this.users.set(created.id, created);
    return created;
  }

  addBot(bot: {
    name: string;
    token: string;
    ownerId: string;
    privilegedIntents: PrivilegedIntents;
  }): BotApplication {
    const user = this.addUser({ username: bot.name, bot: true });
    const application: BotApplication = {
      applicationId: user.id,
      userId: user.id,
      name: bot.name,
      token: bot.token,
      ownerId: bot.ownerId,
      privilegedIntents: { ...bot.privilegedIntents },
    };
    this.bots.set(user.id, application);
    return application;
  }

  botByToken(token: string): BotApplication | undefined {
    return [...this.bots.values()].find((bot) => bot.token === token);
  }

  addGuild(guild: { name: string; ownerId: string; everyonePermissions: bigint }): Guild {
    const id = this.newId();
    const created: Guild = {
      id,
      name: guild.name,
      ownerId: guild.ownerId,
      roles: new Map(),
      members: new Map(),
    };
    created.roles.set(id, {
      id,
      name: "@everyone",
      color: 0,
      permissions: guild.everyonePermissions,
      position: 0,
      hoist: false,
      mentionable: false,
      managedByBotId: null,
    });
    this.guilds.set(id, created);
    this.addMember(id, guild.ownerId);
    return created;
  }

  addRole(guildId: string, role: Partial<Omit<Role, "id">> & { name: string; permissions: bigint }): Role {
    const guild = this.guild(guildId);
    const created: Role = {
      color: 0,
      position: guild.roles.size,
      hoist: false,
      mentionable: false,
      managedByBotId: null,
      ...role,
      id: this.newId(),
    };
    guild.roles.set(created.id, created);
    return created;
  }

  addMember(guildId: string, userId: string, roleIds: readonly string[] = []): Member {
    const guild = this.guild(guildId);
    const member: Member = { userId, nick: null, roleIds: [...roleIds], joinedAtMs: this.#now() };
    guild.members.set(userId, member);
    if (this.bots.has(userId)) this.#emit({ type: "guildJoined", guild, userId });
    this.#emit({ type: "memberAdded", guild, member });
    return member;
  }

  removeMember(guildId: string, userId: string): void {
    const guild = this.guild(guildId);
    if (guild.members.delete(userId)) this.#emit({ type: "memberRemoved", guild, userId });
  }

  addChannel(guildId: string, channel: NewChannel): Channel {
    const position = this.channelsOf(guildId).filter((one) => one.thread === null).length;
    const created: Channel = {
      id: this.newId(),
      kind: channel.kind,
      guildId,
      name: channel.name,
      topic: channel.topic ?? null,
      position,
      parentId: channel.parentId ?? null,
      overwrites: [...(channel.overwrites ?? [])],
      recipientIds: [],
      lastMessageId: null,
      thread: null,
      messages: [],
    };
    this.channels.set(created.id, created);
    this.#emit({ type: "channelCreated", channel: created });
    return created;
  }

  /** Applies `change` to a channel or thread and tells clients. */
  updateChannel(channel: Channel, change: (channel: Channel) => void): void {
    change(channel);
    this.#emit({ type: channel.thread ? "threadUpdated" : "channelUpdated", channel });
  }

  removeChannel(channel: Channel): void {
    this.channels.delete(channel.id);
    this.#emit({ type: channel.thread ? "threadDeleted" : "channelDeleted", channel });
  }

  /** Replaces one permission overwrite of a channel and tells clients. */
  setOverwrite(channel: Channel, overwrite: PermissionOverwrite): void {
    this.updateChannel(channel, (changed) => {
      changed.overwrites = [...changed.overwrites.filter((one) => one.id !== overwrite.id), overwrite];
    });
  }

  /** The direct-message channel of two users, created when there is none yet. */
  directChannel(userId: string, otherId: string): Channel {
    for (const channel of this.channels.values()) {
      const pair = channel.recipientIds;
      if (channel.kind === ChannelKind.dm && pair.includes(userId) && pair.includes(otherId)) return channel;
    }
    const created: Channel = {
      id: this.newId(),
      kind: ChannelKind.dm,
      guildId: null,
      name: "",
      topic: null,
      position: 0,
      parentId: null,
      overwrites: [],
      recipientIds: [userId, otherId],
      lastMessageId: null,
      thread: null,
      messages: [],
    };
    this.channels.set(created.id, created);
    this.#emit({ type: "channelCreated", channel: created });
    return created;
  }

  addThread(parent: Channel, thread: NewThread): Channel {
    const state: ThreadState = {
      ownerId: thread.ownerId,
      memberIds: new Set([thread.ownerId]),
      archived: false,
      locked: false,
      invitable: thread.invitable ?? true,
      autoArchiveMinutes: thread.autoArchiveMinutes,
      archiveChangedAtMs: this.#now(),
      createdAtMs: this.#now(),
    };
    const created: Channel = {
      id: thread.starter?.id ?? this.newId(),
      kind: thread.kind,
      guildId: parent.guildId,
      name: thread.name,
      topic: null,
      position: 0,
      parentId: parent.id,
      overwrites: [],
      recipientIds: [],
      lastMessageId: null,
      thread: state,
      messages: [],
    };
    this.channels.set(created.id, created);
    this.#emit({ type: "threadCreated", channel: created });
    if (thread.starter) {
      thread.starter.threadId = created.id;
      thread.starter.flags |= HAS_THREAD;
      this.#emit({ type: "messageUpdated", message: thread.starter });
    }
    return created;
  }

  addMessage(channel: Channel, message: NewMessage): Message {
    const { nonce = null, ...given } = message;
    const id = given.id ?? this.newId();
    const created: Message = {
      ...MESSAGE_DEFAULTS,
      ...given,
      id,
      channelId: channel.id,
      timestampMs: this.#now(),
      reactions: [],
    };
    channel.messages.push(created);
    channel.lastMessageId = id;
    channel.thread?.memberIds.add(created.authorId);
    this.#emit({ type: "messageCreated", message: created, nonce });
    return created;
  }

  /** Applies `change` to a message; `edited` sets the edit time that people see. */
  updateMessage(message: Message, change: (message: Message) => void, edited: boolean): void {
    change(message);
    if (edited) message.editedTimestampMs = this.#now();
    this.#emit({ type: "messageUpdated", message });
  }

  removeMessage(channel: Channel, messageId: string): void {
    const index = channel.messages.findIndex((message) => message.id === messageId);
    if (index < 0) return;
    channel.messages.splice(index, 1);
    this.#emit({ type: "messageDeleted", messageId, channelId: channel.id });
  }

  /** Adds a reaction; nothing happens when the user has already reacted with it. */
  addReaction(message: Message, userId: string, emoji: string): void {
    let reaction: Reaction | undefined = message.reactions.find((one) => one.emoji === emoji);
    if (!reaction) {
      reaction = { emoji, userIds: [] };
      message.reactions.push(reaction);
    }
    if (reaction.userIds.includes(userId)) return;
    reaction.userIds.push(userId);
    this.#emit({ type: "reactionAdded", ...reactionFacts(message), userId, emoji });
  }

  removeReaction(message: Message, userId: string, emoji: string): void {
    const reaction = message.reactions.find((one) => one.emoji === emoji);
    const index = reaction?.userIds.indexOf(userId) ?? -1;
    if (!reaction || index < 0) return;
    reaction.userIds.splice(index, 1);
    if (reaction.userIds.length === 0) message.reactions.splice(message.reactions.indexOf(reaction), 1);
    this.#emit({ type: "reactionRemoved", ...reactionFacts(message), userId, emoji });
  }

  startTyping(channel: Channel, userId: string): void {
    this.#emit({ type: "typing", channelId: channel.id, userId, atMs: this.#now() });
  }

  /** @throws when there is no such guild; for callers that hold an id that must be right */
  guild(guildId: string): Guild {
    const guild = this.guilds.get(guildId);
    if (!guild) throw new Error(`There is no simulated server with the id ${guildId}.`);
    return guild;
  }

  /** @throws when there is no such channel; for callers that hold an id that must be right */
  channel(channelId: string): Channel {
    const channel = this.channels.get(channelId);
    if (!channel) throw new Error(`There is no simulated channel with the id ${channelId}.`);
    return channel;
  }

  /** @throws when there is no such user; for callers that hold an id that must be right */
  user(userId: string): User {
    const user = this.users.get(userId);
    if (!user) throw new Error(`There is no simulated user with the id ${userId}.`);
    return user;
  }

  channelsOf(guildId: string): Channel[] {
    return [...this.channels.values()].filter((channel) => channel.guildId === guildId);
  }

  guildsOf(userId: string): Guild[] {
    return [...this.guilds.values()].filter((guild) => guild.members.has(userId));
  }

  findMessage(channel: Channel, messageId: string): Message | undefined {
    // Messages are in the order of their ids, so the place is found by halving.
    let from = 0;
    let to = channel.messages.length - 1;
    while (from <= to) {
      const middle = (from + to) >> 1;
      const message = channel.messages[middle];
      const order = message ? compareSnowflakes(message.id, messageId) : 0;
      if (order === 0) return message;
      if (order < 0) from = middle + 1;
      else to = middle - 1;
    }
    return undefined;
  }

  /** What the user may do in the channel; 0 when it is not theirs to see. */
  permissionsIn(channel: Channel, userId: string): bigint {
    if (channel.guildId === null) return directMessagePermissions(channel, userId);
    const guild = this.guild(channel.guildId);
    const member = guild.members.get(userId);
    if (!member) return 0n;
    const parent = channel.parentId === null ? null : (this.channels.get(channel.parentId) ?? null);
    return channelPermissions(guild, member, channel, parent);
  }

  canView(channel: Channel, userId: string): boolean {
    return (this.permissionsIn(channel, userId) & Permission.VIEW_CHANNEL) !== 0n;
  }
}

function reactionFacts(message: Message): { messageId: string; channelId: string; authorId: string } {
  return { messageId: message.id, channelId: message.channelId, authorId: message.authorId };
}
