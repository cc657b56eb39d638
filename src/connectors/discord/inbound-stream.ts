import type { GatewayGuildCreateDispatchData } from "discord-api-types/v10";
import { ulid } from "ulid";
import type { InboundMessageEvent } from "../../contracts/connector.ts";
import { messageOf } from "../../platform/errors.ts";
import type { AdapterHost } from "../connector-adapter.ts";
import type { ConnectorLogger } from "../logger.ts";
import {
  backfillTargets,
  isMissed,
  isUnreadable,
  lastMessages,
  newestWatermark,
  worthAnswering,
} from "./backfill.ts";
import type { ChannelDirectory, ChannelFacts } from "./channel-directory.ts";
import { ConversationLanes } from "./conversation-lanes.ts";
import type { DiscordRest } from "./discord-rest.ts";
import { type DiscordSession, toResumable } from "./discord-session.ts";
import { compareSnowflakes, conversationOf, isSnowflake } from "./ids.ts";
import { normaliseMessage, type RawMessage } from "./normalise-message.ts";
import { SessionFrontier } from "./session-frontier.ts";

/** How often the place in the session is stored when no message does it, in milliseconds. */
const saveIntervalMs = 15_000;
/** Channels that are read at the same time while catching up. */
const backfillParallel = 4;
/** Pages of 100 messages that are fetched of one channel. */
const backfillPages = 10;
/** Wait before missed messages are asked for again, in milliseconds; doubles up to 64 times as much. */
const backfillRetryMs = 1_000;

export interface InboundStreamOptions {
  readonly connectorId: string;
  readonly session: DiscordSession;
  readonly sequence: number;
  readonly rest: Pick<DiscordRest, "channel" | "messagesAfter">;
  readonly directory: ChannelDirectory;
  readonly host: Pick<AdapterHost, "accept" | "saveSession" | "watermarks" | "openGaps" | "closeGap">;
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
  /** Up to here everything is on disk. */
  readonly #durable: SessionFrontier;
  /** Up to here everything was handed to the store, which keeps the order. */
  readonly #submitted: SessionFrontier;
  #session: DiscordSession;
  #savedSequence = -1;
  #saveTimer: NodeJS.Timeout | null = null;
  #backfillTimer: NodeJS.Timeout | null = null;
  #backfillFailures = 0;
  /** Channels that could not be caught up on: what arrives there is left to the next try, so that the order is kept. */
  readonly #behind = new Set<string>();
  /** Servers of the session that Discord has still to tell about. */
  readonly #expectedGuilds = new Set<string>();
  /** Channels of those servers with their last messages, until what was missed there is fetched. */
  readonly #introduced = new Map<string, string>();
  /** Events that told about the servers: they are not passed before what was missed there is stored. */
  #introductions: number[] = [];
  #catchingUp: Promise<void> = Promise.resolve();
  /** To be called when it was tried to fetch what was missed, or will not be any more. */
  #triedToCatchUp: () => void = () => undefined;
  #mode: "open" | "detached" | "closed" = "open";

