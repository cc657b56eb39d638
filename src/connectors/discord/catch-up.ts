import type { GatewayGuildCreateDispatchData } from "discord-api-types/v10";
import { messageOf } from "../../platform/errors.ts";
import type { AdapterHost } from "../connector-adapter.ts";
import type { ConnectorLogger } from "../logger.ts";
import {
  introducedTargets,
  isMissed,
  isTooOld,
  isUnreadable,
  knownTargets,
  lastMessages,
  newestWatermark,
  type ThreadParent,
  threadParents,
} from "./backfill.ts";
import type { ChannelDirectory } from "./channel-directory.ts";
import type { DiscordRest } from "./discord-rest.ts";
import type { DiscordSession } from "./discord-session.ts";
import {
  type FoundThreads,
  fetchArchivedThreads,
  fetchJoinedArchivedThreads,
  fetchMissedMessages,
} from "./fetch-missed.ts";
import { conversationOf } from "./ids.ts";
import type { MessageReader } from "./message-reader.ts";
import { WorkList } from "./work-list.ts";

/** Requests that are made at the same time while catching up. */
const parallel = 4;
/** Channels that are caught up on in one session: those with the newest messages. */
const channelLimit = 200;
/** Channels whose archived threads are looked through in one session. */
const threadParentLimit = 200;
/** Wait before what failed is tried again, in milliseconds; doubles up to 64 times as much. */
const retryMs = 1_000;

export interface CatchUpOptions {
  readonly host: Pick<AdapterHost, "accept" | "watermarks" | "openGaps" | "closeGap" | "note">;
  readonly rest: Pick<DiscordRest, "messagesAfter" | "archivedThreads" | "joinedArchivedThreads">;
  readonly reader: Pick<MessageReader, "readAll">;
  readonly directory: ChannelDirectory;
  readonly log: ConnectorLogger;
  /** What counts as known where no message is: empty on a fresh install. */
  readonly quietSince: string;
  session(): DiscordSession;
  /** Changes the session and makes the change durable; rejects when the store failed. */
  changeSession(change: Partial<DiscordSession>): Promise<void>;
  /** What was missed in these servers is stored: their introductions may be passed. */
  introduced(sequences: readonly number[]): void;
  /** A begin of a session could not be noted: nothing may be accepted. */
  readonly onStoreFault: () => void;
  /** To be tried again after a failure; what arrives meanwhile must wait. */
  readonly again: () => void;
}

/**
 * Fetches what was written while there was no session. Each channel is fetched once in a session, from the last known
 * message on: what is written later is told by the gateway, also after a RESUME.
 */
