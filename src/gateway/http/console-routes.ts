import type { FastifyRequest } from "fastify";
import {
  consoleCookie,
  csrfHeader,
  LoginRequest,
  LogoutResponse,
  SessionResponse,
} from "../../contracts/http-console.ts";
import { PalyraError } from "../../platform/errors.ts";
import {
  type ConsoleSession,
  type ConsoleSessions,
  csrfTokenOf,
  isCsrfToken,
  sessionTtlMs,
} from "./console-sessions.ts";
import type { LoginBackoff } from "./rate-limit.ts";
import type { ZodApp } from "./zod-app.ts";

export interface ConsoleParts {
  readonly sessions: ConsoleSessions;
  readonly backoff: LoginBackoff;
  readonly acceptsToken: (token: string) => boolean;
}

/** Behind a proxy that speaks TLS the cookie is for TLS only. */
function cookieOptions({ headers }: FastifyRequest) {
  const secure = headers["x-forwarded-proto"] === "https";
  return { path: "/", httpOnly: true, sameSite: "lax", maxAge: sessionTtlMs / 1_000, secure } as const;
}

const tags = ["console session"];

/** `POST /auth/login`, the only console route without a session. */
export function addLogin(app: ZodApp, { sessions, backoff, acceptsToken }: ConsoleParts): void {
  app.post(
    "/auth/login",
    { schema: { tags, summary: "Begin a session", body: LoginRequest, response: { 200: SessionResponse } } },
    async (request, reply) => {
      const now = Date.now();
      const waitMs = backoff.waitMs(now);
      if (waitMs !== null) {
        reply.header("retry-after", Math.ceil(waitMs / 1_000));
        throw new PalyraError("rate_limited", "Too many logins failed.");
      }
      const { admin_token: adminToken, principal, device_id: deviceId, channel } = request.body;
      if (!principal.startsWith("admin:")) {
        throw new PalyraError("forbidden", "Only principals that begin with “admin:” can sign in.");
      }
      if (adminToken === undefined) throw new PalyraError("unauthorized", "The login shows no admin_token.");
      if (!acceptsToken(adminToken)) {
        backoff.failed(now);
        throw new PalyraError("unauthorized", "The token is not valid.");
      }
      backoff.succeeded();
      const who = { principal, deviceId: deviceId ?? null, channel: channel || null };
      const token = sessions.begin(who, () => acceptsToken(adminToken), now);
      const session = sessions.use(token, now);
      if (session === null) throw new PalyraError("session_required", "The session ended at once.");
      reply.setCookie(consoleCookie, token, cookieOptions(request));
      return sessionBody(token, session);
    },
  );
}

/** The check of every other console route: a session, and for what changes something the page's own token. */
export function requireSession(app: ZodApp, { sessions }: ConsoleParts): void {
  app.addHook("onRequest", async (request, reply) => {
    const token = request.cookies[consoleCookie];
    const session = token === undefined ? null : sessions.use(token, Date.now());
    if (token === undefined || session === null) {
      throw new PalyraError("session_required", "There is no session, or it has ended.");
    }
    const shown = request.headers[csrfHeader];
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (!isRead && !isCsrfToken(token, typeof shown === "string" ? shown : undefined)) {
      throw new PalyraError("forbidden", `The request does not show the session's ${csrfHeader}.`, {
        nextStep: "Read the token from GET /console/v1/auth/session and send it with the request.",
      });
    }
    request.caller = { principal: session.principal, surface: "console" };
    request.sessionToken = token;
    reply.setCookie(consoleCookie, token, cookieOptions(request));
  });
}

export function addSessionRoutes(app: ZodApp, { sessions }: ConsoleParts): void {
  app.get(
    "/auth/session",
    { schema: { tags, summary: "The present session", response: { 200: SessionResponse } } },
    async (request) => {
      const token = request.sessionToken ?? "";
      const session = sessions.use(token, Date.now());
      if (session === null) throw new PalyraError("session_required", "The session has ended.");
      return sessionBody(token, session);
    },
  );
  app.post(
    "/auth/logout",
    { schema: { tags, summary: "End the session", response: { 200: LogoutResponse } } },
    async (request, reply) => {
      sessions.end(request.sessionToken ?? "");
      reply.setCookie(consoleCookie, "deleted", { ...cookieOptions(request), maxAge: 0 });
      return { signed_out: true as const };
    },
  );
}

function sessionBody(token: string, session: ConsoleSession): SessionResponse {
  return {
    principal: session.principal,
    device_id: session.deviceId,
    channel: session.channel,
    csrf_token: csrfTokenOf(token),
    issued_at_unix_ms: session.issuedAt,
    expires_at_unix_ms: session.expiresAt,
  };
}
