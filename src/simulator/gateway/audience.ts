import {
  iso,
  partialMember,
  toApiChannel,
  toApiGuild,
  toApiMember,
  toApiMessage,
  toApiUser,
  type WireContext,
} from "../wire.ts";
import type { BotApplication, Channel, Message, WorldEvent } from "../world/model.ts";
import { ChannelKind } from "../world/model.ts";
import { Intent } from "./intents.ts";

/** Who is listening: one identified session. */
export interface Listener {
  readonly bot: BotApplication;
  readonly intents: number;
  /** `[shard id, number of shards]`. */
  readonly shard: readonly [number, number];
}

export interface Dispatch {
  readonly t: string;
  readonly d: object;
}

/**
 * What a session is told about an event: nothing when its intents, its shard or the bot's
 * permissions exclude it (Discord docs: Gateway, List of Intents and Sharding).
 */
export function dispatchesFor(context: WireContext, event: WorldEvent, listener: Listener): Dispatch[] {
  switch (event.type) {
    case "messageCreated":
      return inChannel(context, event.message.channelId, listener, messageIntents, (channel) => ({
        t: "MESSAGE_CREATE",
        d: {
          ...gatewayMessage(context, channel, event.message, listener),
          ...(event.nonce === null ? {} : { nonce: event.nonce }),
        },
      }));
    case "messageUpdated":
      return inChannel(context, event.message.channelId, listener, messageIntents, (channel) => ({
        t: "MESSAGE_UPDATE",
        d: { ...gatewayMessage(context, channel, event.message, listener), tts: false },
      }));
    case "messageDeleted":
      return inChannel(context, event.channelId, listener, messageIntents, (channel) => ({
        t: "MESSAGE_DELETE",
        d: { id: event.messageId, channel_id: channel.id, ...guildId(channel) },
      }));
    case "reactionAdded":
    case "reactionRemoved":
      return inChannel(context, event.channelId, listener, reactionIntents, (channel) =>
        reactionDispatch(context, channel, event),
      );
    case "typing":
      return inChannel(context, event.channelId, listener, typingIntents, (channel) => {
        const member = memberOf(context, channel, event.userId);
        return {
          t: "TYPING_START",
          d: {
            channel_id: channel.id,
            ...guildId(channel),
            user_id: event.userId,
            timestamp: Math.floor(event.atMs / 1000),
            ...(member ? { member: toApiMember(context.world, member) } : {}),
          },
        };
      });
    case "channelCreated":
    case "channelUpdated":
    case "channelDeleted":
      // Bots are not told about new direct-message channels (Discord docs: Gateway Events, Channel Create).
      if (event.channel.kind === ChannelKind.dm) return [];
      return aboutGuild(event.channel.guildId, listener, [
        { t: CHANNEL_EVENTS[event.type], d: toApiChannel(context.world, event.channel, listener.bot.userId) },
      ]);
    case "threadCreated":
    case "threadUpdated":
      if (!context.world.canView(event.channel, listener.bot.userId)) return [];
      return aboutGuild(event.channel.guildId, listener, [
        {
          t: event.type === "threadCreated" ? "THREAD_CREATE" : "THREAD_UPDATE",
          d: {
            ...toApiChannel(context.world, event.channel, listener.bot.userId),
            ...(event.type === "threadCreated" ? { newly_created: true } : {}),
          },
        },
      ]);
    case "threadDeleted":
      return aboutGuild(event.channel.guildId, listener, [
        {
          t: "THREAD_DELETE",
          d: {
            id: event.channel.id,
            guild_id: event.channel.guildId,
            parent_id: event.channel.parentId,
            type: event.channel.kind,
          },
        },
      ]);
    case "guildJoined":
      if (event.userId !== listener.bot.userId) return [];
      return aboutGuild(event.guild.id, listener, [guildCreate(context, event.guild.id, listener)]);
    case "memberAdded":
    case "memberUpdated":
      if (!(listener.intents & Intent.GUILD_MEMBERS) && event.member.userId !== listener.bot.userId)
        return [];
      if (event.type === "memberAdded" && event.member.userId === listener.bot.userId) return [];
      if (!isInGuild(context, event.guild.id, listener)) return [];
      return onShard(event.guild.id, listener, [
        {
          t: event.type === "memberAdded" ? "GUILD_MEMBER_ADD" : "GUILD_MEMBER_UPDATE",
          d: { guild_id: event.guild.id, ...toApiMember(context.world, event.member) },
        },
      ]);
    case "memberRemoved":
      if (event.userId === listener.bot.userId) {
        return aboutGuild(event.guild.id, listener, [{ t: "GUILD_DELETE", d: { id: event.guild.id } }]);
      }
      if (!(listener.intents & Intent.GUILD_MEMBERS) || !isInGuild(context, event.guild.id, listener))
        return [];
      return onShard(event.guild.id, listener, [
        {
          t: "GUILD_MEMBER_REMOVE",
          d: { guild_id: event.guild.id, user: toApiUser(context.world.user(event.userId)) },
        },
      ]);
  }
}

