import type WebSocket from "ws";
import type { Clock } from "../clock.ts";
import type { Faults } from "../faults.ts";
import type { WireContext } from "../wire.ts";
import type { BotApplication, WorldEvent } from "../world/model.ts";
import { type Dispatch, dispatchesFor, guildCreate, shardOf } from "./audience.ts";
import { CloseCode, closeReasons, endsSession } from "./close-codes.ts";
import { Connection, type GatewayDesk } from "./connection.ts";
import { createEncoder, type Transport } from "./encoder.ts";
import { type Identify, type IncomingPayload, readIdentify, readResume } from "./incoming.ts";
import { Intent } from "./intents.ts";
import { answerMemberRequest } from "./member-requests.ts";
import { readyFields } from "./ready.ts";
import { Session } from "./session.ts";
import { type SessionStartLimit, SessionStarts } from "./session-starts.ts";

export interface GatewayOptions {
  readonly clock: Clock;
  readonly context: WireContext;
  readonly faults: Faults;
  readonly newSessionId: () => string;
  readonly newToken: (bot: BotApplication) => string;
  readonly resumeUrl: () => string;
  readonly heartbeatIntervalMs: number;
  readonly identifyTimeoutMs: number;
  readonly identifyIntervalMs: number;
  readonly maxConcurrency: number;
  readonly sessionStartTotal: number;
  readonly sessionLifetimeMs: number;
  readonly replayLimit: number;
  readonly applicationFlags: (bot: BotApplication) => number;
}

export interface GatewayLogEntry {
  readonly atMs: number;
  readonly connectionId: number;
  readonly sessionId: string | null;
  readonly direction: "in" | "out";
  readonly op: number;
  readonly t?: string;
  readonly s?: number;
}

export interface GatewayCounts {
  identifies: number;
  resumes: number;
  resumesOnResumeUrl: number;
  failedResumes: number;
  closes: { readonly code: number; readonly by: "client" | "server" }[];
}

const LOG_LIMIT = 10_000;
export const GATEWAY_PATH = "/gateway";
export const RESUME_PATH = "/gateway-resume";

