import { DiscordAPIError } from "@discordjs/rest";
import type { SessionInfo } from "@discordjs/ws";
import type {
  APIGatewayBotInfo,
  GatewayDispatchPayload,
  GatewayReadyDispatchData,
} from "discord-api-types/v10";
import { GatewayDispatchEvents } from "discord-api-types/v10";
import type { DeliveryOutcome, OutboundMessageRequest } from "../../contracts/connector.ts";
import type { ErrorDetails } from "../../contracts/errors.ts";
import { detailsOf, messageOf, PalyraError } from "../../platform/errors.ts";
import type { AdapterHost, AdapterState, ConnectorAdapter } from "../connector-adapter.ts";
import type { ConnectorLogger } from "../logger.ts";
import { retryDelay } from "../retry-policy.ts";
import { splitMessage } from "../split-message.ts";
import { ChannelDirectory } from "./channel-directory.ts";
import type { FatalClose } from "./close-codes.ts";
import { DiscordRest } from "./discord-rest.ts";
import { type DiscordSession, fromResumable, tokenTag, toSessionInfo } from "./discord-session.ts";
import { adapterState, type DiscordFacts, staleHeartbeatMs } from "./discord-state.ts";
import { checkApiBase, mayConnectTo } from "./egress.ts";
import { GatewayConnection, type GatewayOwner } from "./gateway-connection.ts";
import { decideIdentify } from "./identify-budget.ts";
import { channelOf } from "./ids.ts";
import { InboundStream } from "./inbound-stream.ts";
import { findSentMessage, sendMessage } from "./sender.ts";

/** Longest text of one Discord message, in characters. */
const messageLimit = 2_000;
/** Interruptions in a row after which the connection counts as faulty and not only as made again. */
const interruptionsTolerated = 2;

export interface DiscordAdapterOptions {
  readonly connectorId: string;
  readonly apiBase: string;
  /** Reference of the bot token. */
  readonly tokenRef: string;
  readonly host: AdapterHost;
  readonly log: ConnectorLogger;
}

/** Errors after which the adapter tries again by itself. */
const mendedByWaiting: ReadonlySet<ErrorDetails["code"]> = new Set([
  "discord_unreachable",
  "secret_store_unavailable",
  "service_unavailable",
  "storage_failed",
  "internal_error",
]);

/** Why one run with one token ended. */
type RunEnd = "stopped" | "token_changed" | "refused" | "store_fault";

