import type { GatewayGuildCreateDispatchData } from "discord-api-types/v10";
import type { AdapterHost } from "../connector-adapter.ts";
import type { ConnectorLogger } from "../logger.ts";
import { CatchUp } from "./catch-up.ts";
import type { ChannelDirectory, ChannelFacts } from "./channel-directory.ts";
import { ConversationLanes } from "./conversation-lanes.ts";
import type { DiscordRest } from "./discord-rest.ts";
import type { DiscordSession } from "./discord-session.ts";
import { MessageReader } from "./message-reader.ts";
import type { RawMessage } from "./normalise-message.ts";
import { SessionPlace } from "./session-place.ts";

export interface InboundStreamOptions {
  readonly connectorId: string;
  /** User ids of bots that are answered. */
  readonly answeredBots: ReadonlySet<string>;
  readonly session: DiscordSession;
  readonly sequence: number;
  /** What counts as known where no message is: empty on a fresh install. */
  readonly quietSince: string;
  readonly rest: Pick<DiscordRest, "channel" | "messagesAfter" | "archivedThreads" | "joinedArchivedThreads">;
  readonly directory: ChannelDirectory;
  readonly host: Pick<
    AdapterHost,
    "accept" | "saveSession" | "watermarks" | "openGaps" | "closeGap" | "note"
  >;
  readonly log: ConnectorLogger;
  /** The store did not take an event: nothing that follows may pass it. */
  readonly onStoreFault: () => void;
}

/**
 * The events of one gateway session on their way into the store: in order per conversation, and with the
 * place in the session stored no further than the events are.
 */
export class InboundStream {
  readonly #options: InboundStreamOptions;
  readonly #lanes = new ConversationLanes();
  readonly #place: SessionPlace;
  readonly #reader: MessageReader;
  readonly #catchUp: CatchUp;
  /** To be called when it was tried to fetch what was missed, or will not be any more. */
  #triedToCatchUp: () => void = () => undefined;
  #isLeft = false;
  #isClosed = false;

  constructor(options: InboundStreamOptions) {
    const { session, sequence, host, rest, directory, log, quietSince, onStoreFault } = options;
    this.#options = options;
    this.#place = new SessionPlace(session, sequence, host, onStoreFault);
    this.#reader = new MessageReader({ ...options, botUserId: session.botUserId });
    this.#catchUp = new CatchUp({
      host,
      rest,
      reader: this.#reader,
      directory,
      log,
      quietSince,
      session: () => this.#place.session,
      changeSession: async (change) => {
        this.#place.change(change);
        if (!this.#isLeft) await this.#place.save();
      },
      introduced: (sequences) => {
        for (const one of sequences) this.#place.settle(one);
      },
      onStoreFault: () => {
        this.close();
        onStoreFault();
      },
      again: () => this.catchUp(),
    });
    // A RESUME tells what is new before it is said to be made: what was missed earlier comes first.
    if (session.backfillPending) {
      this.#lanes.holdUntil(
        new Promise((resolve) => {
          this.#triedToCatchUp = resolve;
        }),
      );
    }
  }

  get session(): DiscordSession {
    return this.#place.session;
  }

  /** Sequence from which a RESUME loses nothing. */
  get sequence(): number {
    return this.#place.sequence;
  }

  /** An event that needs not be stored. */
  passed(sequence: number): void {
    this.#place.passed(sequence);
  }

  /**
   * An event that is being carried out: who resumes the session before it is done gets it again.
   * @returns to be called when it is done
   */
  hold(sequence: number): () => void {
    this.#place.begin(sequence);
    return () => this.#place.settle(sequence);
  }

  /** A GUILD_CREATE: it tells of channels where something may have been missed though nothing was known of them. */
  guild(guild: GatewayGuildCreateDispatchData, sequence: number): void {
    const { awaitedGuilds, backfillPending } = this.session;
    // Other servers are joined later, and nothing was missed there.
    const isOfBeginning = awaitedGuilds.includes(guild.id) || backfillPending;
    if (!isOfBeginning || !this.#catchUp.mayHaveMissed(guild)) {
      this.guildGone(guild.id);
      this.passed(sequence);
      return;
    }
    this.#place.begin(sequence);
    this.#lanes.holdUntil(this.#catchUp.guild(guild, sequence));
  }

  /** Discord will not tell of a server any more, or need not. */
  guildGone(guildId: unknown): void {
    const awaitedGuilds = this.session.awaitedGuilds.filter((id) => id !== guildId);
    this.#place.change({ awaitedGuilds });
  }

  /** A MESSAGE_CREATE. */
  message(raw: RawMessage, sequence: number): void {
    this.#place.begin(sequence);
    const channelId = String(raw.channel_id);
    this.#lanes.run(channelId, () => this.#take(raw, sequence));
  }

  /** Stores the place in the session now. Rejects when the store failed. */
  save(): Promise<void> {
    return this.#place.save();
  }

  /**
   * Fetches what was written since the last known message of each conversation. What arrives meanwhile waits,
   * so that the order is kept and the store notes the gaps first. Until all is fetched, the stored session says
   * that it is still to be done.
   */
  catchUp(): void {
    const tried = this.#catchUp.everything();
    this.#lanes.holdUntil(tried);
    void tried.then(() => this.#triedToCatchUp());
  }

  /** The session is lost: what has arrived is still stored, the place in the session is not. */
  detach(): void {
    this.#isLeft = true;
    this.#place.leave();
    this.#catchUp.stop();
    this.#triedToCatchUp();
  }

  /** Nothing is stored after this; who resumes the session gets what was not stored yet. */
  close(): void {
    this.#isClosed = true;
    this.detach();
  }

  #take(raw: RawMessage, sequence: number): Promise<void> | void {
    if (this.#catchUp.isBehind(raw.channel_id)) {
      // The next try fetches this message too, in its order.
      this.#options.log.debug("message is fetched with the missed ones", { message_id: raw.id });
      this.#place.settle(sequence);
      return;
    }
    const channel = this.#reader.channelOf(raw);
    return channel instanceof Promise
      ? channel.then((fetched) => this.#store(raw, fetched, sequence))
      : this.#store(raw, channel, sequence);
  }

  #store(raw: RawMessage, channel: ChannelFacts | undefined, sequence: number): Promise<void> | void {
    const event = this.#reader.read(raw, channel);
    if (event === null) {
      this.#place.settle(sequence);
      return;
    }
    if (this.#isClosed) return;
    const { host, onStoreFault } = this.#options;
    const { session, stored } = this.#place.submit(sequence);
    // The fault has been reported where it happened; the event holds the frontier.
    return host.accept(event, session).then(stored, () => onStoreFault());
  }
}
