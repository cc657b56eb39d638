import { lookup as systemLookup } from "node:dns";
import { Agent, type IncomingMessage, request as plainRequest } from "node:http";
import { Agent as SecureAgent, request as secureRequest } from "node:https";
import type { LookupFunction } from "node:net";
import { PalyraError } from "../../platform/errors.ts";
import { checkedLookup } from "./checked-address.ts";

/** Longest answer that is read, in bytes: a page of 100 messages with all their embeds is smaller. */
export const answerLimit = 16 * 1024 * 1024;

/** Statuses whose answers have no body (RFC 9110). */
const withoutBody: ReadonlySet<number> = new Set([204, 205, 304]);

/** An answer that is longer than what is read of it. */
export class AnswerTooLong extends PalyraError {
  constructor(limit: number) {
    super("discord_unreachable", `the answer was longer than ${limit / 1024 / 1024} MiB`);
  }
}

export interface Connecting {
  readonly agent: Agent;
  readonly lookup: LookupFunction;
  /** Longest answer that is read, in bytes; `answerLimit` by default. */
  readonly limit?: number;
}

/**
 * How a server is connected to: at addresses that were checked.
 * @param base address of the server, see `checkedLookup`
 * @param options `keepAlive`: connections wait for a next request, and who wants that lets go of them; `lookup`: as
 *   `dns.lookup`, the system's by default
 */
export function connectingTo(
  base: URL,
  { keepAlive = false, lookup = systemLookup }: { keepAlive?: boolean; lookup?: typeof systemLookup } = {},
): Connecting {
  const make = base.protocol === "https:" ? SecureAgent : Agent;
  return { agent: new make({ keepAlive }), lookup: checkedLookup(base, lookup) };
}

/**
 * One request and its whole answer. The time of both is bounded by the signal of `init`, the size of the answer by
 * `connecting`. No redirect is followed: it could carry the token to another host.
 * @throws `AnswerTooLong`; `discord_unreachable` for an answer that is too slow or a redirect; what the system says of the
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
    const answer = await send(request, body, signal ?? null, connecting);
    return await answerOf(answer, connecting.limit ?? answerLimit);
  } catch (thrown) {
    if (signal?.aborted !== true || thrown instanceof PalyraError) throw thrown;
    // However the system calls a connection that was given up.
    throw new PalyraError("discord_unreachable", "the answer did not come in time");
  }
}

async function answerOf(answer: IncomingMessage, limit: number): Promise<Response> {
  const status = answer.statusCode ?? 0;
  if (status >= 300 && status <= 399) {
    answer.destroy();
    throw new PalyraError(
      "discord_unreachable",
      `Discord answered with a redirect (${status}), which is not followed`,
    );
  }
  const bytes = await readWhole(answer, limit);
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

/** What the header says of the length can only make the refusal earlier. */
async function readWhole(answer: IncomingMessage, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  if (Number(answer.headers["content-length"] ?? 0) > limit) {
    answer.destroy();
    throw new AnswerTooLong(limit);
  }
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of answer) {
    const bytes = part as Uint8Array;
    length += bytes.byteLength;
    // Leaving the loop ends the connection.
    if (length > limit) throw new AnswerTooLong(limit);
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}
