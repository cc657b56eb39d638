import type { RateLimitError } from "@discordjs/rest";
import type { AdapterRateLimits } from "../connector-adapter.ts";
import { RecentMap } from "./recent-map.ts";

/** Routes whose waits are remembered. */
const routeLimit = 256;

/** Waits that Discord asked for, for showing. Keeping to them is the REST library's work. */
export class RateLimitNotes {
  readonly #routes = new RecentMap<string, number>(routeLimit);
  #globalUntil = 0;

  /** @param now Unix milliseconds */
  note(limit: RateLimitError, now: number): void {
    const waits = [limit.retryAfter, limit.sublimitTimeout].filter(Number.isFinite);
    const until = now + Math.ceil(Math.max(0, ...waits));
    if (limit.global) this.#globalUntil = Math.max(this.#globalUntil, until);
    else {
      const route = `${limit.method} ${limit.route}`;
      this.#routes.set(route, Math.max(until, this.#routes.get(route) ?? 0));
    }
  }

  /** What holds at `now` (Unix milliseconds). */
  read(now: number): AdapterRateLimits {
    const routes = this.#routes
      .entries()
      .filter(([, until]) => until > now)
      .map(([route, until]) => ({ route, retryAfterMs: until - now }));
    return { globalRetryAfterMs: this.#globalUntil > now ? this.#globalUntil - now : null, routes };
  }
}
