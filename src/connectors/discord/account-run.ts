import type { SessionInfo } from "@discordjs/ws";
import type {
  APIGatewayBotInfo,
  APIInteraction,
  GatewayDispatchPayload,
  GatewayReadyDispatchData,
} from "discord-api-types/v10";
import { GatewayDispatchEvents } from "discord-api-types/v10";
import { detailsOf, messageOf, PalyraError } from "../../platform/errors.ts";
import type { AdapterHost } from "../connector-adapter.ts";
import type { ConnectorLogger } from "../logger.ts";
import type { AccountState } from "./account-state.ts";
import type { ChannelDirectory } from "./channel-directory.ts";
import type { FatalClose } from "./close-codes.ts";
import type { DiscordRest } from "./discord-rest.ts";
import {
  asLost,
  beginSession,
  type DiscordSession,
  fromResumable,
  type Heritage,
  heritageOf,
  storedHeritage,
  tokenTag,
  toResumable,
  toSessionInfo,
} from "./discord-session.ts";
import type { DiscordFacts } from "./discord-state.ts";
import { mayConnectTo } from "./egress.ts";
import { GatewayConnection, type GatewayOwner } from "./gateway-connection.ts";
import type { IdentifyGate } from "./identify-gate.ts";
import { InboundStream } from "./inbound-stream.ts";
import { readGateway } from "./read-gateway.ts";
import type { RunEnd } from "./run-end.ts";

/** Interruptions in a row after which the connection counts as faulty and not only as made again. */
const interruptionsTolerated = 2;

export interface AccountRunOptions {
  readonly connectorId: string;
  /** User ids of bots that are answered. */
  readonly answeredBots: ReadonlySet<string>;
  readonly apiBase: URL;
  readonly token: string;
  readonly rest: DiscordRest;
  readonly host: AdapterHost;
  readonly log: ConnectorLogger;
  readonly state: AccountState;
  readonly directory: ChannelDirectory;
  readonly identifyGate: IdentifyGate;
  /** Aborted when the connector stops. */
  readonly stopped: AbortSignal;
  /** A new session began, or the first one of this run was resumed, which does not tell the bot's application. */
  readonly onSession: (applicationId: string | null) => void;
  /** Resolves when it is answered; until then a resumed session brings it again. */
  readonly onInteraction: (interaction: APIInteraction) => Promise<void>;
}

/** One account with one token: its gateway connection, its session, and the events on their way in. */
export class AccountRun {
  readonly #options: AccountRunOptions;
  readonly #ended: Promise<RunEnd>;
  #resolveEnd: (end: RunEnd) => void = () => undefined;
  #stream: InboundStream | null = null;
  /** The session before the present one: it may know of messages that are still missed. */
  #lostStream: InboundStream | null = null;
  /** What the process before left. */
  #heritage: Heritage | null = null;
  #interruptions = 0;
  /** A session was begun or resumed in this run. */
  #hasSession = false;

