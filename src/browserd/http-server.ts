import type { FastifyInstance, FastifyReply } from "fastify";
import type { HealthzResponse } from "../contracts/http.ts";
import { messageOf, PalyraError } from "../platform/errors.ts";
import { envelopedApp } from "../sidecar/http/enveloped-app.ts";
import { securityHeaders } from "../sidecar/http/security-headers.ts";
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

/** What is told of a wrong request is what its sender knows; of anything else nothing is told. */
const nothingSecret = { redact: (text: string): string => text };

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
  const server = envelopedApp({
    bodyLimit: options.bodyLimit,
    redactor: nothingSecret,
    failed: (request) => logger.error(request, "A request failed."),
  });
  let port = 0;

  server.addHook("onRequest", async (request) => {
    const wrong = wrongHeader(request.headers, port);
    if (wrong !== undefined) {
      logger.warn({ header: wrong }, "A request was refused because it is not meant for this server.");
      if (tokens.accept(request.headers.authorization)) options.tokenMisused();
      throw new PalyraError("forbidden", `The ${wrong} header does not name this server.`);
    }
    if (request.routeOptions.url === "/mcp" && !tokens.accept(request.headers.authorization)) {
      throw new PalyraError("unauthorized", "A valid bearer token is needed.");
    }
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
      if (request.method === "POST" && (request.body ?? null) === null) {
        throw new PalyraError("validation_error", "The request body is empty.", {
          nextStep: "Send an MCP message as JSON.",
        });
      }
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

  await server.listen({ host: "127.0.0.1", port: options.port });
  port = boundPort(server);
  return { port, close: () => server.close() };
}

function boundPort(server: FastifyInstance): number {
  const address = server.server.address();
  if (address === null || typeof address === "string") throw new Error("The HTTP server has no port.");
  return address.port;
}

function sendJson(reply: FastifyReply, status: number, body: unknown): void {
  if (reply.raw.headersSent) {
    reply.raw.end();
    return;
  }
  reply.raw
    .writeHead(status, { ...securityHeaders, "content-type": "application/json" })
    .end(JSON.stringify(body));
}
