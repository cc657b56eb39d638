import type { FastifyInstance, FastifyReply } from "fastify";
import type { Redactor } from "../../platform/redactor.ts";
import { errorAnswer } from "../../sidecar/http/error-envelope.ts";
import { securityHeaders } from "../../sidecar/http/security-headers.ts";
import type { HookAnswer, HookDoor, HookRefusal } from "../webhooks/hook-door.ts";
import { BodyRoom } from "./body-room.ts";

/** Bytes of bodies that are held in memory at one time, before anything of their senders is believed. */
const heldBytes = 64 * 1_048_576;
/** How long a sender has to read an answer that it did not wait for, in milliseconds. */
const lingerMs = 250;

export interface HookRouteParts {
  readonly hooks: HookDoor;
  readonly redactor: Pick<Redactor, "redact">;
}

/** `POST /hooks/{integration_id}`: the body is read as it is, within the integration's own limit. */
export function addHookRoute(app: FastifyInstance, { hooks, redactor }: HookRouteParts): void {
  const room = new BodyRoom(heldBytes);
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // The stream is left as it is: the signature is over the raw bytes.
    scope.addContentTypeParser("*", (_request, _payload, done) => done(null));
    scope.post<{ Params: { integration_id: string } }>("/hooks/:integration_id", async (request, reply) => {
      const { integration_id: id } = request.params;
      const admitted = hooks.admit(id);
      if (admitted.kind === "refused") return send(reply, admitted, redactor, "unread");
      const declared = Number(request.headers["content-length"] ?? 0);
      if (declared > admitted.maxBytes) return cutOff(reply, hooks.tooLarge(id), redactor);
      return await room.hold(request.raw, admitted.maxBytes, async (body) => {
        if (body === "too_large") return cutOff(reply, hooks.tooLarge(id), redactor);
        if (body === "no_room") return cutOff(reply, tooBusy, redactor);
        // Nobody is there any more to be answered, and strangers must not fill the log.
        if (body === "broken_off") return reply.hijack();
        return send(reply, await hooks.receive(id, request.headers, body), redactor, "read");
      });
    });
  });
}

const tooBusy: HookRefusal = {
  kind: "refused",
  code: "service_unavailable",
  message: "Too many requests are being read.",
  retryAfterSeconds: 1,
};

/**
 * Answers a sender that is still sending. The connection is closed a moment later: closed at once, with bytes on their
 * way, it would be reset and the answer lost.
 */
function cutOff(
  reply: FastifyReply,
  { code, message, retryAfterSeconds }: HookRefusal,
  redactor: Pick<Redactor, "redact">,
): FastifyReply {
  const { status, body } = errorAnswer(code, message, redactor);
  const text = JSON.stringify(body);
  reply.hijack();
  reply.raw.writeHead(status, {
    ...securityHeaders,
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
    connection: "close",
    ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }),
  });
  reply.raw.write(text);
  setTimeout(() => reply.raw.end(), lingerMs);
  return reply;
}

function send(
  reply: FastifyReply,
  answer: HookAnswer,
  redactor: Pick<Redactor, "redact">,
  body: "read" | "unread",
): FastifyReply {
  // What was not read would have to be taken in before the next request of the connection.
  if (body === "unread") reply.header("connection", "close");
  switch (answer.kind) {
    case "accepted":
      return reply.code(202).send(answer.body);
    case "challenge":
      return reply.code(200).send({ challenge: answer.challenge });
    case "refused": {
      const { status, nextStep, retryAfterSeconds } = answer;
      const error = errorAnswer(answer.code, answer.message, redactor, {
        ...(status === undefined ? {} : { status }),
        ...(nextStep === undefined ? {} : { nextStep }),
      });
      if (retryAfterSeconds !== undefined) reply.header("retry-after", retryAfterSeconds);
      return reply.code(error.status).send(error.body);
    }
  }
}
