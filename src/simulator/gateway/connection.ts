import zlib from "node:zlib";
import type WebSocket from "ws";
import type { Clock } from "../clock.ts";
import { CloseCode, closeReasons } from "./close-codes.ts";
import type { Encoder } from "./encoder.ts";
import { type IncomingPayload, readPayload } from "./incoming.ts";
import type { NumberedDispatch, Session, SessionConnection } from "./session.ts";

/** Discord docs: Gateway, Rate Limiting. */
const MAX_PAYLOADS_PER_WINDOW = 120;
const PAYLOAD_WINDOW_MS = 60_000;

/** What the connection asks of the gateway behind it. */
export interface GatewayDesk {
  readonly clock: Clock;
  readonly heartbeatIntervalMs: number;
  readonly identifyTimeoutMs: number;
  readonly dropHeartbeatAcks: () => boolean;
  onIdentify(connection: Connection, d: unknown): void;
  onResume(connection: Connection, d: unknown): void;
  onCommand(connection: Connection, session: Session, payload: IncomingPayload): void;
  onGone(connection: Connection, code: number, by: "client" | "server"): void;
  log(connection: Connection, direction: "in" | "out", facts: { op: number; t?: string; s?: number }): void;
}

/** One WebSocket connection: framing, heartbeats, limits; sessions are the gateway's business. */
export class Connection implements SessionConnection {
  readonly id: number;
  readonly path: string;
  session: Session | null = null;
  payloadCompression = false;
  readonly #socket: WebSocket;
  readonly #desk: GatewayDesk;
  readonly #encoder: Encoder;
  readonly #received: number[] = [];
  #frozen = false;
  #closed = false;
  #closedByServer = false;
  #cancelHeartbeat: () => void = () => undefined;
  readonly #cancelIdentify: () => void;

  constructor(facts: { id: number; path: string; socket: WebSocket; encoder: Encoder; desk: GatewayDesk }) {
    this.id = facts.id;
    this.path = facts.path;
    this.#socket = facts.socket;
    this.#encoder = facts.encoder;
    this.#desk = facts.desk;
    this.#socket.on("message", (data, isBinary) => this.#onMessage(data as Buffer, isBinary));
    this.#socket.on("close", (code) => this.#onClose(code));
    this.#socket.on("error", () => this.#socket.terminate());
    this.#expectHeartbeat();
    this.#cancelIdentify = this.#desk.clock.schedule(() => {
      if (this.session === null) this.close(CloseCode.sessionTimedOut);
    }, this.#desk.identifyTimeoutMs);
    this.send({
      op: 10,
      d: { heartbeat_interval: this.#desk.heartbeatIntervalMs, _trace: ['["simulator"]'] },
      s: null,
      t: null,
    });
  }

  send(payload: { op: number; d: unknown; s?: number | null; t?: string | null }): void {
    if (this.#frozen || this.#closed) return;
    const { op, d, s = null, t = null } = payload;
    this.#desk.log(this, "out", { op, ...(t === null ? {} : { t }), ...(s === null ? {} : { s }) });
    this.sendRaw(JSON.stringify({ t, s, op, d }));
  }

  /** Sends text as it is, even when it is no valid payload. */
  sendRaw(text: string): void {
    if (this.#frozen || this.#closed) return;
    if (this.payloadCompression) {
      this.#socket.send(zlib.deflateSync(text));
      return;
    }
    this.#encoder.encode(text, (frame) => this.#socket.send(frame));
  }

  sendDispatch(dispatch: NumberedDispatch): void {
    this.send({ op: 0, ...dispatch });
  }

  /** @param reason text for codes that Discord does not document */
  close(code: number, reason?: string): void {
    this.#closedByServer = true;
    const text = reason ?? closeReasons[code as CloseCode] ?? "";
    this.#encoder.afterPending(() => this.#socket.close(code, text));
  }

  /** Drops the TCP connection without a close frame. */
  terminate(): void {
    this.#closedByServer = true;
    this.#socket.terminate();
  }

  /** Makes the connection half-open: nothing is read, nothing is sent, nothing is closed. */
  freeze(): void {
    this.#frozen = true;
    this.#socket.pause();
  }

  #onMessage(data: Buffer, isBinary: boolean): void {
    if (this.#closed || this.#frozen) return;
    if (!this.#withinRate()) {
      this.close(CloseCode.rateLimited);
      return;
    }
    const payload = isBinary ? { ok: false as const, code: CloseCode.decodeError } : readPayload(data);
    if (!payload.ok) {
      this.close(payload.code);
      return;
    }
    this.#desk.log(this, "in", { op: payload.value.op });
    this.#handle(payload.value);
  }

  #handle(payload: IncomingPayload): void {
    if (payload.op === 1) {
      this.#onHeartbeat(payload.d);
    } else if (payload.op === 2 || payload.op === 6) {
      if (this.session !== null) this.close(CloseCode.alreadyAuthenticated);
      else if (payload.op === 2) this.#desk.onIdentify(this, payload.d);
      else this.#desk.onResume(this, payload.d);
    } else if (this.session === null) {
      this.close(CloseCode.notAuthenticated);
    } else {
      this.#desk.onCommand(this, this.session, payload);
    }
  }

  #onHeartbeat(d: unknown): void {
    if (d !== null && !Number.isInteger(d)) {
      this.close(CloseCode.decodeError);
      return;
    }
    if (typeof d === "number" && this.session !== null && d > this.session.seq) {
      this.close(CloseCode.invalidSeq);
      return;
    }
    this.#expectHeartbeat();
    if (!this.#desk.dropHeartbeatAcks()) this.send({ op: 11, d: null });
  }

  /** A client that misses a heartbeat by half an interval is a zombie; its session can be resumed. */
  #expectHeartbeat(): void {
    this.#cancelHeartbeat();
    this.#cancelHeartbeat = this.#desk.clock.schedule(() => {
      this.close(CloseCode.unknownError);
      if (this.#frozen) this.terminate();
    }, this.#desk.heartbeatIntervalMs * 1.5);
  }

  #withinRate(): boolean {
    const now = this.#desk.clock.now();
    this.#received.push(now);
    while ((this.#received[0] ?? now) <= now - PAYLOAD_WINDOW_MS) this.#received.shift();
    return this.#received.length <= MAX_PAYLOADS_PER_WINDOW;
  }

  #onClose(code: number): void {
    this.#closed = true;
    this.#cancelHeartbeat();
    this.#cancelIdentify();
    this.#encoder.end();
    this.#desk.onGone(this, code, this.#closedByServer ? "server" : "client");
  }
}