/** The simulated gateway: sessions, who is told what, and what a client may do. */
export class Gateway {
  readonly counts: GatewayCounts = {
    identifies: 0,
    resumes: 0,
    resumesOnResumeUrl: 0,
    failedResumes: 0,
    closes: [],
  };
  readonly logEntries: GatewayLogEntry[] = [];
  readonly #options: GatewayOptions;
  readonly #desk: GatewayDesk;
  readonly #sessions = new Map<string, Session>();
  readonly #connections = new Set<Connection>();
  readonly #starts = new Map<string, SessionStarts>();
  readonly #listeners = new Set<() => void>();
  /** Servers that are not available now. */
  readonly #outages = new Set<string>();
  #nextConnectionId = 1;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#desk = {
      clock: options.clock,
      heartbeatIntervalMs: options.heartbeatIntervalMs,
      identifyTimeoutMs: options.identifyTimeoutMs,
      dropHeartbeatAcks: () => options.faults.dropHeartbeatAcks,
      onIdentify: (connection, d) => this.#identify(connection, d),
      onResume: (connection, d) => this.#resume(connection, d),
      onCommand: (connection, session, payload) => this.#command(connection, session, payload),
      onGone: (connection, code, by) => this.#gone(connection, code, by),
      log: (connection, direction, facts) => this.#log(connection, direction, facts),
    };
  }

  /** Takes over a new WebSocket. @param url request URL with its query */
  accept(socket: WebSocket, url: URL): void {
    const problem = urlProblem(url);
    if (problem !== null) {
      socket.close(problem, closeReasons[problem]);
      return;
    }
    const transport = (url.searchParams.get("compress") ?? "none") as Transport;
    const connection = new Connection({
      id: this.#nextConnectionId++,
      path: url.pathname.replace(/\/$/, ""),
      socket,
      encoder: createEncoder(transport),
      desk: this.#desk,
    });
    this.#connections.add(connection);
  }

  /** Tells every session that may know about an event in the world. */
  announce(event: WorldEvent): void {
    for (const session of this.#liveSessions()) {
      for (const { t, d } of dispatchesFor(this.#options.context, event, session)) {
        if (!this.#outages.has(guildOf(d))) session.dispatch(t, d);
      }
    }
  }

  /** Makes a server unavailable: nothing is told of it (Discord docs: Unavailable Guild Object). */
  beginOutage(guildId: string): void {
    for (const session of this.#liveSessions()) {
      if (this.#tellsOf(guildId, session))
        session.dispatch("GUILD_DELETE", { id: guildId, unavailable: true });
    }
    this.#outages.add(guildId);
  }

  /** Makes a server available again, which is told with GUILD_CREATE. */
  endOutage(guildId: string): void {
    this.#outages.delete(guildId);
    for (const session of this.#liveSessions()) {
      if (!this.#tellsOf(guildId, session)) continue;
      const { t, d } = guildCreate(this.#options.context, guildId, session);
      session.dispatch(t, d);
    }
  }

  /** Sends an interaction to every session of a bot that has shard 0 (Discord docs: Gateway, Sharding). */
  dispatchToBot(botUserId: string, dispatch: Dispatch): void {
    for (const session of this.#liveSessions()) {
      if (session.bot.userId === botUserId && session.shard[0] === 0)
        session.dispatch(dispatch.t, dispatch.d);
    }
  }

  sessionStartLimit(bot: BotApplication): SessionStartLimit {
    return this.#startsOf(bot).describe(this.#options.clock.now());
  }

  /** Sessions with a client attached, and those that wait for a resume. */
  sessions(): {
    id: string;
    botUserId: string;
    connected: boolean;
    seq: number;
    shard: readonly [number, number];
  }[] {
    return this.#liveSessions().map((session) => ({
      id: session.id,
      botUserId: session.bot.userId,
      connected: session.connection !== null,
      seq: session.seq,
      shard: session.shard,
    }));
  }

  isOnline(botUserId: string): boolean {
    return this.#liveSessions().some((one) => one.bot.userId === botUserId && one.connection !== null);
  }

  /** Calls `listener` when a bot may have gone on- or offline; returns a function that stops it. */
  onPresence(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  requestReconnect(): void {
    for (const connection of this.#connections) connection.send({ op: 7, d: null });
  }

  /** Sends op 9 to every client; sessions that cannot be resumed are forgotten. */
  invalidateSessions(resumable: boolean): void {
    for (const session of this.#liveSessions()) {
      const { connection } = session;
      connection?.send({ op: 9, d: resumable });
      if (connection) connection.session = null;
      session.connection = null;
      session.detachedAtMs = this.#options.clock.now();
      if (!resumable) this.#sessions.delete(session.id);
    }
  }

  closeConnections(code: number, reason?: string): void {
    for (const connection of this.#connections) {
      if (connection.session && endsSession(code)) this.#sessions.delete(connection.session.id);
      connection.close(code, reason);
    }
  }

  /** Cuts every connection without a close frame. */
  dropConnections(): void {
    for (const connection of this.#connections) connection.terminate();
  }

  /** Makes every open connection half-open; new connections work. */
  freezeConnections(): void {
    for (const connection of this.#connections) connection.freeze();
  }

  requestHeartbeats(): void {
    for (const connection of this.#connections) connection.send({ op: 1, d: null });
  }

  /** Sends raw text on every connection, for instance something that is no JSON. */
  sendRaw(text: string): void {
    for (const connection of this.#connections) connection.sendRaw(text);
  }

  /** Sends a numbered dispatch of any shape to every session. */
  sendDispatch(t: string, d: object): void {
    for (const session of this.#liveSessions()) session.dispatch(t, d);
  }

  #identify(connection: Connection, d: unknown): void {
    const identify = readIdentify(d, (token) => this.#options.context.world.botByToken(token));
    if (!identify.ok) {
      connection.close(identify.code);
      return;
    }
    const { bot, shard } = identify.value;
    const granted = this.#startsOf(bot).take(this.#options.clock.now(), shard[0]);
    if (granted === "tooSoon") {
      connection.send({ op: 9, d: false });
      return;
    }
    if (granted === "exhausted") {
      this.#resetToken(bot);
      connection.close(CloseCode.authenticationFailed);
      return;
    }
    this.#startSession(connection, identify.value);
  }

  #startSession(connection: Connection, identify: Identify): void {
    const { context } = this.#options;
    const { bot, intents, shard } = identify;
    this.counts.identifies += 1;
    const session = new Session({
      id: this.#options.newSessionId(),
      bot,
      intents,
      shard,
      replayLimit: this.#options.replayLimit,
    });
    this.#sessions.set(session.id, session);
    this.#attach(session, connection);
    connection.payloadCompression = identify.compress;
    const guilds = context.world
      .guildsOf(bot.userId)
      .filter((guild) => shardOf(guild.id, shard[1]) === shard[0]);
    session.dispatch("READY", {
      ...readyFields(context.world, session),
      resume_gateway_url: this.#options.resumeUrl(),
      guilds: guilds.map((guild) => ({ id: guild.id, unavailable: true })),
      application: { id: bot.applicationId, flags: this.#options.applicationFlags(bot) },
      ...(identify.sharded ? { shard } : {}),
    });
    if (intents & Intent.GUILDS) {
      for (const guild of guilds) {
        if (this.#outages.has(guild.id)) continue;
        const { t, d } = guildCreate(context, guild.id, session);
        session.dispatch(t, d);
      }
    }
  }

  #tellsOf(guildId: string, { bot, intents, shard }: Session): boolean {
    const isIn = this.#options.context.world.guildsOf(bot.userId).some(({ id }) => id === guildId);
    return (intents & Intent.GUILDS) !== 0 && isIn && shardOf(guildId, shard[1]) === shard[0];
  }

  #resume(connection: Connection, d: unknown): void {
    const resume = readResume(d);
    if (!resume.ok) {
      connection.close(resume.code);
      return;
    }
    const { token, sessionId, seq } = resume.value;
    const bot = this.#options.context.world.botByToken(token);
    if (!bot) {
      connection.close(CloseCode.authenticationFailed);
      return;
    }
    const session = this.#liveSessions().find((one) => one.id === sessionId && one.bot === bot);
    if (session && (seq > session.seq || seq < 0)) {
      this.#sessions.delete(session.id);
      this.counts.failedResumes += 1;
      connection.close(CloseCode.invalidSeq);
      return;
    }
    const missed = session?.missedSince(seq);
    if (!session || !missed) {
      if (session) this.#sessions.delete(session.id);
      this.counts.failedResumes += 1;
      connection.send({ op: 9, d: false });
      return;
    }
    this.counts.resumes += 1;
    if (connection.path === RESUME_PATH) this.counts.resumesOnResumeUrl += 1;
    const previous = session.connection;
    this.#attach(session, connection);
    if (previous) {
      previous.session = null;
      previous.close(CloseCode.unknownError);
    }
    for (const dispatch of missed) connection.sendDispatch(dispatch);
    session.dispatch("RESUMED", { _trace: ['["simulator"]'] });
  }

  /** Presence and voice commands need no answer. */
  #command(connection: Connection, session: Session, payload: IncomingPayload): void {
    const answer =
      payload.op === 8 ? answerMemberRequest(this.#options.context.world, session, payload.d) : null;
    if (typeof answer === "number") connection.close(answer);
    else if (answer !== null) session.dispatch("GUILD_MEMBERS_CHUNK", answer);
    else if (typeof payload.d !== "object" || payload.d === null) connection.close(CloseCode.decodeError);
  }

  #attach(session: Session, connection: Connection): void {
    session.connection = connection;
    session.detachedAtMs = null;
    connection.session = session;
    for (const listener of this.#listeners) listener();
  }

  #gone(connection: Connection, code: number, by: "client" | "server"): void {
    this.#connections.delete(connection);
    const { session } = connection;
    this.counts.closes.push({ code, by });
    if (session?.connection !== connection) return;
    session.connection = null;
    session.detachedAtMs = this.#options.clock.now();
    if (endsSession(code)) this.#sessions.delete(session.id);
    for (const listener of this.#listeners) listener();
  }

  #liveSessions(): Session[] {
    const oldest = this.#options.clock.now() - this.#options.sessionLifetimeMs;
    for (const session of this.#sessions.values()) {
      if (session.detachedAtMs !== null && session.detachedAtMs < oldest) this.#sessions.delete(session.id);
    }
    return [...this.#sessions.values()];
  }

  /** Discord docs: Gateway, Identifying: too many starts end all sessions and reset the token. */
  #resetToken(bot: BotApplication): void {
    bot.token = this.#options.newToken(bot);
    for (const session of this.#liveSessions()) {
      if (session.bot !== bot) continue;
      this.#sessions.delete(session.id);
      session.connection?.close(CloseCode.authenticationFailed);
    }
  }

  #startsOf(bot: BotApplication): SessionStarts {
    let starts = this.#starts.get(bot.userId);
    if (!starts) {
      starts = new SessionStarts({
        total: this.#options.sessionStartTotal,
        maxConcurrency: this.#options.maxConcurrency,
        intervalMs: this.#options.identifyIntervalMs,
      });
      this.#starts.set(bot.userId, starts);
    }
    return starts;
  }

  #log(connection: Connection, direction: "in" | "out", facts: { op: number; t?: string; s?: number }): void {
    this.logEntries.push({
      atMs: this.#options.clock.now(),
      connectionId: connection.id,
      sessionId: connection.session?.id ?? null,
      direction,
      ...facts,
    });
    if (this.logEntries.length > LOG_LIMIT) this.logEntries.shift();
  }
}

function urlProblem(url: URL): CloseCode | null {
  if (url.searchParams.get("v") !== "10") return CloseCode.invalidApiVersion;
  if (url.searchParams.get("encoding") !== "json") return CloseCode.decodeError;
  const compress = url.searchParams.get("compress");
  return compress === null || compress === "zlib-stream" || compress === "zstd-stream"
    ? null
    : CloseCode.decodeError;
}

/** The server a dispatch is about; empty for none. */
function guildOf(d: object): string {
  return "guild_id" in d && typeof d.guild_id === "string" ? d.guild_id : "";
}
