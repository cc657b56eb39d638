import { ulid } from "ulid";
import type { InboundMessageEvent } from "../../contracts/connector.ts";
import { messageOf } from "../../platform/errors.ts";
import type { ConnectorLogger } from "../logger.ts";
import { isUnreadable } from "./backfill.ts";
import type { ChannelDirectory, ChannelFacts } from "./channel-directory.ts";
import type { DiscordRest } from "./discord-rest.ts";
import { conversationOf, isSnowflake } from "./ids.ts";
import { normaliseMessage, type RawMessage } from "./normalise-message.ts";

export interface MessageReaderOptions {
  readonly connectorId: string;
  readonly botUserId: string;
  /** User ids of bots that are answered. */
  readonly answeredBots: ReadonlySet<string>;
  readonly rest: Pick<DiscordRest, "channel">;
  readonly directory: ChannelDirectory;
  readonly log: ConnectorLogger;
}

/** Turns messages of one account into events, with what must be known of their channels. */
export class MessageReader {
  readonly #options: MessageReaderOptions;

  constructor(options: MessageReaderOptions) {
    this.#options = options;
  }

  /** The event of a message; null for what is none, which is logged. */
  read(raw: RawMessage, channel: ChannelFacts | undefined): InboundMessageEvent | null {
    const { answeredBots, connectorId, botUserId, directory, log } = this.#options;
    const receivedAt = Date.now();
    const normalised = normaliseMessage(raw, {
      connectorId,
      botUserId,
      answeredBots,
      channel,
      envelopeId: ulid(),
      receivedAt,
    });
    if ("event" in normalised) {
      const { event } = normalised;
      if (event.is_direct_message) directory.learnDirect(raw.channel_id, event.sender_display);
      directory.used(raw.channel_id);
      return event;
    }
    const facts = { message_id: raw.id, reason: normalised.dropped, detail: normalised.detail };
    if (normalised.dropped === "malformed") log.warn("message dropped", facts);
    else log.debug("message ignored", facts);
    return null;
  }

  /** Events of fetched messages of one channel, in their order. */
  async readAll(channelId: string, messages: readonly RawMessage[]): Promise<InboundMessageEvent[]> {
    if (messages.length === 0) return [];
    const channel = await this.channel(channelId, null);
    return messages.map((message) => this.read(message, channel)).filter((event) => event !== null);
  }

  /** What is known of the channel of a message that has just arrived; a promise when it must be asked for. */
  channelOf(raw: RawMessage): ChannelFacts | undefined | Promise<ChannelFacts | undefined> {
    const known = this.#options.directory.get(raw.channel_id);
    // After a RESUME in a new process Discord does not introduce the channels again.
    return known === undefined && raw.guild_id !== undefined && isSnowflake(raw.channel_id)
      ? this.channel(raw.channel_id, raw.guild_id)
      : known;
  }

  /** Undefined when the channel cannot be looked up now. */
  async channel(channelId: string, guildId: string | null): Promise<ChannelFacts | undefined> {
    const { directory, rest, log } = this.#options;
    const known = directory.get(channelId);
    if (known !== undefined) return known;
    try {
      return directory.learn(await rest.channel(channelId));
    } catch (thrown) {
      log.warn("channel could not be looked up", {
        conversation: conversationOf(channelId),
        error: messageOf(thrown),
      });
      return isUnreadable(thrown) ? directory.assumePlain(channelId, guildId) : undefined;
    }
  }
}
