import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import fastify from "fastify";
import { WebSocketServer } from "ws";
import { type Clock, systemClock } from "./clock.ts";
import { Faults } from "./faults.ts";
import {
  GATEWAY_PATH,
  Gateway,
  type GatewayCounts,
  type GatewayLogEntry,
  RESUME_PATH,
} from "./gateway/gateway.ts";
import { Interactions } from "./interactions.ts";
import { registerFiles } from "./page/files.ts";
import { refusalReason } from "./page/local-only.ts";
import { registerSimApi } from "./page/sim-api.ts";
import { People } from "./people.ts";
import { NonceMemory } from "./rest/nonce-memory.ts";
import { InvalidRequests, RateLimits, type RateRule } from "./rest/rate-limits.ts";
import { defaultRateRules } from "./rest/rate-rules.ts";
import { MAX_REQUEST_BYTES } from "./rest/request-body.ts";
import { registerRest, unknownApiPath } from "./rest/rest-server.ts";
import type { RequestLogEntry, RestServices } from "./rest/services.ts";
import type { WireContext } from "./wire.ts";
import { createDefaultWorld, type DefaultWorld } from "./world/default-world.ts";
import type { BotApplication } from "./world/model.ts";
import { World } from "./world/world.ts";

export interface SimulatorOptions {
  /** TCP port on 127.0.0.1; 0, the default, takes a free one. */
  readonly port?: number;
  /** Folder with the chat page; the one beside this file by default. */
  readonly webRoot?: string;
  readonly clock?: Clock;
  /** Bytes for tokens and session ids. */
  readonly randomBytes?: (size: number) => Uint8Array;
  /** The bot's token; a fresh one by default. */
  readonly botToken?: string;
  /** When the ready-made server came to be, in Unix milliseconds; its ids follow from it. Now by default. */
  readonly createdAtUnixMs?: number;
  /** As told in HELLO; Discord uses 41250. */
  readonly heartbeatIntervalMs?: number;
  /** A connection that has not identified or resumed by then is closed with 4009. */
  readonly identifyTimeoutMs?: number;
  /** Time between two IDENTIFYs of one concurrency key; Discord uses 5000. */
  readonly identifyIntervalMs?: number;
  readonly maxConcurrency?: number;
  /** IDENTIFYs a day; Discord allows 1000. */
  readonly sessionStartTotal?: number;
  /** How long a session waits for a resume. */
  readonly sessionLifetimeMs?: number;
  /** How many dispatches a session keeps for a resume. */
  readonly replayLimit?: number;
  /** How long a nonce is remembered. */
  readonly nonceLifetimeMs?: number;
  /** Limits per bucket instead of the default ones, or "off" for none. */
  readonly rateLimits?: Readonly<Record<string, RateRule>> | "off";
  /** Requests a bot may make in one second. */
  readonly globalRequestsPerSecond?: number;
  /** Answers with 401, 403 or 429 within ten minutes that lead to a ban. */
  readonly invalidRequestLimit?: number;
}

export interface DiscordSimulator {
  /** With it the same ready-made server can be made again. */
  readonly createdAtUnixMs: number;
  /** For discord.js: `rest.api`. The version follows it. */
  readonly apiBase: string;
  readonly gatewayUrl: string;
  readonly webUrl: string;
  readonly world: World;
  /** The ready-made server, channels, people and bot. */
  readonly lab: DefaultWorld;
  readonly people: People;
  readonly faults: Faults;
  readonly gateway: Gateway;
  readonly counts: GatewayCounts;
  readonly requestLog: readonly RequestLogEntry[];
  readonly gatewayLog: readonly GatewayLogEntry[];
  /** Stops listening, cuts every connection and frees the port. */
  close(): Promise<void>;
}

/**
 * Starts a strict simulated Discord on 127.0.0.1: REST and gateway, version 10.
 *
 * @throws the listen error, for instance EADDRINUSE when the given port is taken
 */