export class CatchUp {
  readonly #options: CatchUpOptions;
  readonly #work = new WorkList(parallel);
  /** Servers Discord told of, by the sequence of the event, until what was missed there is stored. */
  readonly #introductions = new Map<number, GatewayGuildCreateDispatchData>();
  readonly #leftOut = new Set<string>();
  #running: Promise<void> = Promise.resolve();
  /** A run that has not begun yet: what is asked for meanwhile is part of it. */
  #queued: Promise<void> | null = null;
  #wantsEverything = false;
  #hasBegun = false;
  #release: () => void = () => undefined;
  readonly #stopped = new Promise<void>((resolve) => {
    this.#release = resolve;
  });
  #isStopped = false;
  #timer: NodeJS.Timeout | null = null;
  #failures = 0;
  #channels = 0;
  #parents = 0;

  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  /**
   * Fetches everything that was missed.
   * @returns resolves when it was tried, or will not be any more; never rejects
   */
  everything(): Promise<void> {
    this.#wantsEverything = true;
    return this.#next();
  }

  /** Whether a server may have messages that were missed. */
  mayHaveMissed(guild: GatewayGuildCreateDispatchData): boolean {
    const { missedSince } = this.#options.session();
    if (missedSince === "") return false;
    if (missedSince === null || threadParents(guild).length > 0) return true;
    return [...lastMessages(guild).values()].some((last) => isMissed(last, missedSince));
  }

  /** Fetches what was missed in a server. As `everything`; `introduced` tells when all is stored. */
  guild(guild: GatewayGuildCreateDispatchData, sequence: number): Promise<void> {
    this.#introductions.set(sequence, guild);
    // Discord repeats it to a process that goes on with the session before it says that the session goes on.
    if (this.#options.session().backfillPending) this.#wantsEverything = true;
    return this.#next();
  }

  /** What arrives in this channel is fetched later, in its order: nothing may be stored before. */
  isBehind(channelId: string): boolean {
    if (this.#work.hasFailed(channelId)) return true;
    // Given up before it was known what is missed: it may be anything.
    return this.#isStopped && !this.#hasBegun && this.#options.session().backfillPending;
  }

  /** Fetches nothing more. What is known to be missed and is not stored stays behind. */
  stop(): void {
    this.#isStopped = true;
    this.#work.stop();
    this.#disarm();
    this.#release();
  }

  #next(): Promise<void> {
    this.#disarm();
    if (this.#queued !== null) return this.#queued;
    const queued = this.#running.then(() => {
      this.#queued = null;
      return this.#begin();
    });
    this.#queued = queued;
    this.#running = queued;
    return queued;
  }

  /** Never rejects. */
  async #begin(): Promise<void> {
    try {
      if (this.#wantsEverything && !this.#hasBegun) await this.#beginEverything();
      await this.#addIntroductions();
    } catch (thrown) {
      // Without the marks a crash could lose what was missed.
      this.#options.log.warn("the begin of a session could not be noted", { error: messageOf(thrown) });
      this.#options.onStoreFault();
      return;
    }
    await Promise.race([this.#run(), this.#stopped]);
  }

  async #beginEverything(): Promise<void> {
    const { host, log, quietSince, session } = this.#options;
    await host.openGaps();
    const watermarks = await host.watermarks();
    if (session().missedSince === null) {
      // Before anything is accepted: what comes later moves the marks.
      await this.#options.changeSession({ missedSince: newestWatermark(watermarks) || quietSince });
    }
    if (session().missedSince !== "") this.#tellWhatIsNotTold();
    const targets = knownTargets(watermarks);
    if (targets.length > 0) log.info("fetching missed messages", { channels: targets.length });
    for (const { channelId, after } of targets) await this.#addChannel(channelId, after);
    this.#hasBegun = true;
  }

  async #addIntroductions(): Promise<void> {
    const since = this.#options.session().missedSince;
    if (since === null || since === "" || this.#introductions.size === 0) return;
    const watermarks = await this.#options.host.watermarks();
    for (const guild of this.#introductions.values()) {
      for (const { channelId, after } of introducedTargets(watermarks, lastMessages(guild), since)) {
        await this.#addChannel(channelId, after);
      }
      for (const parent of threadParents(guild)) this.#addParent(parent, since);
    }
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const introductions = new Map(this.#introductions);
    const isComplete = await this.#work.run();
    if (this.#isStopped) return;
    if (!isComplete) {
      this.#tryLater();
      return;
    }
    this.#failures = 0;
    for (const sequence of introductions.keys()) this.#introductions.delete(sequence);
    const told = new Set([...introductions.values()].map(({ id }) => id));
    const awaitedGuilds = this.#options.session().awaitedGuilds.filter((id) => !told.has(id));
    this.#options.introduced([...introductions.keys()]);
    try {
      await this.#options.changeSession({ backfillPending: this.#introductions.size > 0, awaitedGuilds });
    } catch (thrown) {
      this.#options.log.warn("the end of catching up could not be noted", { error: messageOf(thrown) });
      this.#options.onStoreFault();
    }
  }

  #tryLater(): void {
    const delay = retryMs * 2 ** Math.min(this.#failures, 6);
    this.#failures += 1;
    this.#timer = setTimeout(this.#options.again, delay);
    this.#timer.unref();
  }

  async #addChannel(channelId: string, after: string): Promise<void> {
    if (this.#work.has(channelId) || this.#leftOut.has(channelId)) return;
    if (this.#channels < channelLimit) {
      this.#channels += 1;
      this.#work.add(channelId, () => this.#fetch(channelId, after));
      return;
    }
    const conversation = conversationOf(channelId);
    this.#leftOut.add(channelId);
    this.#tellLeftOut("More conversations were missed than are looked through.", { conversation });
    await this.#options.host.closeGap(conversation);
  }

  #addParent({ channelId, hasPrivate }: ThreadParent, since: string): void {
    const name = `threads of ${channelId}`;
    if (this.#work.has(name) || this.#leftOut.has(name)) return;
    if (this.#parents < threadParentLimit) {
      this.#parents += 1;
      this.#work.add(name, () => this.#findThreads(channelId, since, fetchArchivedThreads));
      if (!hasPrivate) return;
      this.#work.add(`private ${name}`, () =>
        this.#findThreads(channelId, since, fetchJoinedArchivedThreads),
      );
      return;
    }
    this.#leftOut.add(name);
    const conversation = conversationOf(channelId);
    this.#tellLeftOut("More channels have threads than are looked through.", { conversation });
  }

  /** @returns false when it must be tried again */
  async #fetch(channelId: string, after: string): Promise<boolean> {
    const { host, reader, rest } = this.#options;
    const conversation = conversationOf(channelId);
    try {
      const now = Date.now();
      const { found, isCut } = await fetchMissedMessages(rest, channelId, after, now);
      const events = await reader.readAll(channelId, found);
      const answered = events.filter((event) => !isTooOld(event.provider_message_id, now));
      for (const event of answered) {
        if (this.#isStopped) return false;
        await host.accept(event, null);
      }
      if (this.#isStopped) return false;
      if (isCut || answered.length < events.length) {
        this.#tellLeftOut("More was written while there was no connection than is answered.", {
          conversation,
          fetched: answered.length,
        });
      }
      await host.closeGap(conversation);
      return true;
    } catch (thrown) {
      return this.#isOver("missed messages of a channel could not be fetched", conversation, thrown);
    }
  }

  /** @returns false when it must be tried again */
  async #findThreads(
    parentId: string,
    since: string,
    fetch: (rest: CatchUpOptions["rest"], parentId: string, since: string) => Promise<FoundThreads>,
  ): Promise<boolean> {
    const { directory, host, rest } = this.#options;
    const conversation = conversationOf(parentId);
    try {
      const { found, isCut } = await fetch(rest, parentId, since);
      for (const thread of found.threads) directory.learn(thread);
      for (const { channelId, after } of introducedTargets(await host.watermarks(), found.last, since)) {
        await this.#addChannel(channelId, after);
      }
      if (isCut) {
        this.#tellLeftOut(
          "More threads were archived while there was no connection than are looked through.",
          {
            conversation,
          },
        );
      }
      return true;
    } catch (thrown) {
      return this.#isOver("archived threads of a channel could not be listed", conversation, thrown);
    }
  }

  #isOver(what: string, conversation: string, thrown: unknown): boolean {
    this.#options.log.warn(what, { conversation, error: messageOf(thrown) });
    return isUnreadable(thrown);
  }

  #tellWhatIsNotTold(): void {
    this.#options.host.note({
      type: "inbound.not_fetched",
      level: "info",
      message:
        "The session with Discord was lost. What was written meanwhile is fetched, but Discord does not tell of the first direct message of a person.",
    });
  }

  #tellLeftOut(message: string, details: Readonly<Record<string, unknown>>): void {
    this.#options.host.note({ type: "inbound.not_fetched", level: "warn", message, details });
  }

  #disarm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
