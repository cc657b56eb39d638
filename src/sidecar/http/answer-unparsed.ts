import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Redactor } from "../../platform/redactor.ts";
import { type ErrorAnswer, errorAnswer } from "./error-envelope.ts";
import { securityHeaders } from "./security-headers.ts";

/** Answers what is not HTTP, is too large in its head or takes too long: there is no request object yet. */
export function answerUnparsed(
  error: NodeJS.ErrnoException,
  socket: Socket,
  redactor: Pick<Redactor, "redact">,
): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const answer = answerFor(error.code, redactor);
  const body = JSON.stringify(answer.body);
  const headers = Object.entries({
    ...securityHeaders,
    "content-type": "application/json; charset=utf-8",
    "content-length": String(Buffer.byteLength(body)),
    connection: "close",
  }).map(([name, value]) => `${name}: ${value}`);
  socket.end(
    `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? "Error"}\r\n${headers.join("\r\n")}\r\n\r\n${body}`,
  );
}

function answerFor(code: string | undefined, redactor: Pick<Redactor, "redact">): ErrorAnswer {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return errorAnswer(
        "payload_too_large",
        "The address and headers of the request are too large.",
        redactor,
        {
          status: 431,
          nextStep: "Send a shorter address and fewer or smaller headers.",
        },
      );
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return errorAnswer(
        "payload_too_large",
        "The chunks of the request say too much of themselves.",
        redactor,
      );
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return errorAnswer("validation_error", "The request did not arrive in time.", redactor, {
        status: 408,
        nextStep: "Send the whole request at once, then try again.",
      });
    default:
      return errorAnswer("validation_error", "The request is not valid HTTP.", redactor, {
        nextStep: "Send a request as HTTP/1.1 has it.",
      });
  }
}
