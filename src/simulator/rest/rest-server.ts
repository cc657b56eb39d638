import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { BotApplication } from "../world/model.ts";
import { isSnowflake } from "../world/snowflake.ts";
import { ApiError, apiErrors } from "./api-error.ts";
import { notSnowflake } from "./form.ts";
import { type RateState, rateHeaders } from "./rate-limits.ts";
import { defaultRateRules } from "./rate-rules.ts";
import { type RequestBody, readRequestBody } from "./request-body.ts";
import type { Route } from "./route.ts";
import { channelRoutes } from "./routes-channels.ts";
import { commandRoutes } from "./routes-commands.ts";
import { guildRoutes } from "./routes-guilds.ts";
import { identityRoutes } from "./routes-identity.ts";
import { interactionRoutes } from "./routes-interactions.ts";
import { messageRoutes } from "./routes-messages.ts";
import { reactionRoutes } from "./routes-reactions.ts";
import type { RequestLogEntry, RestResult, RestServices } from "./services.ts";

const API_PREFIX = "/api/v10";
const LOG_LIMIT = 5000;
/** Discord docs: Reference, User Agent. */
const USER_AGENT = /^DiscordBot \(\S[^)]*,\s*[^)]+\)/;

const restRoutes: readonly Route[] = [
  ...identityRoutes,
  ...guildRoutes,
  ...channelRoutes,
  ...messageRoutes,
  ...reactionRoutes,
  ...commandRoutes,
  ...interactionRoutes,
];

/** Adds the REST API, version 10, to a server. */
export function registerRest(app: FastifyInstance, services: RestServices): void {
  for (const route of restRoutes) {
    app.route({
      method: route.method,
      url: API_PREFIX + route.path,
      exposeHeadRoute: false,
      handler: (request, reply) => serve(services, route, request, reply),
    });
  }
}

/** Answers paths below /api that have no route: wrong version, wrong method, or unknown. */
export function unknownApiPath(method: string, path: string): ApiError {
  if (!path.startsWith(`${API_PREFIX}/`)) return apiErrors.invalidVersion();
  const known = restRoutes.some(
    (route) => route.method !== method && patternOf(route).test(path.slice(API_PREFIX.length)),
  );
  return known ? apiErrors.methodNotAllowed() : apiErrors.notFound();
}

function patternOf(route: Route): RegExp {
  return new RegExp(`^${route.path.replace(/:[a-z_]+/g, "[^/]+")}$`);
}

async function serve(
  services: RestServices,
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const params = request.params as Record<string, string>;
  const query = request.query as Record<string, string>;
  const path = maskedPath(request.url);
  const token = botToken(request.headers.authorization);
  const bot = token === null ? undefined : services.world.botByToken(token);
  const entry: RequestLogEntry = {
    atMs: services.clock.now(),
    method: route.method,
    path,
    query,
    body: null,
    status: null,
    botUserId: bot?.userId ?? null,
  };
  services.requestLog.push(entry);
  if (services.requestLog.length > LOG_LIMIT) services.requestLog.shift();
  const faults = services.faults.take(route.method, path);
  for (const fault of faults) {
    if (fault.kind === "latency") await wait(services, fault.delayMs ?? 1000);
    if (fault.kind === "hang") return hang(reply);
    if (fault.kind === "serverError") {
      const status = fault.status ?? 500;
      return answer(services, entry, reply, {
        status,
        body: { message: `${status}: Internal Server Error`, code: 0 },
      });
    }
    if (fault.kind === "rateLimit") {
      return refuseRate(services, entry, reply, (fault.retryAfterSeconds ?? 1) * 1000, {
        scope: fault.global ? "global" : fault.shared ? "shared" : "user",
      });
    }
  }
  const banned = services.invalidRequests.bannedForMs(services.clock.now());
  if (banned !== null) return cloudflareBan(entry, reply, banned);
  let limited: RateState | null = null;
  try {
    if (!USER_AGENT.test(request.headers["user-agent"] ?? "")) throw apiErrors.blockedUserAgent();
    if (!bot && !route.anonymous) throw apiErrors.unauthorized();
    const who = bot?.userId ?? request.ip;
    const globalWait = route.outsideGlobalLimit
      ? null
      : services.rateLimits.takeGlobal(who, services.clock.now());
    if (globalWait !== null) return refuseRate(services, entry, reply, globalWait, { scope: "global" });
    limited = takeBucket(services, route, who, params);
    if (limited?.exceeded) {
      return refuseRate(services, entry, reply, limited.resetAfterMs, { scope: "user", state: limited });
    }
    checkIds(params);
    const result = await route.handle({
      services,
      bot: bot as BotApplication,
      params,
      query,
      headers: request.headers,
      readBody: async () => {
        const body = await readRequestBody(
          request.headers["content-type"],
          request.body as Buffer | undefined,
        );
        entry.body = loggedBody(body);
        return body;
      },
    });
    if (faults.some((fault) => fault.kind === "loseResponse")) return loseResponse(entry, reply, result);
    return answer(services, entry, reply, result, limited);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return answer(services, entry, reply, { status: error.status, body: error.toBody() }, limited);
  }
}

