import type { Clock } from "../../../src/simulator/clock.ts";

/** A clock that moves only when told. */
export class ManualClock implements Clock {
  #now: number;
  readonly #due = new Set<{ readonly atMs: number; readonly run: () => void }>();

  constructor(startMs = Date.UTC(2026, 0, 15, 12)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  schedule(run: () => void, delayMs: number): () => void {
    const entry = { atMs: this.#now + delayMs, run };
    this.#due.add(entry);
    return () => this.#due.delete(entry);
  }

  /** Moves time forward and runs what comes due, in order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = [...this.#due].filter((one) => one.atMs <= end).sort((a, b) => a.atMs - b.atMs)[0];
      if (!next) break;
      this.#due.delete(next);
      this.#now = next.atMs;
      next.run();
    }
    this.#now = end;
  }
}
