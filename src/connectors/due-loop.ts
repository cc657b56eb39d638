/** Shortest wait for something that is due but could not be taken, in milliseconds. */
const minimumWaitMs = 500;
/** Longest wait before the loop looks again by itself. */
const maximumWaitMs = 60 * 60 * 1000;

/**
 * Runs a piece of work whenever it is woken or something is due, never twice at the same time. Between
 * runs there is one timer at most.
 */
export class DueLoop {
  readonly #work: () => Promise<void>;
  readonly #nextDueAt: () => Promise<number | null>;
  readonly #onFault: (thrown: unknown) => number;
  #running: Promise<void> | null = null;
  #woken = false;
  #stopped = true;
  #timer: NodeJS.Timeout | null = null;

  /**
   * @param work takes what is due and begins it
   * @param nextDueAt instant (ms) of the next thing to do, null for none
   * @param onFault told of a failed run; returns milliseconds until the next one
   */
  constructor(options: {
    work: () => Promise<void>;
    nextDueAt: () => Promise<number | null>;
    onFault: (thrown: unknown) => number;
  }) {
    this.#work = options.work;
    this.#nextDueAt = options.nextDueAt;
    this.#onFault = options.onFault;
  }

  start(): void {
    this.#stopped = false;
    this.wake();
  }

  /** Something may be there to do. */
  wake(): void {
    if (this.#stopped) return;
    this.#woken = true;
    this.#running ??= this.#run();
  }

  /** No run begins after this; resolves when the last one has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#disarm();
    await this.#running;
  }

  async #run(): Promise<void> {
    this.#disarm();
    let waitMs: number | null = null;
    while (this.#woken && !this.#stopped) {
      this.#woken = false;
      try {
        await this.#work();
        waitMs = this.#woken ? null : await this.#waitUntilDue();
      } catch (thrown) {
        waitMs = this.#onFault(thrown);
        break;
      }
    }
    this.#running = null;
    if (this.#stopped) return;
    if (waitMs === null) {
      if (this.#woken) this.wake();
      return;
    }
    this.#timer = setTimeout(() => this.wake(), waitMs);
  }

  async #waitUntilDue(): Promise<number | null> {
    const due = await this.#nextDueAt();
    if (due === null) return null;
    const wait = due - Date.now();
    return Math.min(wait > 0 ? wait : minimumWaitMs, maximumWaitMs);
  }

  #disarm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
