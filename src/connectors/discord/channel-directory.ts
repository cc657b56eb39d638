import type { APIChannel, GatewayDispatchPayload } from "discord-api-types/v10";
import { ChannelType, GatewayDispatchEvents } from "discord-api-types/v10";
import { ChannelNote } from "../../contracts/channel-note.ts";
import { isSnowflake } from "./ids.ts";
import { RecentMap } from "./recent-map.ts";

/** What a message needs to know of its channel. */
export interface ChannelFacts {
  readonly guildId: string | null;
  /** Channel a thread belongs to; null for anything else. */
  readonly parentId: string | null;
}

interface KnownChannel extends ChannelFacts {
  readonly isDirect: boolean;
  /** Of the channel, or of the other person in a direct message. */
  readonly name: string | null;
}

const threadTypes: ReadonlySet<number> = new Set([
  ChannelType.AnnouncementThread,
  ChannelType.PublicThread,
  ChannelType.PrivateThread,
]);
const directTypes: ReadonlySet<number> = new Set([ChannelType.DM, ChannelType.GroupDM]);

/** Channels that are remembered; those used longest ago are looked up again. */
const channelLimit = 10_000;
const nameLimit = 100;
/** The note of a channel in use is renewed this often, in milliseconds: what is used is not forgotten. */
const renewNoteMs = 24 * 60 * 60 * 1000;

interface ChannelLike {
  readonly id: string;
  readonly type: number;
  readonly name?: string | null | undefined;
  readonly parent_id?: string | null | undefined;
  readonly guild_id?: string | undefined;
  readonly recipients?: readonly { readonly global_name?: string | null; readonly username: string }[];
}

/** Whether messages of this type of channel are in a thread, which a forum post is too. */
export function isThreadType(type: number): boolean {
  return threadTypes.has(type);
}

/** Whether a type of channel is a conversation between people, without a server. */
export function isDirectType(type: number): boolean {
  return directTypes.has(type);
}

/** Channels of one account, known from gateway events. A thread is told by the type of its channel. */
export class ChannelDirectory {
  readonly #channels = new RecentMap<string, KnownChannel>(channelLimit);
  /** What was noted of channels in use, and when (ms). */
  readonly #noted = new RecentMap<string, { readonly note: string; readonly at: number }>(channelLimit);
  readonly #onNote: (channelId: string, note: string) => void;

  /** @param onNote takes what should be known of a channel after a restart, for `recall` */
  constructor(onNote: (channelId: string, note: string) => void = () => undefined) {
    this.#onNote = onNote;
  }

  /** Learns from a note. Anything newer stays, and a note that is none is ignored. */
  recall(channelId: string, note: string): void {
    if (this.#channels.get(channelId) !== undefined) return;
    const parsed = ChannelNote.safeParse(jsonOf(note));
    if (!parsed.success) return;
    this.#channels.set(channelId, parsed.data);
    // When it was written is not known: it is renewed with the next use.
    this.#noted.set(channelId, { note, at: 0 });
  }

  /** The channel, and the one a thread belongs to, should be known by name after a restart. */
  used(channelId: string): void {
    const channel = this.#channels.get(channelId);
    if (channel === undefined || channel.name === null) return;
    this.#note(channelId, channel);
    if (channel.parentId !== null) this.used(channel.parentId);
  }

  get(channelId: string): ChannelFacts | undefined {
    return this.#channels.get(channelId);
  }

  /** How many channels are remembered. */
  get size(): number {
    return this.#channels.size;
  }

  /** How people call a channel: `#general`, `Plans in #general`, `DM with Ada`; null when it is not known. */
  nameOf(channelId: string): string | null {
    const channel = this.#channels.get(channelId);
    if (channel?.name === null || channel === undefined) return null;
    if (channel.isDirect) return `DM with ${channel.name}`;
    if (channel.parentId === null) return `#${channel.name}`;
    const parent = this.#channels.get(channel.parentId)?.name;
    return typeof parent === "string" ? `${channel.name} in #${parent}` : channel.name;
  }

  /** Learns from a channel object of the REST API. */
  learn(channel: APIChannel): ChannelFacts {
    return this.#put(channel as ChannelLike, "guild_id" in channel ? (channel.guild_id ?? null) : null);
  }

  /** Learns from a direct message: bots are not told about such channels in any other way. */
  learnDirect(channelId: string, displayName: string | null): void {
    const name = displayName ?? this.#channels.get(channelId)?.name ?? null;
    this.#remember(channelId, { guildId: null, parentId: null, isDirect: true, name: bounded(name) });
  }

  /** Takes a channel that cannot be looked at for one that is no thread. */
  assumePlain(channelId: string, guildId: string | null): ChannelFacts {
    return this.#remember(channelId, { guildId, parentId: null, isDirect: guildId === null, name: null });
  }

  /** Learns from a gateway event; other events are ignored. */
  observe(dispatch: GatewayDispatchPayload): void {
    switch (dispatch.t) {
      case GatewayDispatchEvents.GuildCreate: {
        for (const channel of [...(dispatch.d.channels ?? []), ...(dispatch.d.threads ?? [])]) {
          this.#put(channel as ChannelLike, dispatch.d.id);
        }
        break;
      }
      case GatewayDispatchEvents.GuildDelete: {
        this.#channels.deleteWhere((facts) => facts.guildId === dispatch.d.id);
        break;
      }
      case GatewayDispatchEvents.ChannelCreate:
      case GatewayDispatchEvents.ChannelUpdate:
      case GatewayDispatchEvents.ThreadCreate:
      case GatewayDispatchEvents.ThreadUpdate: {
        this.learn(dispatch.d);
        break;
      }
      case GatewayDispatchEvents.ThreadListSync: {
        for (const thread of dispatch.d.threads) this.#put(thread as ChannelLike, dispatch.d.guild_id);
        break;
      }
      case GatewayDispatchEvents.ChannelDelete:
      case GatewayDispatchEvents.ThreadDelete: {
        this.#channels.delete(dispatch.d.id);
        break;
      }
      default:
        break;
    }
  }

  #put(channel: ChannelLike, guildId: string | null): ChannelFacts {
    const isDirect = isDirectType(channel.type);
    const person = channel.recipients?.[0];
    return this.#remember(channel.id, {
      guildId: guildId ?? channel.guild_id ?? null,
      parentId: isThreadType(channel.type) ? (channel.parent_id ?? null) : null,
      isDirect,
      name: bounded(isDirect ? (person?.global_name ?? person?.username) : channel.name),
    });
  }

  #remember(channelId: string, channel: KnownChannel): ChannelFacts {
    if (!isSnowflake(channelId)) return channel;
    this.#channels.set(channelId, channel);
    if (channel.name !== null && this.#noted.get(channelId) !== undefined) this.#note(channelId, channel);
    return channel;
  }

  #note(channelId: string, { guildId, parentId, isDirect, name }: KnownChannel): void {
    const note = JSON.stringify({ guildId, parentId, isDirect, name });
    const before = this.#noted.get(channelId);
    const now = Date.now();
    if (before?.note === note && now - before.at < renewNoteMs) return;
    this.#noted.set(channelId, { note, at: now });
    this.#onNote(channelId, note);
  }
}

function bounded(name: unknown): string | null {
  return typeof name === "string" && name.trim() !== "" ? name.slice(0, nameLimit) : null;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Damaged: nothing is known then.
    return null;
  }
}
