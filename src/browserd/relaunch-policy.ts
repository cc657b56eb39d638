/** How often a crashed browser is started again before the daemon reports it as failed. */
export const relaunchLimit = 3;
/** Crashes older than this no longer count, in milliseconds. */
export const crashMemoryMs = 10 * 60_000;

/** An immutable count of crashes. Each level of supervision multiplies, so the limit is small. */
export class RelaunchPolicy {
  static readonly initial = new RelaunchPolicy([]);
  readonly #crashes: readonly number[];

  private constructor(crashes: readonly number[]) {
    this.#crashes = crashes;
  }

  /**
   * The policy after one more crash.
   * @param now milliseconds, of any clock that does not run backwards
   */
  afterCrash(now: number): RelaunchPolicy {
    return new RelaunchPolicy([...this.#recent(now), now]);
  }

  /** Whether the browser may be started (again). */
  mayLaunch(now: number): boolean {
    return this.#recent(now).length <= relaunchLimit;
  }

  /** Crashes that still count. */
  crashes(now: number): number {
    return this.#recent(now).length;
  }

  #recent(now: number): readonly number[] {
    return this.#crashes.filter((crash) => now - crash < crashMemoryMs);
  }
}
