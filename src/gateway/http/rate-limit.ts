/** Bounds of the rate limit; times in milliseconds. */
export const rateLimits = { windowMs: 1_000, loopback: 120, remote: 30, maxCallers: 4_096 } as const;

interface Window {
  since: number;
  count: number;
}

const loopback = /^(?:127\.|::1$|::ffff:127\.)/;

/**
 * Requests of each caller in a fixed window. Those that show a token or a session have one of their own: any web page can
 * make requests of this machine without one, and must not lock the owner out.
 */
export class RateLimit {
  readonly #windows = new Map<string, Window>();

  /**
   * Counts a request.
   * @param isKnown whether it shows a good token or session
   * @returns milliseconds to wait when it is one too many, else null
   */
  refuse(address: string, isKnown: boolean, now: number): number | null {
    const caller = isKnown ? `${address} known` : address;
    const known = this.#windows.get(caller);
    if (known === undefined || isOver(known, now)) {
      this.#windows.delete(caller);
      this.#makeRoom(now);
      this.#windows.set(caller, { since: now, count: 1 });
      return null;
    }
    known.count += 1;
    const allowed = loopback.test(address) ? rateLimits.loopback : rateLimits.remote;
    return known.count > allowed ? Math.max(1, known.since + rateLimits.windowMs - now) : null;
  }

  get callers(): number {
    return this.#windows.size;
  }

  #makeRoom(now: number): void {
    if (this.#windows.size < rateLimits.maxCallers) return;
    for (const [caller, window] of this.#windows) {
      if (isOver(window, now)) this.#windows.delete(caller);
    }
    for (const caller of this.#windows.keys()) {
      if (this.#windows.size < rateLimits.maxCallers) return;
      this.#windows.delete(caller);
    }
  }
}

/** A window that begins in the future is from before the clock was set back. */
function isOver({ since }: Window, now: number): boolean {
  return now < since || now - since > rateLimits.windowMs;
}

/** Failed logins before each further one has to wait, and the longest wait in milliseconds. */
const freeFailures = 5;
const longestWaitMs = 60_000;

/** Holds back who guesses the admin token: after a few failures each one doubles the wait for everybody's next. */
export class LoginBackoff {
  #failures = 0;
  #until = 0;

  /** Milliseconds until a login is looked at again; null when it is now. */
  waitMs(now: number): number | null {
    const left = this.#until - now;
    // A longer wait than there is means that the clock was set back.
    return left > 0 && left <= longestWaitMs ? left : null;
  }

  failed(now: number): void {
    this.#failures += 1;
    const over = this.#failures - freeFailures;
    if (over > 0) this.#until = now + Math.min(longestWaitMs, 500 * 2 ** Math.min(over, 10));
  }

  succeeded(): void {
    this.#failures = 0;
    this.#until = 0;
  }
}
