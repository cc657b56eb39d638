import { type Agent, type IncomingMessage, request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import type { LookupFunction } from "node:net";
import { PalyraError } from "../../platform/errors.ts";

/** Longest answer that is read, in bytes: a page of 100 messages with all their embeds is smaller. */
export const answerLimit = 16 * 1024 * 1024;

/** Statuses whose answers have no body (RFC 9110). */
const withoutBody: ReadonlySet<number> = new Set([204, 205, 304]);

export interface Connecting {
  readonly agent: Agent;
  readonly lookup: LookupFunction;
}

/**
 * One request and its whole answer. The time of both is bounded by the signal of `init`, the size of the answer by
 * `answerLimit`. No redirect is followed: it could carry the token to another host.
 * @throws `discord_unreachable` for an answer that is too long, too slow or a redirect; what the system says of the
 *   connection
 */
export async function requestWhole(
  url: string,
  init: RequestInit,
  connecting: Connecting,
): Promise<Response> {
  const { signal, ...rest } = init;
  const request = new Request(url, rest);
  const body = request.body === null ? null : Buffer.from(await request.arrayBuffer());
  try {
    return await answerOf(await send(request, body, signal ?? null, connecting));
  } catch (thrown) {
    if (signal?.aborted !== true || thrown instanceof PalyraError) throw thrown;
    // However the system calls a connection that was given up.
    throw new PalyraError("discord_unreachable", "the answer did not come in time");
  }
}

async function answerOf(answer: IncomingMessage): Promise<Response> {
  const status = answer.statusCode ?? 0;
  if (status >= 300 && status <= 399) {
    answer.destroy();
    throw new PalyraError(
      "discord_unreachable",
      `Discord answered with a redirect (${status}), which is not followed`,
    );
  }
  const bytes = await readWhole(answer);
  const headers = new Headers();
  for (const [name, values] of Object.entries(answer.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  return new Response(withoutBody.has(status) ? null : bytes, { status, headers });
}

function send(
  request: Request,
  body: Uint8Array | null,
  signal: AbortSignal | null,
  { agent, lookup }: Connecting,
): Promise<IncomingMessage> {
  const make = request.url.startsWith("https:") ? secureRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const outgoing = make(request.url, {
      method: request.method,
      headers: {
        ...Object.fromEntries(request.headers),
        ...(body === null ? {} : { "content-length": body.byteLength }),
      },
      agent,
      lookup,
      ...(signal === null ? {} : { signal }),
    });
    outgoing.on("error", reject);
    outgoing.on("response", resolve);
    outgoing.end(body ?? undefined);
  });
}

async function readWhole(answer: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of answer) {
    const bytes = part as Uint8Array;
    length += bytes.byteLength;
    // Leaving the loop ends the connection.
    if (length > answerLimit) {
      const megabytes = answerLimit / 1024 / 1024;
      throw new PalyraError("discord_unreachable", `the answer was longer than ${megabytes} MiB`);
    }
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}
