import type { z } from "zod";
import { GatewayCall } from "../contracts/owner-link.ts";
import { PalyraError } from "../platform/errors.ts";

/** How long an answer may take unless it is said otherwise, in milliseconds. */
const usualMs = 30_000;

/** The way to the running gateway's administration API, which has proved that it is ours. */
export interface GatewayRoad {
  call(call: GatewayCall, signal?: AbortSignal): Promise<unknown>;
  close(): Promise<void>;
}

export interface CallOptions {
  /** How long the answer may take, in milliseconds. */
  readonly timeoutMs?: number;
  /** Ends the request; the gateway takes back what was not done. */
  readonly signal?: AbortSignal;
}

/** Asks the gateway and checks its answers. Paths are below `/admin/v1` and made with `route`. */
export class GatewayClient {
  readonly #road: GatewayRoad;

  constructor(road: GatewayRoad) {
    this.#road = road;
  }

  /** @throws the gateway's error; `version_skew` when the answer is not as this version knows it */
  async get<S extends z.ZodType>(path: string, answer: S, options: CallOptions = {}): Promise<z.output<S>> {
    return await this.#ask({ method: "GET", path }, answer, options);
  }

  /** As `get`, with a body. */
  async post<S extends z.ZodType>(
    path: string,
    body: object,
    answer: S,
    options: CallOptions = {},
  ): Promise<z.output<S>> {
    return await this.#ask({ method: "POST", path, body }, answer, options);
  }

  async #ask<S extends z.ZodType>(
    call: Omit<GatewayCall, "timeout_ms">,
    answer: S,
    { timeoutMs = usualMs, signal }: CallOptions,
  ): Promise<z.output<S>> {
    if (!GatewayCall.shape.path.safeParse(call.path).success) {
      throw new PalyraError("validation_error", "One of the names that were given cannot be a name.", {
        nextStep: "Check the names and ids; none is “.” or “..”.",
      });
    }
    const parsed = answer.safeParse(await this.#road.call({ ...call, timeout_ms: timeoutMs }, signal));
    if (parsed.success) return parsed.data;
    throw new PalyraError("version_skew", "The gateway's answer is not as this version knows it.", {
      nextStep: "Restart the services with “palyra restart”, so that all parts have one version.",
      cause: parsed.error,
    });
  }
}

/** A path with the names in it encoded: `` route`/channels/${id}/logs` ``. */
export function route(parts: TemplateStringsArray, ...names: readonly (string | number)[]): string {
  return String.raw({ raw: parts }, ...names.map((name) => encodeURIComponent(name)));
}

/** `?a=1&b=2` of the fields that are given; empty when none is. */
export function query(fields: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const given = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : `${name}=${encodeURIComponent(value)}`,
  );
  return given.length === 0 ? "" : `?${given.join("&")}`;
}
