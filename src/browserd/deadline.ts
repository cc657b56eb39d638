import { ToolError } from "./tool-error.ts";

/** The time one tool call has, and the caller's wish to stop it. */
export class Deadline {
  readonly milliseconds: number;
  readonly signal: AbortSignal;
  readonly #end: number;

  constructor(milliseconds: number, signal: AbortSignal) {
    this.milliseconds = milliseconds;
    this.signal = signal;
    this.#end = performance.now() + milliseconds;
  }

  /** Milliseconds left, at least 1: for puppeteer 0 means to wait for ever. */
  remaining(): number {
    return Math.max(1, Math.round(this.#end - performance.now()));
  }

  /**
   * Waits for work within the time left. The work itself goes on when it is too late, and its failure
   * is then nobody's concern.
   * @param what the work, as the end of “... in time”, for example `The page did not load`
   * Rejects with the work's error, or `ToolError` `timeout` or `cancelled`.
   */
  async enforce<T>(work: Promise<T>, what: string): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    let onAbort: (() => void) | undefined;
    const interrupted = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => reject(new ToolError("timeout", `${what} within ${this.milliseconds} ms.`)),
        this.remaining(),
      );
      onAbort = () => reject(new ToolError("cancelled", "The call was cancelled."));
      if (this.signal.aborted) onAbort();
      else this.signal.addEventListener("abort", onAbort, { once: true });
    });
    try {
      return await Promise.race([work, interrupted]);
    } finally {
      clearTimeout(timer);
      if (onAbort !== undefined) this.signal.removeEventListener("abort", onAbort);
    }
  }
}
