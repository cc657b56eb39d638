import { createHash } from "node:crypto";

/** So many requests per window, for one bucket and one top-level resource. */
export interface RateRule {
  readonly limit: number;
  readonly windowMs: number;
}

/** Discord docs: Rate Limits, Header Format. */
export interface RateState {
  readonly bucket: string;
  readonly limit: number;
  readonly remaining: number;
  readonly resetAtMs: number;
  readonly resetAfterMs: number;
  readonly exceeded: boolean;
}

interface Window {
  used: number;
  endsAtMs: number;
}

const GLOBAL_WINDOW_MS = 1000;

/** Counts requests per bucket, and all requests of a bot per second. */
export class RateLimits {
  readonly #windows = new Map<string, Window>();
  readonly #globalPerSecond: number;

  /** @param globalPerSecond requests a bot may make in any second, over all routes */
  constructor(globalPerSecond: number) {
    this.#globalPerSecond = globalPerSecond;
  }

  /**
   * Counts a request against the bot's global limit.
   * @returns milliseconds to wait, or null when the request may go on
   */
  takeGlobal(who: string, nowMs: number): number | null {
    const window = this.#window(`global:${who}`, nowMs, GLOBAL_WINDOW_MS);
    if (window.used >= this.#globalPerSecond) return window.endsAtMs - nowMs;
    window.used += 1;
    return null;
  }

  /**
   * Counts a request against its bucket.
   * @param bucketName what the bucket is for; shown to clients only as a hash
   * @param resource the top-level resource (channel, guild or webhook) that has its own count
   */
  take(who: string, bucketName: string, resource: string, rule: RateRule, nowMs: number): RateState {
    const window = this.#window(`${who}:${bucketName}:${resource}`, nowMs, rule.windowMs);
    const exceeded = window.used >= rule.limit;
    if (!exceeded) window.used += 1;
    return {
      bucket: createHash("sha256").update(bucketName).digest("hex").slice(0, 32),
      limit: rule.limit,
      remaining: rule.limit - window.used,
      resetAtMs: window.endsAtMs,
      resetAfterMs: window.endsAtMs - nowMs,
      exceeded,
    };
  }

  #window(key: string, nowMs: number, lengthMs: number): Window {
    let window = this.#windows.get(key);
    if (!window || window.endsAtMs <= nowMs) {
      window = { used: 0, endsAtMs: nowMs + lengthMs };
      this.#windows.set(key, window);
    }
    return window;
  }
}

/** Headers that go with every limited response. */
export function rateHeaders(state: RateState): Record<string, string> {
  return {
    "x-ratelimit-limit": String(state.limit),
    "x-ratelimit-remaining": String(state.remaining),
    "x-ratelimit-reset": (state.resetAtMs / 1000).toFixed(3),
    "x-ratelimit-reset-after": (state.resetAfterMs / 1000).toFixed(3),
    "x-ratelimit-bucket": state.bucket,
  };
}

/** Counts responses with 401, 403 and 429 (Discord docs: Rate Limits, Invalid Request Limit). */
export class InvalidRequests {
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #times: number[] = [];

  constructor(limit = 10_000, windowMs = 10 * 60 * 1000) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  note(nowMs: number): void {
    this.#times.push(nowMs);
  }

  count(nowMs: number): number {
    while ((this.#times[0] ?? nowMs) <= nowMs - this.#windowMs) this.#times.shift();
    return this.#times.length;
  }

  /** Milliseconds until the address may speak again, or null when it may now. */
  bannedForMs(nowMs: number): number | null {
    if (this.count(nowMs) < this.#limit) return null;
    return (this.#times[0] ?? nowMs) + this.#windowMs - nowMs;
  }
}
