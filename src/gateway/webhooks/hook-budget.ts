interface Bucket {
  left: number;
  filledAt: number;
}

/** How many good requests of each integration are taken: as many as a minute's at once, then as they refill. */
export class HookBudget {
  readonly #buckets = new Map<string, Bucket>();

  /**
   * Takes one request. Only requests whose signature was found good are counted: nobody else can use the budget up.
   * @param now milliseconds
   * @returns milliseconds until the next one when there is none left, else null
   */
  take(integrationId: string, perMinute: number, now: number): number | null {
    const bucket = this.#buckets.get(integrationId) ?? { left: perMinute, filledAt: now };
    const refilled = bucket.left + (Math.max(0, now - bucket.filledAt) / 60_000) * perMinute;
    const left = Math.min(perMinute, refilled);
    if (left < 1) {
      this.#buckets.set(integrationId, { left, filledAt: now });
      return Math.ceil(((1 - left) / perMinute) * 60_000);
    }
    this.#buckets.set(integrationId, { left: left - 1, filledAt: now });
    return null;
  }

  /** The request was one that had been taken before. */
  giveBack(integrationId: string): void {
    const bucket = this.#buckets.get(integrationId);
    if (bucket !== undefined) bucket.left += 1;
  }

  /** Forgets integrations that are gone. */
  keep(ids: ReadonlySet<string> | ReadonlyMap<string, unknown>): void {
    for (const id of this.#buckets.keys()) if (!ids.has(id)) this.#buckets.delete(id);
  }
}