/** GUILD_CREATE with its extra fields (Discord docs: Gateway Events, Guild Create). */
export function guildCreate(context: WireContext, id: string, listener: Listener): Dispatch {
  const { world } = context;
  const guild = world.guild(id);
  const channels = world.channelsOf(id);
  const botId = listener.bot.userId;
  const everyone = (listener.intents & Intent.GUILD_PRESENCES) !== 0;
  const members = [...guild.members.values()].filter((member) => everyone || member.userId === botId);
  return {
    t: "GUILD_CREATE",
    d: {
      ...toApiGuild(guild),
      joined_at: iso(guild.members.get(botId)?.joinedAtMs ?? 0),
      large: false,
      unavailable: false,
      member_count: guild.members.size,
      voice_states: [],
      members: members.map((member) => toApiMember(world, member)),
      channels: channels.filter((one) => one.thread === null).map((one) => toApiChannel(world, one, botId)),
      threads: channels
        .filter((one) => one.thread !== null && !one.thread.archived && world.canView(one, botId))
        .map((one) => toApiChannel(world, one, botId)),
      presences: [],
      stage_instances: [],
      guild_scheduled_events: [],
      soundboard_sounds: [],
      embedded_activities: [],
      activity_instances: [],
    },
  };
}

/** The shard a guild belongs to (Discord docs: Gateway, Sharding Formula). */
export function shardOf(guildId: string, shards: number): number {
  return Number((BigInt(guildId) >> 22n) % BigInt(shards));
}

const CHANNEL_EVENTS = {
  channelCreated: "CHANNEL_CREATE",
  channelUpdated: "CHANNEL_UPDATE",
  channelDeleted: "CHANNEL_DELETE",
} as const;

interface IntentPair {
  readonly guild: number;
  readonly direct: number;
}
const messageIntents: IntentPair = { guild: Intent.GUILD_MESSAGES, direct: Intent.DIRECT_MESSAGES };
const reactionIntents: IntentPair = {
  guild: Intent.GUILD_MESSAGE_REACTIONS,
  direct: Intent.DIRECT_MESSAGE_REACTIONS,
};
const typingIntents: IntentPair = {
  guild: Intent.GUILD_MESSAGE_TYPING,
  direct: Intent.DIRECT_MESSAGE_TYPING,
};

function inChannel(
  context: WireContext,
  channelId: string,
  listener: Listener,
  intents: IntentPair,
  build: (channel: Channel) => Dispatch,
): Dispatch[] {
  const channel = context.world.channels.get(channelId);
  if (!channel || !context.world.canView(channel, listener.bot.userId)) return [];
  const needed = channel.guildId === null ? intents.direct : intents.guild;
  if (!(listener.intents & needed)) return [];
  return onShard(channel.guildId, listener, [build(channel)]);
}

function aboutGuild(id: string | null, listener: Listener, dispatches: Dispatch[]): Dispatch[] {
  return listener.intents & Intent.GUILDS ? onShard(id, listener, dispatches) : [];
}

function onShard(id: string | null, listener: Listener, dispatches: Dispatch[]): Dispatch[] {
  const [shard, shards] = listener.shard;
  return (id === null ? 0 : shardOf(id, shards)) === shard ? dispatches : [];
}

function isInGuild(context: WireContext, id: string, listener: Listener): boolean {
  return context.world.guild(id).members.has(listener.bot.userId);
}

function gatewayMessage(
  context: WireContext,
  channel: Channel,
  message: Message,
  listener: Listener,
): object {
  const viewer = {
    userId: listener.bot.userId,
    messageContent: (listener.intents & Intent.MESSAGE_CONTENT) !== 0,
  };
  const wire = toApiMessage(context, message, viewer);
  const author = memberOf(context, channel, message.authorId);
  return {
    ...wire,
    mentions: message.mentionUserIds.map((id) => {
      const member = memberOf(context, channel, id);
      const user = toApiUser(context.world.user(id));
      return member ? { ...user, member: partialMember(member) } : user;
    }),
    ...guildId(channel),
    ...(author ? { member: partialMember(author) } : {}),
    channel_type: channel.kind,
  };
}

function reactionDispatch(
  context: WireContext,
  channel: Channel,
  event: Extract<WorldEvent, { type: "reactionAdded" | "reactionRemoved" }>,
): Dispatch {
  const added = event.type === "reactionAdded";
  const member = memberOf(context, channel, event.userId);
  return {
    t: added ? "MESSAGE_REACTION_ADD" : "MESSAGE_REACTION_REMOVE",
    d: {
      user_id: event.userId,
      channel_id: event.channelId,
      message_id: event.messageId,
      ...guildId(channel),
      emoji: { id: null, name: event.emoji },
      ...(added ? { message_author_id: event.authorId } : {}),
      ...(added && member ? { member: toApiMember(context.world, member) } : {}),
      burst: false,
      type: 0,
    },
  };
}

function guildId(channel: Channel): { guild_id?: string } {
  return channel.guildId === null ? {} : { guild_id: channel.guildId };
}

function memberOf(context: WireContext, channel: Channel, userId: string) {
  return channel.guildId === null ? undefined : context.world.guild(channel.guildId).members.get(userId);
}
