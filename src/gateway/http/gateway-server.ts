import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { ErrorDetails } from "../../contracts/errors.ts";
import { PalyraError } from "../../platform/errors.ts";
import type { Redactor } from "../../platform/redactor.ts";
import { boundPortOf, listenOnWishedPort, loopbackHost, type PortWish } from "../../sidecar/listen-port.ts";
import type { Logger } from "../../sidecar/log/logger.ts";
import type { HookDoor } from "../webhooks/hook-door.ts";
import { AllowedMethods } from "./allowed-methods.ts";
import type { ApiParts } from "./api.ts";
import { bearerToken } from "./bearer-token.ts";
import { answerForThrown, type ErrorAnswer, errorAnswer } from "./error-envelope.ts";
import { addHookRoute } from "./hook-route.ts";
import { isPublicHook, refusalOfCaller } from "./loopback-guard.ts";
import { securityHeaders } from "./security-headers.ts";

/** Largest request body, in bytes: the longest message with everything around it. */
const bodyLimit = 262_144;

export interface GatewayServerOptions {
  readonly wish: PortWish;
  readonly api: ApiParts;
  readonly hooks: HookDoor;
  /** Names under which `/hooks` is reached besides the loopback ones, in lower case. */
  readonly publicHosts: () => readonly string[];
  readonly redactor: Pick<Redactor, "redact">;
  readonly log: Logger;
  /** A valid token came with a request that a foreign page or host sent: somebody knows it who should not. */
  tokenMisused(): void;
}

/** The gateway's HTTP port on the loopback interface. */
export interface GatewayServer {
  readonly port: number;
  /** Makes an app that serves `/hooks` and nothing else, for a port that is not the loopback one. */
  hooksOnly(): FastifyInstance;
  close(): Promise<void>;
}

/**
 * Starts to serve.
 * @throws `port_in_use` when the wished port is pinned and taken
 */
export async function startGatewayServer(options: GatewayServerOptions): Promise<GatewayServer> {
  let port = 0;
  let api: Promise<FastifyInstance> | null = null;
  const wholeApi = (): Promise<FastifyInstance> => {
    api ??= openApi(options, () => port);
    return api;
  };
  const listenOnce = async (wished: number): Promise<{ app: FastifyInstance; port: number }> => {
    const app = frontApp(options, () => port, wholeApi);
    try {
      await app.listen({ host: loopbackHost, port: wished });
    } catch (thrown) {
      await app.close();
      throw thrown;
    }
    return { app, port: boundPortOf(app.server) };
  };
  let app: FastifyInstance | null = null;
  port = await listenOnWishedPort(options.wish, async (wished) => {
    const bound = await listenOnce(wished);
    app = bound.app;
    return bound.port;
  });
  return {
    port,
    hooksOnly: () => {
      const only = bareApp(options, (request) =>
        request.headers.origin === undefined ? null : "The request comes from a web page.",
      );
      addHookRoute(only, options);
      return only;
    },
    close: async () => {
      await app?.close();
      await (await api)?.close();
    },
  };
}

/** Answers what is asked all the time, and hands everything else on to the whole API, unread. */
function frontApp(
  options: GatewayServerOptions,
  port: () => number,
  wholeApi: () => Promise<FastifyInstance>,
): FastifyInstance {
  const app = bareApp(options, (request) =>
    isPublicHook(pathOf(request), request.headers, options.publicHosts())
      ? null
      : refusalOfCaller(request.headers, port()),
  );
  const { health, adminStatus, acceptsToken, limit } = options.api;
  app.addHook("onRequest", async (request, reply) => {
    if (!request.is404) return;
    const api = await wholeApi();
    reply.hijack();
    api.routing(request.raw, reply.raw);
  });
  const requireToken = async (request: FastifyRequest): Promise<void> => {
    if (limit.refuse(request.ip, Date.now()) !== null) {
      throw new PalyraError("rate_limited", "Too many requests within a second.");
    }
    if (!acceptsToken(bearerToken(request.headers.authorization) ?? "")) {
      throw new PalyraError("unauthorized", "The request shows no valid bearer token.");
    }
  };
  app.get("/healthz", async () => health());
  app.get("/admin/v1/status", { onRequest: requireToken }, async () => adminStatus());
  addHookRoute(app, options);
  return app;
}

/** All routes with their schemas, which few gateways are ever asked for: loaded with the first request. */
async function openApi(options: GatewayServerOptions, port: () => number): Promise<FastifyInstance> {
  const { addApi } = await import("./api.ts");
  const app = bareApp(options, (request) => refusalOfCaller(request.headers, port()));
  addApi(app, options.api);
  await app.ready();
  return app;
}

