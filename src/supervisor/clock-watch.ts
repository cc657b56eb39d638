/** A clock that differs from the steady one by less was not set: it is only adjusted, in milliseconds. */
const setByAtLeastMs = 2_000;

/**
 * Notices when the clock of the machine was set, by comparing it with one that nobody can set. What waits for an
 * instant would else wait for hours after the clock was set back, and be over at once after it was set forward.
 */
export class ClockWatch {
  readonly #clock: { now(): number };
  readonly #steady: { now(): number };
  #offset: number;

  constructor(clock: { now(): number }, steady: { now(): number } = performance) {
    this.#clock = clock;
    this.#steady = steady;
    this.#offset = clock.now() - steady.now();
  }

  /** By how many milliseconds the clock was set since this was asked last; 0 when it was not. */
  jump(): number {
    const offset = this.#clock.now() - this.#steady.now();
    const jump = Math.round(offset - this.#offset);
    if (Math.abs(jump) < setByAtLeastMs) return 0;
    this.#offset = offset;
    return jump;
  }
}
