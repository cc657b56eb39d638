import type { DiscordSimulator } from "../../../src/simulator/discord-simulator.ts";

/** Any JSON object or list; tests look at the fields they are about. */
type RawBody = Record<string, unknown> & {
  readonly id: string;
  readonly code: number;
  readonly message: string;
  readonly content: string;
  readonly errors: Record<string, never>;
  readonly mentions: readonly { readonly id: string }[];
};

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: RawBody;
}

export interface RawRequest {
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  /** Null sends no Authorization header. */
  readonly token?: string | null;
}

/** Speaks plain HTTP to the simulator, as no library would let us. */
export async function call(
  sim: DiscordSimulator,
  method: string,
  path: string,
  request: RawRequest = {},
): Promise<RawAnswer> {
  const { body, token = sim.lab.bot.token } = request;
  const json = body !== undefined && !(body instanceof FormData) && typeof body !== "string";
  const response = await fetch(`${sim.apiBase}/v10${path}`, {
    method,
    headers: {
      "user-agent": "DiscordBot (https://example.com, 1.0.0)",
      ...(token === null ? {} : { authorization: `Bot ${token}` }),
      ...(json ? { "content-type": "application/json" } : {}),
      ...request.headers,
    },
    ...(body === undefined ? {} : { body: json ? JSON.stringify(body) : (body as string | FormData) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: (text === "" ? undefined : parse(text)) as RawBody,
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Some answers are plain text on purpose.
    return text;
  }
}
