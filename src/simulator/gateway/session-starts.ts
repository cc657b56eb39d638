/** Discord docs: Gateway, Session Start Limit Object. */
export interface SessionStartLimit {
  readonly total: number;
  readonly remaining: number;
  readonly reset_after: number;
  readonly max_concurrency: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Counts the IDENTIFYs of one bot: so many a day, and so many shards at once per interval. */
export class SessionStarts {
  readonly #total: number;
  readonly #maxConcurrency: number;
  readonly #intervalMs: number;
  readonly #lastByKey = new Map<number, number>();
  #used = 0;
  #windowEndsMs = 0;

  /** @param intervalMs time after which the same concurrency key may identify again */
  constructor(limits: { total: number; maxConcurrency: number; intervalMs: number }) {
    this.#total = limits.total;
    this.#maxConcurrency = limits.maxConcurrency;
    this.#intervalMs = limits.intervalMs;
  }

  /** Takes one start for a shard: granted, refused for now, or one too many for the day. */
  take(nowMs: number, shardId: number): "granted" | "tooSoon" | "exhausted" {
    this.#roll(nowMs);
    const key = shardId % this.#maxConcurrency;
    const last = this.#lastByKey.get(key);
    if (last !== undefined && nowMs - last < this.#intervalMs) return "tooSoon";
    if (this.#used >= this.#total) return "exhausted";
    this.#used += 1;
    this.#lastByKey.set(key, nowMs);
    return "granted";
  }

  describe(nowMs: number): SessionStartLimit {
    this.#roll(nowMs);
    return {
      total: this.#total,
      remaining: this.#total - this.#used,
      reset_after: this.#used === 0 ? 0 : this.#windowEndsMs - nowMs,
      max_concurrency: this.#maxConcurrency,
    };
  }

  #roll(nowMs: number): void {
    if (nowMs < this.#windowEndsMs) return;
    this.#used = 0;
    this.#windowEndsMs = nowMs + DAY_MS;
  }
}