export async function startDiscordSimulator(options: SimulatorOptions = {}): Promise<DiscordSimulator> {
  const clock = options.clock ?? systemClock;
  const random = options.randomBytes ?? randomBytes;
  const createdAtUnixMs = options.createdAtUnixMs ?? clock.now();
  let isComplete = false;
  const world = new World(() => (isComplete ? clock.now() : createdAtUnixMs));
  const lab = createDefaultWorld(world, options.botToken ?? "");
  isComplete = true;
  if (options.botToken === undefined) lab.bot.token = newToken(lab.bot, clock, random);
  const faults = new Faults();
  let origin = "";
  const context: WireContext = {
    world,
    get cdnBase() {
      return origin;
    },
  };
  const gateway = new Gateway({
    clock,
    context,
    faults,
    newSessionId: () => Buffer.from(random(16)).toString("hex"),
    newToken: (bot) => newToken(bot, clock, random),
    resumeUrl: () => `${origin.replace("http", "ws")}${RESUME_PATH}`,
    heartbeatIntervalMs: options.heartbeatIntervalMs ?? 41_250,
    identifyTimeoutMs: options.identifyTimeoutMs ?? 60_000,
    identifyIntervalMs: options.identifyIntervalMs ?? 5000,
    maxConcurrency: options.maxConcurrency ?? 1,
    sessionStartTotal: options.sessionStartTotal ?? 1000,
    sessionLifetimeMs: options.sessionLifetimeMs ?? 3 * 60_000,
    replayLimit: options.replayLimit ?? 1000,
    applicationFlags,
  });
  world.onEvent((event) => gateway.announce(event));
  const interactions = new Interactions({
    world,
    clock,
    newToken: () => Buffer.from(random(48)).toString("base64url"),
  });
  const services: RestServices = {
    world,
    clock,
    context,
    gateway,
    gatewayUrl: () => `${origin.replace("http", "ws")}${GATEWAY_PATH}`,
    faults,
    rateLimits: new RateLimits(options.globalRequestsPerSecond ?? 50),
    rateRules: options.rateLimits ?? defaultRateRules,
    invalidRequests: new InvalidRequests(options.invalidRequestLimit),
    nonces: new NonceMemory(options.nonceLifetimeMs ?? 5 * 60_000),
    interactions,
    requestLog: [],
    applicationFlags,
  };
  const people = new People(world, interactions, gateway);
  const app = fastify({
    bodyLimit: MAX_REQUEST_BYTES,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 500 },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  let port = 0;
  app.addHook("onRequest", async (request, reply) => {
    const reason = refusalReason(request.headers as Record<string, string | undefined>, port);
    if (reason !== null)
      await reply
        .code(403)
        .type("application/json")
        .send(JSON.stringify({ error: reason }));
  });
  registerRest(app, services);
  registerSimApi(app, {
    world,
    interactions,
    people,
    gateway,
    faults,
    clock,
    requestLog: services.requestLog,
  });
  registerFiles(app, {
    world,
    faults,
    webRoot: options.webRoot ?? fileURLToPath(new URL("./web", import.meta.url)),
  });
  app.setNotFoundHandler((request, reply) => {
    const { pathname } = new URL(request.url, "http://simulator");
    if (!pathname.startsWith("/api/")) return reply.code(404).type("text/plain").send("Not found.\n");
    const error = unknownApiPath(request.method, pathname);
    return reply.code(error.status).send(error.toBody());
  });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1024 * 1024 });
  app.server.on("upgrade", (request, socket, head) => {
    if (refusalReason(request.headers as Record<string, string | undefined>, port) !== null) {
      socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n");
      return;
    }
    const url = new URL(request.url ?? "/", "http://simulator");
    const path = url.pathname.replace(/\/$/, "");
    if (faults.refuseGateway) {
      socket.destroy();
      return;
    }
    if (path !== "" && path !== GATEWAY_PATH && path !== RESUME_PATH) {
      socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => gateway.accept(client, url));
  });
  await app.listen({ host: "127.0.0.1", port: options.port ?? 0 });
  port = (app.server.address() as AddressInfo).port;
  origin = `http://127.0.0.1:${port}`;
  return {
    createdAtUnixMs,
    apiBase: `${origin}/api`,
    gatewayUrl: services.gatewayUrl(),
    webUrl: `${origin}/`,
    world,
    lab,
    people,
    faults,
    gateway,
    counts: gateway.counts,
    requestLog: services.requestLog,
    gatewayLog: gateway.logEntries,
    close: async () => {
      gateway.dropConnections();
      sockets.close();
      await app.close();
    },
  };
}

/** A token of the shape Discord gives out: user id, time and secret. */
function newToken(bot: BotApplication, clock: Clock, random: (size: number) => Uint8Array): string {
  const id = Buffer.from(bot.userId).toString("base64url");
  const time = Buffer.alloc(4);
  time.writeUInt32BE(Math.floor(clock.now() / 1000) % 2 ** 32);
  return `${id}.${time.toString("base64url")}.${Buffer.from(random(28)).toString("base64url")}`;
}

/** Discord docs: Application Resource, Application Flags: the limited flags of apps below 100 servers. */
function applicationFlags(bot: BotApplication): number {
  const { presence, guildMembers, messageContent } = bot.privilegedIntents;
  return (presence ? 1 << 13 : 0) | (guildMembers ? 1 << 15 : 0) | (messageContent ? 1 << 19 : 0);
}