function takeBucket(
  services: RestServices,
  route: Route,
  who: string,
  params: Readonly<Record<string, string>>,
): RateState | null {
  if (services.rateRules === "off") return null;
  const rule = services.rateRules[route.bucket] ?? services.rateRules.other ?? defaultRateRules.other;
  if (!rule) return null;
  const resource = params.channel_id ?? params.guild_id ?? params.interaction_token ?? "";
  return services.rateLimits.take(who, route.bucket, resource, rule, services.clock.now());
}

/** @throws ApiError 50035 when an id in the path is no snowflake */
function checkIds(params: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(params)) {
    if (name.endsWith("_id") && !isSnowflake(value))
      throw apiErrors.invalidForm({ [name]: { _errors: [notSnowflake(value)] } });
  }
}

function answer(
  services: RestServices,
  entry: RequestLogEntry,
  reply: FastifyReply,
  result: RestResult,
  limited: RateState | null = null,
): FastifyReply {
  entry.status = result.status;
  if (result.status === 401 || result.status === 403) services.invalidRequests.note(services.clock.now());
  reply.code(result.status);
  if (limited) reply.headers(rateHeaders(limited));
  if (result.body === undefined) return reply.send();
  return reply.type("application/json").send(JSON.stringify(result.body));
}

/** Discord docs: Rate Limits, Exceeding A Rate Limit. */
function refuseRate(
  services: RestServices,
  entry: RequestLogEntry,
  reply: FastifyReply,
  waitMs: number,
  kind: { scope: "user" | "global" | "shared"; state?: RateState },
): FastifyReply {
  entry.status = 429;
  if (kind.scope !== "shared") services.invalidRequests.note(services.clock.now());
  const seconds = waitMs / 1000;
  const global = kind.scope === "global";
  reply.code(429).headers({
    "retry-after": String(Math.ceil(seconds)),
    "x-ratelimit-scope": kind.scope,
    via: "1.1 google",
    ...(global ? { "x-ratelimit-global": "true" } : {}),
    ...(kind.state ? rateHeaders(kind.state) : {}),
  });
  const message =
    kind.scope === "shared" ? "The resource is being rate limited." : "You are being rate limited.";
  return reply.type("application/json").send(JSON.stringify({ message, retry_after: seconds, global }));
}

/** Discord docs: Rate Limits, Invalid Request Limit: the answer comes from Cloudflare and is no JSON. */
function cloudflareBan(entry: RequestLogEntry, reply: FastifyReply, waitMs: number): FastifyReply {
  entry.status = 429;
  return reply
    .code(429)
    .header("retry-after", String(Math.ceil(waitMs / 1000)))
    .type("text/plain")
    .send("error code: 1015");
}

/** The request took effect, and the client never hears of it. */
function loseResponse(entry: RequestLogEntry, reply: FastifyReply, result: RestResult): FastifyReply {
  entry.status = result.status;
  reply.hijack();
  reply.raw.destroy();
  return reply;
}

function hang(reply: FastifyReply): FastifyReply {
  reply.hijack();
  return reply;
}

function wait(services: RestServices, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    services.clock.schedule(resolve, delayMs);
  });
}

function botToken(authorization: string | undefined): string | null {
  return /^Bot (\S+)$/.exec(authorization ?? "")?.[1] ?? null;
}

/** The path after the version, without query and without interaction or webhook tokens. */
function maskedPath(url: string): string {
  const path = new URL(url, "http://simulator").pathname.slice(API_PREFIX.length);
  return path.replace(/^(\/(?:interactions|webhooks)\/\d+)\/[^/]+/, "$1/<token>");
}

function loggedBody(body: RequestBody): unknown {
  if (body.files.length === 0) return body.fields;
  const files = body.files.map((file) => ({ filename: file.filename, bytes: file.bytes.byteLength }));
  return { ...(body.fields as object), files };
}