function noCompiler(): never {
  throw new Error("A route with a schema needs the compilers of zod.");
}

/**
 * Guards and the form of failures, without routes.
 * @param refusalOf why a request is not even looked at; null when it is
 */
function bareApp(
  options: GatewayServerOptions,
  refusalOf: (request: FastifyRequest) => string | null,
): FastifyInstance {
  const { redactor, log } = options;
  const app = Fastify({
    logger: false,
    bodyLimit,
    forceCloseConnections: true,
    requestTimeout: 30_000,
    // Zod checks everything: Fastify's own compilers, several megabytes in memory, are not even loaded.
    schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
    // Node's own answer to a missing Host header has no envelope; the guard below refuses it.
    http: { requireHostHeader: false },
    frameworkErrors: (error, _request, reply) => send(reply, answerForThrown(error, redactor)),
    clientErrorHandler: (error, socket) => answerUnparsed(error, socket, redactor),
  });
  app.addHook("onRequest", async (request) => {
    const refusal = refusalOf(request);
    if (refusal === null) return;
    if (options.api.acceptsToken(bearerToken(request.headers.authorization) ?? "")) options.tokenMisused();
    throw new PalyraError("forbidden", refusal);
  });
  const methods = new AllowedMethods();
  app.addHook("onRoute", (route) => methods.add(route.method, route.url));
  app.setNotFoundHandler((request, reply) => {
    const allowed = methods.of(pathOf(request));
    if (allowed.length > 0) {
      const message = `${pathOf(request)} takes ${allowed.join(", ")}, not ${request.method}.`;
      return send(
        reply.header("allow", allowed.join(", ")),
        errorAnswer("method_not_allowed", message, redactor),
      );
    }
    const message = `There is no route ${request.method} ${pathOf(request)}.`;
    return send(reply, errorAnswer("not_found", message, redactor));
  });
  app.setErrorHandler((error, request, reply) => {
    if (isValidationFault(error)) return send(reply, validationAnswer(error, redactor));
    const answer = answerForThrown(error, redactor);
    if (answer.status >= 500 && !(error instanceof PalyraError)) {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      log.error("request failed", { method: request.method, path: pathOf(request), error: reason });
    }
    return send(reply, answer);
  });
  app.addHook("onSend", async (_request, reply) => {
    reply.headers(securityHeaders);
  });
  return app;
}

interface ValidationFault {
  readonly validation: readonly { instancePath: string; keyword: string; message?: string }[];
}

function isValidationFault(error: unknown): error is ValidationFault {
  return error instanceof Error && "validation" in error && Array.isArray(error.validation);
}

/** Names every field that is wrong. */
function validationAnswer(error: ValidationFault, redactor: Pick<Redactor, "redact">): ErrorAnswer {
  let redacted = false;
  const clean = (text: string): string => {
    const cleaned = redactor.redact(text);
    redacted ||= cleaned !== text;
    return cleaned;
  };
  const faults = error.validation.slice(0, 16).map((fault) => ({
    field: clean(fault.instancePath.split("/").filter(Boolean).join(".")),
    code: fault.keyword,
    message: clean(fault.message ?? "is not valid"),
  }));
  const text = faults.map(({ field, message }) => `${field || "the request"}: ${message}`).join("; ");
  const answer = errorAnswer("validation_error", "", redactor);
  // Redacted already: with its name before it, harmless text would look like the value of a secret.
  const body = { ...answer.body, error: text.replace(/\.?$/, "."), redacted, validation_errors: faults };
  return { ...answer, body };
}

function send(reply: FastifyReply, answer: ErrorAnswer): FastifyReply {
  return reply.code(answer.status).headers(securityHeaders).send(answer.body);
}

function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0] ?? "/";
}

/** Answers what is not HTTP, or whose headers are too large: there is no request object yet. */
function answerUnparsed(
  error: NodeJS.ErrnoException,
  socket: Socket,
  redactor: Pick<Redactor, "redact">,
): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const status =
    error.code === "HPE_HEADER_OVERFLOW" ? 431 : error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400;
  const code: ErrorDetails["code"] = status === 431 ? "payload_too_large" : "validation_error";
  const answer = errorAnswer(code, "The request is not valid HTTP.", redactor, { status });
  const body = JSON.stringify(answer.body);
  const headers = Object.entries({
    ...securityHeaders,
    "content-type": "application/json; charset=utf-8",
    "content-length": String(Buffer.byteLength(body)),
    connection: "close",
  }).map(([name, value]) => `${name}: ${value}`);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Error"}\r\n${headers.join("\r\n")}\r\n\r\n${body}`,
  );
}
