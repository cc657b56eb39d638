import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { PalyraError } from "../../platform/errors.ts";
import type { Redactor } from "../../platform/redactor.ts";
import { AllowedMethods } from "./allowed-methods.ts";
import { answerUnparsed } from "./answer-unparsed.ts";
import { answerForThrown, type ErrorAnswer, errorAnswer } from "./error-envelope.ts";
import { readJsonOnly } from "./json-body.ts";
import { securityHeaders } from "./security-headers.ts";

export interface EnvelopedAppOptions {
  /** Largest request body, in bytes. */
  readonly bodyLimit: number;
  readonly redactor: Pick<Redactor, "redact">;
  /** Told of requests that failed for a reason nobody foresaw. */
  readonly failed: (request: { method: string; path: string; reason: string }) => void;
  /** Collects what each address takes; apps behind one port share it. */
  readonly methods?: AllowedMethods;
}

/** So much of an address is told back, in characters. */
const shownPathLength = 200;

/** An app without routes in which every failure, also one of the framework and of the HTTP parser, has the one form. */
export function envelopedApp(options: EnvelopedAppOptions): FastifyInstance {
  const { redactor, methods = new AllowedMethods() } = options;
  const app = Fastify({
    logger: false,
    bodyLimit: options.bodyLimit,
    forceCloseConnections: true,
    requestTimeout: 30_000,
    // Zod checks everything: Fastify's own compilers, several megabytes in memory, are not even loaded.
    schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
    // Node's own answer to a missing Host header has no envelope; the guards refuse it.
    http: { requireHostHeader: false },
    frameworkErrors: (error, _request, reply) => sendFailure(reply, answerForThrown(error, redactor)),
    clientErrorHandler: (error, socket) => answerUnparsed(error, socket, redactor),
  });
  // Node's own answer to an expectation that it does not know has no envelope, and it may be passed over (RFC 9110, 10.1.1).
  app.server.on("checkExpectation", (request, response) => app.routing(request, response));
  readJsonOnly(app);
  app.addHook("onRoute", (route) => methods.add(route.method, route.url));
  app.setNotFoundHandler((request, reply) => {
    const allowed = methods.of(pathOf(request));
    const path = shortened(pathOf(request));
    if (allowed.length > 0) {
      const message = `${path} takes ${allowed.join(", ")}, not ${request.method}.`;
      reply.header("allow", allowed.join(", "));
      return sendFailure(reply, errorAnswer("method_not_allowed", message, redactor));
    }
    const message = `There is no route ${request.method} ${path}.`;
    return sendFailure(reply, errorAnswer("not_found", message, redactor));
  });
  app.setErrorHandler((error, request, reply) => {
    if (isValidationFault(error)) return sendFailure(reply, validationAnswer(error, redactor));
    const answer = answerForThrown(error, redactor);
    if (answer.status >= 500 && !(error instanceof PalyraError)) {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      options.failed({ method: request.method, path: pathOf(request), reason });
    }
    return sendFailure(reply, answer);
  });
  app.addHook("onSend", async (_request, reply) => {
    reply.headers(securityHeaders);
  });
  return app;
}

export function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0] ?? "/";
}

function shortened(path: string): string {
  return path.length <= shownPathLength ? path : `${path.slice(0, shownPathLength)}…`;
}

function noCompiler(): never {
  throw new Error("A route with a schema needs the compilers of zod.");
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

function sendFailure(reply: FastifyReply, answer: ErrorAnswer): FastifyReply {
  // RFC 9110, 15.5.2: a 401 says how to show who one is.
  if (answer.status === 401) reply.header("www-authenticate", "Bearer");
  return reply.code(answer.status).headers(securityHeaders).send(answer.body);
}
