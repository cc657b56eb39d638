import type { WebhooksStatus } from "../../contracts/webhook-status.ts";

/** What came to the ingress since the gateway started. */
export class HookCounters {
  #accepted = 0;
  #repeated = 0;
  readonly #refusals = new Map<string, number>();

  accepted(): void {
    this.#accepted += 1;
  }

  repeated(): void {
    this.#repeated += 1;
  }

  /** @param why one of a few fixed words, so that strangers cannot make the list grow */
  refused(why: string): void {
    this.#refusals.set(why, (this.#refusals.get(why) ?? 0) + 1);
  }

  get figures(): WebhooksStatus["requests"] {
    const refusals = Object.fromEntries([...this.#refusals].sort(([a], [b]) => (a < b ? -1 : 1)));
    const refused = [...this.#refusals.values()].reduce((sum, count) => sum + count, 0);
    return { accepted: this.#accepted, repeated: this.#repeated, refused, refusals };
  }
}
