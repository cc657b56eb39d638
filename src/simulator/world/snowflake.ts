/** First millisecond of 2015, from which Discord counts (Discord docs: Reference, Snowflakes). */
const DISCORD_EPOCH_MS = 1_420_070_400_000;

const MAX_SNOWFLAKE = (1n << 63n) - 1n;

/** Creates ids that grow strictly, even within one millisecond or when the clock steps back. */
export class SnowflakeSource {
  readonly #now: () => number;
  #lastMs = 0;
  #increment = 0;

  /** @param now current time in milliseconds since the Unix epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  next(): string {
    const ms = Math.max(this.#now(), this.#lastMs);
    if (ms === this.#lastMs) this.#increment += 1;
    else this.#increment = 0;
    if (this.#increment > 0xfff) {
      this.#increment = 0;
      this.#lastMs = ms + 1;
    } else {
      this.#lastMs = ms;
    }
    return snowflakeAt(this.#lastMs, this.#increment);
  }
}

/** The id of an object created at `unixMs` (milliseconds), with the lowest 22 bits set to `low`. */
export function snowflakeAt(unixMs: number, low = 0): string {
  return ((BigInt(unixMs - DISCORD_EPOCH_MS) << 22n) | BigInt(low)).toString();
}

/** Creation time in milliseconds since the Unix epoch. */
export function snowflakeTime(id: string): number {
  return Number(BigInt(id) >> 22n) + DISCORD_EPOCH_MS;
}

export function isSnowflake(value: unknown): value is string {
  return typeof value === "string" && /^\d{1,20}$/.test(value) && BigInt(value) <= MAX_SNOWFLAKE;
}

/** Orders ids by age, oldest first. Compares digits, which is faster than making numbers of them. */
export function compareSnowflakes(a: string, b: string): number {
  const left = a.startsWith("0") ? a.replace(/^0+(?=\d)/, "") : a;
  const right = b.startsWith("0") ? b.replace(/^0+(?=\d)/, "") : b;
  if (left.length !== right.length) return left.length < right.length ? -1 : 1;
  return left < right ? -1 : left > right ? 1 : 0;
}
