import zlib from "node:zlib";
import WebSocket from "ws";
import type { DiscordSimulator } from "../../../src/simulator/discord-simulator.ts";
import { until } from "./until.ts";

export interface RawPayload {
  readonly op: number;
  readonly t: string | null;
  readonly s: number | null;
  readonly d: Record<string, unknown> & { readonly [key: string]: unknown };
}

/** Speaks the gateway protocol by hand, right or wrong. */
export class RawGateway {
  readonly received: RawPayload[] = [];
  closed: { readonly code: number; readonly reason: string } | null = null;
  readonly socket: WebSocket;

  constructor(url: string, inflate = false) {
    this.socket = new WebSocket(url);
    const inflater = zlib.createInflate({ finishFlush: zlib.constants.Z_SYNC_FLUSH });
    inflater.on("data", (chunk) => this.received.push(JSON.parse(String(chunk)) as RawPayload));
    this.socket.on("message", (data) => {
      if (inflate) inflater.write(data as Buffer);
      else this.received.push(JSON.parse(String(data)) as RawPayload);
    });
    this.socket.on("close", (code, reason) => {
      this.closed = { code, reason: String(reason) };
    });
    // A refused upgrade shows as a close with 1006.
    this.socket.on("error", () => this.socket.terminate());
  }

  send(payload: unknown): void {
    this.socket.send(typeof payload === "string" ? payload : JSON.stringify(payload));
  }

  /** The next payload that fits, also among those that came before. */
  wait(op: number, t: string | null = null): Promise<RawPayload> {
    return until(() => this.received.find((one) => one.op === op && (t === null || one.t === t)));
  }

  waitClosed(): Promise<{ code: number; reason: string }> {
    return until(() => this.closed);
  }

  events(): (string | null)[] {
    return this.received.filter((one) => one.op === 0).map((one) => one.t);
  }
}

export const INTENTS = {
  guilds: 1,
  messages: 1 << 9,
  reactions: 1 << 10,
  typing: 1 << 11,
  direct: 1 << 12,
  content: 1 << 15,
};
export const ALL_MESSAGES = INTENTS.guilds | INTENTS.messages | INTENTS.direct | INTENTS.content;

export function identifyPayload(token: string, more: Record<string, unknown> = {}): object {
  return {
    op: 2,
    d: {
      token,
      intents: ALL_MESSAGES,
      properties: { os: "linux", browser: "test", device: "test" },
      ...more,
    },
  };
}

/** Opens a connection and waits for HELLO. */
export async function open(
  sim: DiscordSimulator,
  url = sim.gatewayUrl,
  query = "?v=10&encoding=json",
): Promise<RawGateway> {
  const gateway = new RawGateway(url + query, query.includes("zlib-stream"));
  await gateway.wait(10);
  return gateway;
}

/** Opens a connection, identifies, and waits until the server has been described. */
export async function login(sim: DiscordSimulator, more: Record<string, unknown> = {}): Promise<RawGateway> {
  const gateway = await open(sim);
  gateway.send(identifyPayload(sim.lab.bot.token, more));
  await gateway.wait(0, "READY");
  if (more.intents === undefined || Number(more.intents) & INTENTS.guilds)
    await gateway.wait(0, "GUILD_CREATE");
  return gateway;
}
