import {
  CloseCodes,
  Encoding,
  type SessionInfo,
  WebSocketShard,
  WebSocketShardDestroyRecovery,
  WebSocketShardEvents,
  WebSocketShardStatus,
} from "@discordjs/ws";
import {
  type APIGatewayBotInfo,
  type GatewayDispatchPayload,
  GatewayIntentBits,
  type GatewayReadyDispatchData,
} from "discord-api-types/v10";
import { messageOf } from "../../platform/errors.ts";
import type { ConnectorLogger } from "../logger.ts";
import { type FatalClose, fatalClose } from "./close-codes.ts";
import { pause } from "./pause.ts";
import {
  afterConnection,
  freshReconnectState,
  mustForgetSession,
  type ReconnectState,
  reconnectDelay,
} from "./reconnect-policy.ts";

const intents =
  GatewayIntentBits.Guilds |
  GatewayIntentBits.GuildMessages |
  GatewayIntentBits.DirectMessages |
  GatewayIntentBits.MessageContent;

/** How long Discord has to answer a RESUME, in milliseconds. */
const resumeTimeoutMs = 20_000;
/** A closing handshake that takes longer than this is not waited for, in milliseconds. */
const closeTimeoutMs = 2_000;
/** Least wait before IDENTIFY after a session was declared invalid; as much again at random, ms. */
const invalidSessionDelayMs = 1_000;
/** After these codes a session cannot be resumed (Discord, "Gateway close event codes"). */
const sessionEndingCodes: ReadonlySet<number> = new Set([4007, 4009]);

/** What the connection asks of its owner. Sessions and sequences are the owner's: they must be durable. */
export interface GatewayOwner {
  /** Session to resume, with the last durable sequence; null to identify. */
  sessionInfo(): SessionInfo | null;
  /** The session is lost: the next connection identifies. */
  sessionLost(): void;
  /** May be called again and again; must not resolve before another IDENTIFY is allowed. */
  mayIdentify(signal: AbortSignal): Promise<void>;
  dispatch(payload: GatewayDispatchPayload): void;
  /** READY (with its data) or RESUMED (null) came. */
  established(ready: GatewayReadyDispatchData | null): void;
  /** The connection ended and is made again, now or after `delayMs`. */
  interrupted(closeCode: number | null): void;
  heartbeatAcknowledged(): void;
  /** Connecting again cannot help; the connection is over. */
  ended(fatal: FatalClose): void;
}

/** The socket inside the library's shard. */
interface ShardSocket {
  readonly readyState: number;
  addEventListener(type: "error" | "close", listener: () => void): void;
  close(): void;
}

/** `WebSocket.CONNECTING` */
const connecting = 0;

interface Attempt {
  readonly resuming: boolean;
  sawHello: boolean;
  closed: boolean;
  readyAt: number | null;
}

/**
 * One account's connection to Discord's gateway, over `WebSocketShard` of @discordjs/ws, with what it
 * lacks: waits between connections that fail, a limit of failed RESUMEs, sessions that survive network
 * faults and this process.
 */
export class GatewayConnection {
  readonly #owner: GatewayOwner;
  readonly #log: ConnectorLogger;
  readonly #shard: WebSocketShard;
  readonly #stopped = new AbortController();
  #attempt: Attempt | null = null;
  #reconnects: ReconnectState = freshReconnectState;
  #invalidated = false;
  #resumeTimer: NodeJS.Timeout | null = null;

  constructor(token: string, information: APIGatewayBotInfo, owner: GatewayOwner, log: ConnectorLogger) {
    this.#owner = owner;
    this.#log = log;
    this.#shard = new WebSocketShard(
      {
        options: {
          token,
          intents,
          gatewayInformation: information,
          shardCount: 1,
          version: "10",
          encoding: Encoding.JSON,
          compression: null,
          useIdentifyCompression: false,
          identifyProperties: { browser: "palyra", device: "palyra", os: process.platform },
          initialPresence: null,
          largeThreshold: null,
          handshakeTimeout: 15_000,
          helloTimeout: 20_000,
          readyTimeout: 30_000,
        },
        retrieveSessionInfo: () => this.#retrieveSession(),
        updateSessionInfo: (_shard, session) => this.#sessionUpdated(session),
        waitForIdentify: (_shard, signal) =>
          owner.mayIdentify(AbortSignal.any([signal, this.#stopped.signal])),
      },
      0,
    );
    this.#listen();
  }

  start(): void {
    this.#shard.connect().catch((error: unknown) => {
      // A fatal close also rejects here; it has been reported by its code.
      this.#log.debug("connecting ended", { error: messageOf(error) });
    });
  }