  constructor(options: InboundStreamOptions) {
    this.#options = options;
    this.#session = options.session;
    this.#durable = new SessionFrontier(options.sequence);
    this.#submitted = new SessionFrontier(options.sequence);
    // A RESUME tells what is new before it is said to be made: what was missed earlier comes first.
    if (options.session.backfillPending) {
      this.#lanes.holdUntil(
        new Promise((resolve) => {
          this.#triedToCatchUp = resolve;
        }),
      );
    }
  }

  get session(): DiscordSession {
    return this.#session;
  }

  /** Sequence from which a RESUME loses nothing. */
  get sequence(): number {
    return this.#durable.durable;
  }

  /** An event that needs not be stored. */
  passed(sequence: number): void {
    this.#durable.passed(sequence);
    this.#submitted.passed(sequence);
    this.#saveLater();
  }

  /**
   * An event that is dealt with elsewhere: a resumed session brings it again unless that has ended.
   * @returns to be called when it has
   */
  hold(sequence: number): () => void {
    this.#durable.begin(sequence);
    this.#submitted.begin(sequence);
    return () => {
      this.#durable.settle(sequence);
      this.#submitted.settle(sequence);
      this.#saveLater();
    };
  }

  /** Servers the session begins with; others are joined later, and nothing was missed there. */
  expectGuilds(guildIds: readonly string[]): void {
    for (const id of guildIds) this.#expectedGuilds.add(id);
  }

  /** A GUILD_CREATE: it tells of channels where something may have been missed though nothing was known of them. */
  guild(guild: GatewayGuildCreateDispatchData, sequence: number): void {
    const isOfBeginning = this.#expectedGuilds.delete(guild.id) || this.#session.backfillPending;
    const since = this.#session.missedSince;
    const found = [...lastMessages(guild)].filter(([, last]) => since === null || isMissed(last, since));
    if (!isOfBeginning || found.length === 0) {
      this.passed(sequence);
      return;
    }
    this.#durable.begin(sequence);
    this.#submitted.begin(sequence);
    this.#introductions.push(sequence);
    for (const [channelId, last] of found) this.#introduced.set(channelId, last);
    // The first run has not looked yet and includes them.
    if (since === null) return;
    this.#session = { ...this.#session, backfillPending: true };
    this.catchUp();
  }

  /** A MESSAGE_CREATE. */
  message(raw: RawMessage, sequence: number): void {
    this.#durable.begin(sequence);
    this.#submitted.begin(sequence);
    const channelId = String(raw.channel_id);
    this.#lanes.run(channelId, () => this.#take(raw, sequence));
  }

  /** Stores the place in the session now. Rejects when the store failed. */
  async save(): Promise<void> {
    this.#disarm();
    const sequence = this.#durable.durable;
    this.#savedSequence = sequence;
    await this.#options.host.saveSession(toResumable(this.#session, sequence));
  }

  /**
   * Fetches what was written since the last known message of each conversation. What arrives meanwhile waits,
   * so that the order is kept and the store notes the gaps first. Until all is fetched, the stored session says
   * that it is still to be done.
   */
  catchUp(): void {
    const tried = this.#catchingUp.then(() => this.#tryToCatchUp());
    this.#catchingUp = tried;
    this.#lanes.holdUntil(tried);
    void tried.then(() => this.#triedToCatchUp());
  }

  /** The session is lost: what has arrived is still stored, the place in the session is not. */
  detach(): void {
    if (this.#mode === "open") this.#leave("detached");
  }

  /** Nothing is stored after this; who resumes the session gets what was not stored yet. */
  close(): void {
    this.#leave("closed");
  }

  /** Never rejects. */
  async #tryToCatchUp(): Promise<void> {
    const { host, log, onStoreFault } = this.#options;
    let complete = false;
    try {
      await host.openGaps();
    } catch (thrown) {
      // Without the mark a crash could lose what was missed: nothing may be accepted.
      log.warn("the begin of a session could not be noted", { error: messageOf(thrown) });
      this.close();
      onStoreFault();
      return;
    }
    try {
      complete = await this.#catchUp();
    } catch (thrown) {
      log.warn("missed messages could not be fetched", { error: messageOf(thrown) });
    }
    if (!complete && this.#mode === "open") this.#catchUpLater();
  }

  #catchUpLater(): void {
    const delay = backfillRetryMs * 2 ** Math.min(this.#backfillFailures, 6);
    this.#backfillFailures += 1;
    if (this.#backfillTimer !== null) clearTimeout(this.#backfillTimer);
    this.#backfillTimer = setTimeout(() => this.catchUp(), delay);
    this.#backfillTimer.unref();
  }

  /** @returns whether nothing is missing any more */
  async #catchUp(): Promise<boolean> {
    const watermarks = await this.#options.host.watermarks();
    const since = this.#session.missedSince ?? newestWatermark(watermarks);
    this.#session = { ...this.#session, missedSince: since };
    const introductions = this.#introductions;
    this.#introductions = [];
    const introduced = new Map(this.#introduced);
    const targets = backfillTargets(watermarks, introduced, since);
    if (targets.length > 0) this.#options.log.info("fetching missed messages", { channels: targets.length });
    const queue = [...targets];
    const results: boolean[] = [];
    const work = async (): Promise<void> => {
      for (let target = queue.shift(); target !== undefined; target = queue.shift()) {
        results.push(await this.#catchUpOn(target.channelId, target.after));
      }
    };
    await Promise.all(Array.from({ length: backfillParallel }, work));
    if (this.#mode !== "open") return true;
    if (results.includes(false)) {
      this.#introductions.push(...introductions);
      return false;
    }
    for (const channelId of introduced.keys()) this.#introduced.delete(channelId);
    for (const sequence of introductions) {
      this.#submitted.settle(sequence);
      this.#durable.settle(sequence);
    }
    this.#session = { ...this.#session, backfillPending: this.#introductions.length > 0 };
    await this.save();
    return true;
  }

  /** @returns false when it must be tried again */
  async #catchUpOn(channelId: string, after: string): Promise<boolean> {
    const { host, log } = this.#options;
    try {
      const messages = worthAnswering(await this.#missedMessages(channelId, after), Date.now());
      const channel = messages.length === 0 ? undefined : await this.#channelFacts(channelId, null);
      for (const message of messages) {
        const event = this.#normalise(message, channel);
        if (this.#mode === "closed") return false;
        if (event !== null) await host.accept(event, null);
      }
      await host.closeGap(conversationOf(channelId));
      this.#behind.delete(channelId);
      return true;
    } catch (thrown) {
      log.warn("missed messages of a channel could not be fetched", {
        channel: channelId,
        error: messageOf(thrown),
      });
      if (isUnreadable(thrown)) this.#behind.delete(channelId);
      else this.#behind.add(channelId);
      return !this.#behind.has(channelId);
    }
  }

  async #missedMessages(channelId: string, watermark: string): Promise<RawMessage[]> {
    let after = watermark;
    const missed: RawMessage[] = [];
    for (let page = 0; page < backfillPages; page += 1) {
      const messages = await this.#options.rest.messagesAfter(channelId, after);
      missed.push(...messages);
      const newest = messages
        .map((message) => message.id)
        .sort(compareSnowflakes)
        .at(-1);
      if (messages.length < 100 || newest === undefined) break;
      after = newest;
    }
    return missed;
  }

  #take(raw: RawMessage, sequence: number): Promise<void> | void {
    if (this.#behind.has(raw.channel_id)) return this.#leaveToCatchUp(raw, sequence);
    const facts = this.#options.directory.get(raw.channel_id);
    const isGuildMessage = raw.guild_id !== undefined;
    // After a RESUME in a new process Discord does not introduce the channels again.
    if (facts === undefined && isGuildMessage && isSnowflake(raw.channel_id)) {
      return this.#channelFacts(raw.channel_id, raw.guild_id ?? null).then((fetched) =>
        this.#store(raw, fetched, sequence),
      );
    }
    return this.#store(raw, facts, sequence);
  }

  /** The gap of the conversation is open in the store: the next try fetches this message too, in its order. */
  #leaveToCatchUp(raw: RawMessage, sequence: number): void {
    this.#options.log.debug("message is fetched with the missed ones", { message_id: raw.id });
    this.#submitted.settle(sequence);
    this.#durable.settle(sequence);
    this.#saveLater();
  }

  #store(raw: RawMessage, channel: ChannelFacts | undefined, sequence: number): Promise<void> | void {
    const event = this.#normalise(raw, channel);
    this.#submitted.settle(sequence);
    if (event === null) {
      this.#durable.settle(sequence);
      this.#saveLater();
      return;
    }
    if (this.#mode === "closed") return;
    const { host, onStoreFault } = this.#options;
    const stored = this.#submitted.durable;
    const session = this.#mode === "open" ? toResumable(this.#session, stored) : null;
    return host.accept(event, session).then(
      () => {
        this.#durable.settle(sequence);
        this.#savedSequence = Math.max(this.#savedSequence, stored);
      },
      // The fault has been reported where it happened; the event holds the frontier.
      () => onStoreFault(),
    );
  }

  #normalise(raw: RawMessage, channel: ChannelFacts | undefined): InboundMessageEvent | null {
    const normalised = normaliseMessage(raw, {
      connectorId: this.#options.connectorId,
      botUserId: this.#session.botUserId,
      channel,
      envelopeId: ulid(),
      receivedAt: Date.now(),
    });
    if ("event" in normalised) {
      const { event } = normalised;
      if (event.is_direct_message) this.#options.directory.learnDirect(raw.channel_id, event.sender_display);
      return event;
    }
    const facts = { message_id: raw.id, reason: normalised.dropped, detail: normalised.detail };
    if (normalised.dropped === "malformed") this.#options.log.warn("message dropped", facts);
    else this.#options.log.debug("message ignored", facts);
    return null;
  }

  /** Undefined when the channel cannot be looked up now. */
  async #channelFacts(channelId: string, guildId: string | null): Promise<ChannelFacts | undefined> {
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

  #saveLater(): void {
    if (this.#mode !== "open" || this.#saveTimer !== null || this.sequence === this.#savedSequence) return;
    this.#saveTimer = setTimeout(() => {
      this.#saveTimer = null;
      this.save().catch(() => this.#options.onStoreFault());
    }, saveIntervalMs);
    this.#saveTimer.unref();
  }

  #disarm(): void {
    if (this.#saveTimer !== null) clearTimeout(this.#saveTimer);
    this.#saveTimer = null;
  }

  #leave(mode: "detached" | "closed"): void {
    this.#mode = mode;
    this.#triedToCatchUp();
    this.#disarm();
    if (this.#backfillTimer !== null) clearTimeout(this.#backfillTimer);
    this.#backfillTimer = null;
  }
}