  constructor(options: AccountRunOptions) {
    this.#options = options;
    this.#ended = new Promise((resolve) => {
      this.#resolveEnd = resolve;
    });
  }

  get token(): string {
    return this.#options.token;
  }

  /** The bot's own id, as soon as a session is known. */
  get botUserId(): string | null {
    return this.#stream?.session.botUserId ?? null;
  }

  /** Ends the run; the first reason counts. */
  end(reason: RunEnd): void {
    this.#resolveEnd(reason);
  }

  /**
   * Connects, and stays connected until the end.
   * @throws `discord_auth_failed`, `discord_unreachable` or `config_invalid` before the first connection
   */
  async run(): Promise<RunEnd> {
    const { apiBase, host, log, state, stopped, token } = this.#options;
    const information = await readGateway(this.#options);
    state.set({ tokenAccepted: true, readiness: "ready", lastError: null });
    const found = await host.loadSession();
    this.#heritage = storedHeritage(found);
    const stored = fromResumable(found, tokenTag(token));
    if (stored !== null && mayConnectTo(stored.session.resumeUrl, apiBase)) {
      this.#stream = this.#openStream(stored.session, stored.sequence, stored.session.knownSince);
      state.set({ identity: stored.session.botName, accountId: stored.session.botUserId });
    }
    if (stopped.aborted) return "stopped";
    const connection = new GatewayConnection(token, information, this.#owner(information), log);
    connection.start();
    const end = await this.#ended;
    log.info("disconnecting from Discord", { because: end });
    await connection.stop();
    if (end !== "store_fault") await this.#saveSession();
    return end;
  }

  /** No event is stored after this. */
  close(): void {
    this.#stream?.close();
  }

  /** Discord no longer takes the token. */
  refuseToken(): void {
    const error = new PalyraError("discord_auth_failed", "Discord refused the bot token.");
    this.#refuse({ readiness: "auth_failed", error });
  }

  #owner(information: APIGatewayBotInfo): GatewayOwner {
    const { identifyGate, state } = this.#options;
    let reading = { information, readAt: Date.now() };
    return {
      sessionInfo: () => this.#sessionInfo(),
      sessionLost: () => this.#loseSession(),
      mayIdentify: (signal) =>
        identifyGate.pass(
          {
            reading: () => reading,
            readAgain: async () => {
              reading = { information: await readGateway(this.#options), readAt: Date.now() };
            },
            exhausted: (waitMs) => this.#reportExhausted(waitMs),
            unreadable: (thrown) => this.#reportUnreadable(thrown),
          },
          signal,
        ),
      dispatch: (payload) => this.#dispatch(payload),
      established: (ready) => (ready === null ? this.#resumed() : this.#beginSession(ready)),
      interrupted: (code) => this.#interrupted(code),
      heartbeatAcknowledged: () => state.set({ lastAckAt: Date.now() }),
      ended: (fatal) => this.#refuse(fatal),
    };
  }

  #reportExhausted(waitMs: number): void {
    const minutes = Math.ceil(waitMs / 60_000);
    const error = new PalyraError(
      "discord_unreachable",
      `Discord allows the bot no further session for about ${minutes} minutes.`,
      { nextStep: "Wait; the bot connects by itself. Look in the logs for why it connected so often." },
    );
    this.#options.state.set({ lastError: error.toDetails() });
  }

  #reportUnreadable(thrown: unknown): void {
    const details = detailsOf(thrown);
    if (details.code === "discord_auth_failed") this.refuseToken();
    else this.#options.state.set({ lastError: details });
  }

  #sessionInfo(): SessionInfo | null {
    const stream = this.#stream;
    if (stream === null || stream.session.resumeUrl === "") return null;
    return toSessionInfo(stream.session, stream.sequence);
  }

  #beginSession(ready: GatewayReadyDispatchData): void {
    const { apiBase, log, onSession, state, token } = this.#options;
    const previous = this.#stream ?? this.#lostStream;
    previous?.detach();
    const before = heritageOf(previous?.session ?? null) ?? this.#heritage;
    // A resume address on a foreign host would hand the token over: without it the session is not resumed.
    const resumable = mayConnectTo(ready.resume_gateway_url, apiBase);
    if (!resumable) log.warn("the gateway names a resume address on another host");
    const resumeUrl = resumable ? ready.resume_gateway_url : "";
    const session = beginSession(ready, { resumeUrl, tokenTag: tokenTag(token) }, before, Date.now());
    const stream = this.#openStream(session, 0, before?.knownSince ?? "");
    this.#stream = stream;
    this.#established({
      identity: session.botName,
      accountId: session.botUserId,
      sessionsStarted: state.facts.sessionsStarted + 1,
    });
    stream.catchUp();
    stream.save().catch(() => this.end("store_fault"));
    this.#hasSession = true;
    // Compatible servers leave it out; commands are looked up then.
    const application: { readonly id: string } | undefined = ready.application;
    onSession(application?.id ?? null);
  }

  #resumed(): void {
    const { onSession, state } = this.#options;
    if (!this.#hasSession) onSession(null);
    this.#hasSession = true;
    this.#established({ sessionsResumed: state.facts.sessionsResumed + 1 });
    if (this.#stream?.session.backfillPending === true) this.#stream.catchUp();
  }

  #established(change: Partial<DiscordFacts>): void {
    const { log, state } = this.#options;
    this.#interruptions = 0;
    state.set({ ...change, phase: "ready", lastAckAt: Date.now(), lastError: null });
    log.info("connected to Discord", { resumed: change.sessionsResumed !== undefined });
  }

  #interrupted(code: number | null): void {
    const { state } = this.#options;
    this.#interruptions += 1;
    if (this.#interruptions < interruptionsTolerated) {
      state.set({ phase: "interrupted" });
      return;
    }
    const how = code === null ? "" : ` (code ${code})`;
    const error = new PalyraError("discord_unreachable", `The connection to Discord was lost${how}.`);
    state.set({ phase: "interrupted", lastError: error.toDetails() });
  }

  /** Edits, deletions and reactions of people change nothing that was answered: they only move the place on. */
  #dispatch(payload: GatewayDispatchPayload): void {
    const stream = this.#stream;
    if (stream === null) return;
    if (payload.t === GatewayDispatchEvents.MessageCreate) {
      stream.message(payload.d, payload.s);
      return;
    }
    if (payload.t === GatewayDispatchEvents.InteractionCreate) {
      void this.#options.onInteraction(payload.d).finally(stream.hold(payload.s));
      return;
    }
    if (payload.t === GatewayDispatchEvents.GuildCreate) stream.guild(payload.d, payload.s);
    else stream.passed(payload.s);
    if (payload.t === GatewayDispatchEvents.GuildDelete && payload.d.unavailable !== true) {
      stream.guildGone(payload.d.id);
    }
    this.#options.directory.observe(payload);
  }

  #refuse(fatal: FatalClose): void {
    const { state } = this.#options;
    state.set({
      phase: "ended",
      readiness: fatal.readiness,
      tokenAccepted: fatal.readiness !== "auth_failed" && state.facts.tokenAccepted,
      lastError: fatal.error.toDetails(),
    });
    this.end("refused");
  }

  #openStream(session: DiscordSession, sequence: number, quietSince: string): InboundStream {
    const { answeredBots, connectorId, directory, host, log, rest } = this.#options;
    const onStoreFault = (): void => this.end("store_fault");
    return new InboundStream({
      connectorId,
      answeredBots,
      session,
      sequence,
      quietSince,
      rest,
      directory,
      host,
      log,
      onStoreFault,
    });
  }

  #loseSession(): void {
    const stream = this.#stream;
    if (stream === null) return;
    stream.detach();
    this.#stream = null;
    this.#lostStream = stream;
    const lost = toResumable(asLost(stream.session), 0);
    this.#options.host.saveSession(lost).catch(() => this.end("store_fault"));
  }

  async #saveSession(): Promise<void> {
    try {
      await this.#stream?.save();
    } catch (thrown) {
      // The older place in the session that is stored only makes Discord repeat some events.
      this.#options.log.warn("the session could not be stored", { error: messageOf(thrown) });
    }
  }
}
