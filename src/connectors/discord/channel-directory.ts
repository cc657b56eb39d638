import type { APIChannel, GatewayDispatchPayload } from "discord-api-types/v10";
import { ChannelType, GatewayDispatchEvents } from "discord-api-types/v10";

/** What the adapter needs to know of a channel. */
export interface ChannelFacts {
  readonly guildId: string | null;
  /** Channel a thread belongs to; null for anything else. */
  readonly parentId: string | null;
}

const threadTypes: ReadonlySet<number> = new Set([
  ChannelType.AnnouncementThread,
  ChannelType.PublicThread,
  ChannelType.PrivateThread,
]);

interface ChannelLike {
  readonly id: string;
  readonly type: number;
  readonly parent_id?: string | null | undefined;
  readonly guild_id?: string | undefined;
}

/** Channels known from gateway events. A thread is told by the type of its channel. */
export class ChannelDirectory {
  readonly #channels = new Map<string, ChannelFacts>();

  get(channelId: string): ChannelFacts | undefined {
    return this.#channels.get(channelId);
  }

  /** Learns from a channel object of the REST API. */
  learn(channel: APIChannel): ChannelFacts {
    return this.#put(channel, "guild_id" in channel ? (channel.guild_id ?? null) : null);
  }

  /** Takes a channel that cannot be looked at for one that is no thread. */
  assumePlain(channelId: string, guildId: string | null): ChannelFacts {
    const facts: ChannelFacts = { guildId, parentId: null };
    this.#channels.set(channelId, facts);
    return facts;
  }

  /** Learns from a gateway event; other events are ignored. */
  observe(dispatch: GatewayDispatchPayload): void {
    switch (dispatch.t) {
      case GatewayDispatchEvents.GuildCreate: {
        for (const channel of [...(dispatch.d.channels ?? []), ...(dispatch.d.threads ?? [])]) {
          this.#put(channel, dispatch.d.id);
        }
        break;
      }
      case GatewayDispatchEvents.GuildDelete: {
        for (const [id, facts] of this.#channels) {
          if (facts.guildId === dispatch.d.id) this.#channels.delete(id);
        }
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
        for (const thread of dispatch.d.threads) this.#put(thread, dispatch.d.guild_id);
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
    const parentId = threadTypes.has(channel.type) ? (channel.parent_id ?? null) : null;
    const facts: ChannelFacts = { guildId: guildId ?? channel.guild_id ?? null, parentId };
    this.#channels.set(channel.id, facts);
    return facts;
  }
}