/** One bot account on Discord. */
export class DiscordAdapter implements ConnectorAdapter {
  readonly typingIntervalMs = 8_000;
  readonly #options: DiscordAdapterOptions;
  readonly #stopped = new AbortController();
  readonly #directory = new ChannelDirectory();
  #facts: DiscordFacts = {
    phase: "stopped",
    readiness: "unknown",
    tokenAccepted: false,
    lastAckAt: null,
    identity: null,
    sessionsStarted: 0,
    sessionsResumed: 0,
    lastError: null,
  };
  #rest: DiscordRest | null = null;
  #token: string | null = null;
  #stream: InboundStream | null = null;
  #running: Promise<void> = Promise.resolve();
  /** Ends the present run. */
  #endRun: ((end: RunEnd) => void) | null = null;
  /** Ends the present wait for a change. */
  #wake: (() => void) | null = null;
  #lastIdentifyAt: number | null = null;
  #interruptions = 0;
  #staleTimer: NodeJS.Timeout | null = null;

  constructor(options: DiscordAdapterOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort(new Error("the connector is stopping"));
    this.#endRun?.("stopped");
    this.#wake?.();
    await this.#running;
    this.#set({ phase: "stopped" });
  }

  dispose(): void {
    this.#disarmStale();
    this.#rest?.dispose();
    this.#rest = null;
    this.#facts = { ...this.#facts, tokenAccepted: false };
  }

  state(): AdapterState {
    return adapterState(this.#facts, Date.now());
  }

  split(text: string): string[] {
    return splitMessage(text, messageLimit);
  }

  async send(request: OutboundMessageRequest): Promise<DeliveryOutcome> {
    const rest = this.#rest;
    if (rest === null) {
      const reason = "the connector has no token yet";
      return { kind: "retry", class: "connector_restarting", reason, retry_after_ms: null };
    }
    const outcome = await sendMessage(rest, request);
    if (outcome.kind === "permanent_failure" && outcome.class === "auth_failed") this.#refuseToken();
    return outcome;
  }

  async findSent(request: OutboundMessageRequest, notBefore: number): Promise<string | null> {
    const botUserId = this.#stream?.session.botUserId;
    if (this.#rest === null || botUserId === undefined) {
      throw new PalyraError("service_unavailable", "The connector does not know its own account yet.");
    }
    return await findSentMessage(this.#rest, request, botUserId, notBefore);
  }

  async showTyping(conversationId: string): Promise<void> {
    const channel = channelOf(conversationId);
    if (channel === null || this.#rest === null) return;
    try {
      await this.#rest.showTyping(channel);
    } catch (thrown) {
      this.#options.log.debug("typing could not be shown", { error: messageOf(thrown) });
    }
  }

  credentialsChanged(ref: string | null): void {
    if (ref === null) this.#wake?.();
    else if (ref === this.#options.tokenRef) {
      this.#wake?.();
      void this.#restartIfTokenDiffers();
    }
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopped.signal.aborted) {
      const end = await this.#runOnce().catch((thrown: unknown): ErrorDetails => detailsOf(thrown));
      this.#leaveRun();
      if (end === "stopped" || this.#stopped.signal.aborted) return;
      if (end === "token_changed") {
        failures = 0;
      } else if (end === "refused") {
        failures = 0;
        await this.#waitForChange(null);
      } else {
        failures += 1;
        if (end !== "store_fault") this.#fail(end);
        await this.#waitForChange(mendsItself(end) ? retryDelay(failures, Math.random()) : null);
      }
    }
  }

  /** One run with one token: from asking for it to the end of its connection. */
  async #runOnce(): Promise<RunEnd> {
    const { host, log, tokenRef } = this.#options;
    this.#set({ phase: "waiting_for_secret", tokenAccepted: false });
    const apiBase = checkApiBase(this.#options.apiBase);
    const token = await host.secret(tokenRef, this.#stopped.signal);
    this.#token = token;
    this.#set({ phase: "connecting" });
    const rest = new DiscordRest(this.#options.apiBase, token, this.#stopped.signal);
    this.#rest = rest;
    const information = await this.#readGateway(rest, apiBase);
    this.#set({ tokenAccepted: true, readiness: "ready", lastError: null });

    const stored = fromResumable(await host.loadSession(), tokenTag(token));
    if (stored !== null && mayConnectTo(stored.session.resumeUrl, apiBase)) {
      this.#stream = this.#openStream(rest, stored.session, stored.sequence);
      this.#set({ identity: stored.session.botName });
    }
    if (this.#stopped.signal.aborted) return "stopped";
    const ended = new Promise<RunEnd>((resolve) => {
      this.#endRun = resolve;
    });
    const owner = this.#owner(rest, apiBase, information, token);
    const connection = new GatewayConnection(token, information, owner, log);
    connection.start();
    const end = await ended;
    log.info("disconnecting from Discord", { because: end });
    await connection.stop();
    if (end !== "store_fault") await this.#saveSession();
    return end;
  }

  #owner(rest: DiscordRest, apiBase: URL, information: APIGatewayBotInfo, token: string): GatewayOwner {
    let reading = { information, readAt: Date.now() };
    const readAgain = async (): Promise<void> => {
      reading = { information: await this.#readGateway(rest, apiBase), readAt: Date.now() };
    };
    return {
      sessionInfo: () => this.#sessionInfo(),
      sessionLost: () => this.#loseSession(),
      mayIdentify: (signal) => this.#mayIdentify(() => reading, readAgain, signal),
      dispatch: (payload) => this.#dispatch(payload),
      established: (ready) => {
        if (ready !== null) this.#beginSession(rest, ready, token, apiBase);
        else this.#resumed();
      },
      interrupted: (code) => this.#interrupted(code),
      heartbeatAcknowledged: () => this.#set({ lastAckAt: Date.now() }),
      ended: (fatal) => this.#refuse(fatal),
    };
  }

  /** @throws `discord_auth_failed`, `discord_unreachable`, or `config_invalid` for a forbidden address */
  async #readGateway(rest: DiscordRest, apiBase: URL): Promise<APIGatewayBotInfo> {
    try {
      const information = await rest.gatewayBot();
      if (mayConnectTo(information.url, apiBase)) return information;
    } catch (thrown) {
      if (thrown instanceof DiscordAPIError && thrown.status === 401) {
        throw new PalyraError("discord_auth_failed", "Discord refused the bot token.", { cause: thrown });
      }
      throw new PalyraError("discord_unreachable", `Discord cannot be reached: ${messageOf(thrown)}.`, {
        cause: thrown,
      });
    }
    throw new PalyraError(
      "config_invalid",
      `${apiBase.host} names a gateway on a host that is not its own.`,
      {
        nextStep: "Correct “api_base” of the channel in palyra.toml.",
      },
    );
  }

  async #mayIdentify(
    reading: () => Parameters<typeof decideIdentify>[0],
    readAgain: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    for (let failures = 0; ; ) {
      signal.throwIfAborted();
      const decision = decideIdentify(reading(), this.#lastIdentifyAt, Date.now());
      if (decision.kind === "go") break;
      if (decision.kind === "wait") {
        if (decision.exhausted) this.#reportExhausted(decision.ms);
        await pause(decision.ms, signal);
        continue;
      }
      try {
        await readAgain();
        failures = 0;
      } catch (thrown) {
        const details = detailsOf(thrown);
        if (details.code === "discord_auth_failed") this.#refuseToken();
        else this.#set({ lastError: details });
        failures += 1;
        await pause(retryDelay(failures, Math.random()), signal);
      }
    }
    this.#lastIdentifyAt = Date.now();
  }

  #reportExhausted(waitMs: number): void {
    const minutes = Math.ceil(waitMs / 60_000);
    const error = new PalyraError(
      "discord_unreachable",
      `Discord allows the bot no further session for about ${minutes} minutes.`,
      { nextStep: "Wait; the bot connects by itself. Look in the logs for why it connected so often." },
    );
    this.#set({ lastError: error.toDetails() });
  }

  #sessionInfo(): SessionInfo | null {
    const stream = this.#stream;
    if (stream === null || stream.session.resumeUrl === "") return null;
    return toSessionInfo(stream.session, stream.sequence);
  }

  #beginSession(rest: DiscordRest, ready: GatewayReadyDispatchData, token: string, apiBase: URL): void {
    this.#stream?.detach();
    // A resume address on a foreign host would hand the token over: without it the session is not resumed.
    const resumable = mayConnectTo(ready.resume_gateway_url, apiBase);
    if (!resumable) this.#options.log.warn("the gateway names a resume address on another host");
    const session: DiscordSession = {
      sessionId: ready.session_id,
      resumeUrl: resumable ? ready.resume_gateway_url : "",
      botUserId: ready.user.id,
      botName: ready.user.username,
      tokenTag: tokenTag(token),
      backfillPending: true,
    };
    const stream = this.#openStream(rest, session, 0);
    this.#stream = stream;
    this.#established({ identity: session.botName, sessionsStarted: this.#facts.sessionsStarted + 1 });
    stream.save().catch(() => this.#endRun?.("store_fault"));
    stream.catchUp();
  }

  #resumed(): void {
    this.#established({ sessionsResumed: this.#facts.sessionsResumed + 1 });
    if (this.#stream?.session.backfillPending === true) this.#stream.catchUp();
  }

  #established(change: Partial<DiscordFacts>): void {
    this.#interruptions = 0;
    this.#set({ ...change, phase: "ready", lastAckAt: Date.now(), lastError: null });
    this.#options.log.info("connected to Discord", { resumed: change.sessionsResumed !== undefined });
  }

  #interrupted(code: number | null): void {
    this.#interruptions += 1;
    if (this.#interruptions < interruptionsTolerated) {
      this.#set({ phase: "interrupted" });
      return;
    }
    const how = code === null ? "" : ` (code ${code})`;
    const error = new PalyraError("discord_unreachable", `The connection to Discord was lost${how}.`);
    this.#set({ phase: "interrupted", lastError: error.toDetails() });
  }

  #dispatch(payload: GatewayDispatchPayload): void {
    const stream = this.#stream;
    if (stream === null) return;
    this.#directory.observe(payload);
    if (payload.t === GatewayDispatchEvents.MessageCreate) stream.message(payload.d, payload.s);
    else stream.passed(payload.s);
  }

  #refuse(fatal: FatalClose): void {
    this.#set({
      phase: "ended",
      readiness: fatal.readiness,
      tokenAccepted: fatal.readiness !== "auth_failed" && this.#facts.tokenAccepted,
      lastError: fatal.error.toDetails(),
    });
    this.#endRun?.("refused");
  }

  #refuseToken(): void {
    const error = new PalyraError("discord_auth_failed", "Discord refused the bot token.");
    this.#refuse({ readiness: "auth_failed", error });
  }

  /** Shows why a run did not come to a connection. */
  #fail(error: ErrorDetails): void {
    this.#options.log.warn("cannot connect to Discord", { code: error.code, error: error.message });
    this.#set({
      phase: mendsItself(error) ? "interrupted" : "ended",
      lastError: error,
      ...readinessOf(error),
    });
  }

  async #restartIfTokenDiffers(): Promise<void> {
    if (this.#endRun === null) return;
    try {
      const token = await this.#options.host.secret(this.#options.tokenRef, this.#stopped.signal);
      if (token !== this.#token) this.#endRun?.("token_changed");
    } catch (thrown) {
      // A token that is gone is no longer to be used.
      this.#options.log.warn("the changed token cannot be read", { error: messageOf(thrown) });
      this.#endRun?.("token_changed");
    }
  }

  #openStream(rest: DiscordRest, session: DiscordSession, sequence: number): InboundStream {
    const { connectorId, host, log } = this.#options;
    return new InboundStream({
      connectorId,
      session,
      sequence,
      rest,
      directory: this.#directory,
      host,
      log,
      onStoreFault: () => this.#endRun?.("store_fault"),
    });
  }

  #loseSession(): void {
    this.#stream?.detach();
    this.#stream = null;
    this.#options.host.saveSession(null).catch(() => this.#endRun?.("store_fault"));
  }

  async #saveSession(): Promise<void> {
    try {
      await this.#stream?.save();
    } catch (thrown) {
      // The older place in the session that is stored only makes Discord repeat some events.
      this.#options.log.warn("the session could not be stored", { error: messageOf(thrown) });
    }
  }

  #leaveRun(): void {
    this.#endRun = null;
    this.#stream?.close();
    this.#token = null;
    // Until `dispose`, replies in hand can still be sent and found.
    if (this.#stopped.signal.aborted) return;
    this.#stream = null;
    this.#rest?.dispose();
    this.#rest = null;
  }

  /** Waits for `delayMs`, or with null without end, for new credentials or a stop. */
  async #waitForChange(delayMs: number | null): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = delayMs === null ? null : setTimeout(resolve, delayMs);
      this.#wake = () => {
        if (timer !== null) clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
  }

  #set(change: Partial<DiscordFacts>): void {
    this.#facts = { ...this.#facts, ...change };
    this.#disarmStale();
    if (this.#facts.phase === "ready") {
      // Without a further acknowledgement the connection becomes doubtful, which is a change to tell.
      this.#staleTimer = setTimeout(() => this.#options.host.stateChanged(), staleHeartbeatMs + 1);
      this.#staleTimer.unref();
    }
    this.#options.host.stateChanged();
  }

  #disarmStale(): void {
    if (this.#staleTimer !== null) clearTimeout(this.#staleTimer);
    this.#staleTimer = null;
  }
}

/** Whether waiting can help; everything else needs a person first. */
function mendsItself(end: ErrorDetails | "store_fault"): boolean {
  if (end === "store_fault") return true;
  return mendedByWaiting.has(end.code);
}

function readinessOf(error: ErrorDetails): Partial<DiscordFacts> {
  switch (error.code) {
    case "discord_auth_failed":
      return { readiness: "auth_failed", tokenAccepted: false };
    case "secret_missing":
    case "secrets_elsewhere":
      return { readiness: "missing_credential", tokenAccepted: false };
    case "config_invalid":
      return { readiness: "misconfigured", tokenAccepted: false };
    default:
      return {};
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(
      () => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      },
      Math.min(ms, 2 ** 31 - 1),
    );
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