  /** Closes so that the session can be resumed by whoever comes next. */
  async stop(): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    this.#halt();
    const socket = this.#socket();
    const closing = this.#shard.destroy({ code: CloseCodes.Resuming, reason: "restarting" });
    let timer: NodeJS.Timeout | undefined;
    const gone = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, closeTimeoutMs);
      // What waited inside the library gives up at the same time, and the library then forgets who else waits.
      socket?.addEventListener("close", () => resolve());
    });
    try {
      await Promise.race([closing, gone]);
    } catch (thrown) {
      this.#log.debug("closing the gateway connection failed", { error: messageOf(thrown) });
    } finally {
      clearTimeout(timer);
      // The library leaves a handshake in hand to itself.
      if (socket?.readyState === connecting) socket.close();
    }
  }

  /** Gives up the present connection and resumes. */
  reconnect(reason: string): void {
    this.#shard.destroy({ reason, recover: WebSocketShardDestroyRecovery.Resume }).catch((error: unknown) => {
      this.#log.warn("reconnecting failed", { error: messageOf(error) });
    });
  }

  #halt(): void {
    this.#stopped.abort(new Error("the connection was stopped"));
    this.#disarmResume();
  }

  #listen(): void {
    const { Closed, Debug, Dispatch, HeartbeatComplete, Hello, Ready, Resumed } = WebSocketShardEvents;
    this.#shard.on(Hello, () => this.#guard("hello", () => this.#sawHello()));
    this.#shard.on(Ready, (data) => this.#guard("ready", () => this.#established(data)));
    this.#shard.on(Resumed, () => this.#guard("resumed", () => this.#established(null)));
    this.#shard.on(Closed, (code) => this.#guard("closed", () => this.#closed(code)));
    this.#shard.on(HeartbeatComplete, () =>
      this.#guard("heartbeat", () => this.#owner.heartbeatAcknowledged()),
    );
    this.#shard.on(Dispatch, (payload) =>
      this.#guard(`dispatch ${payload.t}`, () => {
        if (!this.#stopped.signal.aborted) this.#owner.dispatch(payload);
      }),
    );
    this.#shard.on(WebSocketShardEvents.Error, (error) =>
      this.#log.warn("gateway error", { error: error.message }),
    );
    this.#shard.on(WebSocketShardEvents.SocketError, (error) =>
      this.#log.debug("gateway socket error", { error: messageOf(error) }),
    );
    this.#shard.on(Debug, (message) => this.#log.debug("gateway", { detail: message }));
  }

  /** One event the provider got wrong must not end the process. */
  #guard(what: string, handle: () => void): void {
    try {
      handle();
    } catch (thrown) {
      this.#log.error("gateway event could not be handled", { what, error: messageOf(thrown) });
    }
  }

  /** The library asks for the session with each event, and first of all before it connects. */
  #retrieveSession(): SessionInfo | null | Promise<SessionInfo | null> {
    if (this.#shard.status !== WebSocketShardStatus.Idle) return this.#owner.sessionInfo();
    return this.#beforeConnecting();
  }

  async #beforeConnecting(): Promise<SessionInfo | null> {
    this.#endAttempt(null);
    await this.#wait();
    if (mustForgetSession(this.#reconnects)) {
      this.#log.warn("the session could not be resumed and is given up");
      this.#owner.sessionLost();
      this.#reconnects = { ...this.#reconnects, failedResumes: 0 };
    }
    const session = this.#owner.sessionInfo();
    // The library makes the socket as soon as it has the session.
    setImmediate(() => this.#watchSocket());
    this.#attempt = { resuming: session !== null, sawHello: false, closed: false, readyAt: null };
    return session;
  }

  /**
   * The library takes its error handler away when it gives a connection up, also one whose handshake is still under
   * way: an error of that one would then end the process.
   */
  #watchSocket(): void {
    this.#socket()?.addEventListener("error", () => this.#log.debug("gateway socket ended with an error"));
  }

  #socket(): ShardSocket | null {
    return (this.#shard as unknown as { readonly connection: ShardSocket | null }).connection;
  }

  /** Resolves when the next connection may be made; never after a stop, which holds the library back. */
  async #wait(): Promise<void> {
    let delay = reconnectDelay(this.#reconnects, Math.random());
    if (this.#invalidated) delay = Math.max(delay, invalidSessionDelayMs * (1 + Math.random()));
    this.#invalidated = false;
    if (delay > 0) {
      this.#log.info("waiting before the next connection", { delay_ms: Math.round(delay) });
      // A stop ends the wait too.
      await pause(delay, this.#stopped.signal).catch(() => undefined);
    }
    if (this.#stopped.signal.aborted) await new Promise<never>(() => undefined);
  }

  #sessionUpdated(session: SessionInfo | null): void {
    if (session !== null || this.#stopped.signal.aborted) return;
    // The library drops the session on many occasions. Only INVALID_SESSION, which closes from our side
    // after a hello, really ends it; what else ends it is told by the close code.
    if (this.#attempt?.sawHello === true && !this.#attempt.closed) {
      this.#invalidated = true;
      this.#owner.sessionLost();
    }
  }

  #sawHello(): void {
    if (this.#attempt === null) return;
    this.#attempt.sawHello = true;
    if (!this.#attempt.resuming) return;
    this.#resumeTimer = setTimeout(() => this.reconnect("no answer to RESUME"), resumeTimeoutMs);
  }

  #established(ready: GatewayReadyDispatchData | null): void {
    this.#disarmResume();
    if (this.#attempt !== null) this.#attempt.readyAt = Date.now();
    this.#owner.established(ready);
  }

  #closed(code: number): void {
    this.#disarmResume();
    if (this.#stopped.signal.aborted) return;
    this.#log.info("gateway connection closed", { code });
    const fatal = fatalClose(code);
    if (fatal !== null) {
      this.#halt();
      this.#owner.ended(fatal);
      return;
    }
    if (sessionEndingCodes.has(code)) this.#owner.sessionLost();
    this.#endAttempt(code);
  }

  #endAttempt(code: number | null): void {
    const attempt = this.#attempt;
    if (attempt === null || attempt.closed) return;
    attempt.closed = true;
    this.#reconnects = afterConnection(this.#reconnects, {
      wasResuming: attempt.resuming,
      readyForMs: attempt.readyAt === null ? null : Date.now() - attempt.readyAt,
    });
    this.#owner.interrupted(code);
  }

  #disarmResume(): void {
    if (this.#resumeTimer !== null) clearTimeout(this.#resumeTimer);
    this.#resumeTimer = null;
  }
}
