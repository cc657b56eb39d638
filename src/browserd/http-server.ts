import Fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import { type ErrorCode, type ErrorEnvelope, errorCatalogue } from "../contracts/errors.ts";
import type { HealthzResponse } from "../contracts/http.ts";
import { messageOf } from "../platform/errors.ts";
import type { BearerTokens } from "./bearer-tokens.ts";
import type { Logger } from "./logger.ts";
import { wrongHeader } from "./loopback-guard.ts";
import type { McpSessions } from "./mcp-sessions.ts";

/** What the health routes tell. */
interface HealthReport {
  readonly status: HealthzResponse["status"];
  readonly reasons: readonly string[];
}

/** What `/readyz` tells. */
interface ReadyReport {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, boolean>>;
  readonly sessions: number;
}

export interface HttpServerOptions {
  readonly tokens: BearerTokens;
  readonly sessions: McpSessions;
  readonly logger: Logger;
  /** A valid token came with a request that a foreign page or host sent. */
  tokenMisused(): void;
  readonly version: string;
  readonly health: () => HealthReport;
  readonly ready: () => Promise<ReadyReport>;
  /** Preferred port; 0 for any free one. */
  readonly port: number;
  /** bytes of a request */
  readonly bodyLimit: number;
}

export interface RunningHttpServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves `/mcp` (bearer token), `/healthz` and `/readyz` (open) on 127.0.0.1.
 * Rejects with a Node.js system error such as `EADDRINUSE` when the port cannot be bound.
 */
export async function startHttpServer(options: HttpServerOptions): Promise<RunningHttpServer> {
  const { tokens, sessions, logger } = options;
  const started = performance.now();
  const server = Fastify({ bodyLimit: options.bodyLimit, forceCloseConnections: true, logger: false });
  // Only JSON is read: text/plain is what a web page may send without asking first.
  server.removeContentTypeParser("text/plain");
  let port = 0;

  server.addHook("onRequest", async (request, reply) => {
    const wrong = wrongHeader(request.headers, port);
    if (wrong !== undefined) {
      logger.warn({ header: wrong }, "A request was refused because it is not meant for this server.");
      if (tokens.accept(request.headers.authorization)) options.tokenMisused();
      return refuse(reply, "forbidden", `The ${wrong} header does not name this server.`);
    }
    if (request.routeOptions.url === "/mcp" && !tokens.accept(request.headers.authorization)) {
      reply.header("WWW-Authenticate", "Bearer");
      return refuse(reply, "unauthorized", "A valid bearer token is needed.");
    }
    return undefined;
  });

  server.get("/healthz", () => {
    const { status, reasons } = options.health();
    const body: HealthzResponse & { reasons?: readonly string[] } = {
      service: "palyra-browserd",
      status,
      version: options.version,
      uptime_seconds: Math.floor((performance.now() - started) / 1_000),
      ...(reasons.length === 0 ? {} : { reasons }),
    };
    return body;
  });

  server.get("/readyz", async (_request, reply) => {
    const report = await options.ready();
    return reply.code(report.ready ? 200 : 503).send(report);
  });

  server.route({
    method: ["GET", "POST", "DELETE"],
    url: "/mcp",
    handler: async (request, reply) => {
      reply.hijack();
      try {
        const refusal = await sessions.handle(request.raw, reply.raw, request.body);
        if (refusal === undefined) return;
        sendJson(reply, refusal.status, {
          jsonrpc: "2.0",
          error: { code: refusal.code, message: refusal.message },
          id: null,
        });
      } catch (error) {
        logger.error({ reason: messageOf(error) }, "An MCP request failed.");
        sendJson(reply, 500, {
          jsonrpc: "2.0",
          error: { code: -32603, message: "The browser daemon failed to answer. Show its logs." },
          id: null,
        });
      }
    },
  });

  server.setNotFoundHandler((_request, reply) =>
    refuse(reply, "not_found", "There is nothing at this address."),
  );
  server.setErrorHandler((error, _request, reply) => {
    const status = statusOf(error);
    if (status === 413) {
      return refuse(reply, "payload_too_large", `The request has more than ${options.bodyLimit} bytes.`);
    }
    if (status >= 400 && status < 500) return refuse(reply, "validation_error", messageOf(error), status);
    logger.error({ reason: messageOf(error) }, "A request failed.");
    return refuse(reply, "internal_error", "The browser daemon failed to answer.");
  });

  await server.listen({ host: "127.0.0.1", port: options.port });
  port = boundPort(server);
  return { port, close: () => server.close() };
}

function boundPort(server: FastifyInstance): number {
  const address = server.server.address();
  if (address === null || typeof address === "string") throw new Error("The HTTP server has no port.");
  return address.port;
}

function refuse(reply: FastifyReply, code: ErrorCode, message: string, status?: number): FastifyReply {
  const { category, retryable, nextStep, status: usual } = errorCatalogue[code];
  const body: ErrorEnvelope = {
    error: message,
    code,
    category,
    retryable,
    redacted: false,
    next_step: nextStep,
  };
  return reply.code(status ?? usual).send(body);
}

function sendJson(reply: FastifyReply, status: number, body: unknown): void {
  if (reply.raw.headersSent) {
    reply.raw.end();
    return;
  }
  reply.raw.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}

function statusOf(error: unknown): number {
  return error instanceof Error && "statusCode" in error && typeof error.statusCode === "number"
    ? error.statusCode
    : 500;
}
