const PROGRESS_EVERY_MS = 2_000;

/** Tells a person at a terminal what happens: a line per step with the time since the start. */
export class Steps {
  readonly #startedAt = Date.now();
  readonly #print: (line: string) => void;

  constructor(print: (line: string) => void = console.log) {
    this.#print = print;
  }

  say(line: string): void {
    const elapsed = ((Date.now() - this.#startedAt) / 1000).toFixed(1);
    this.#print(`[${elapsed.padStart(5)} s] ${line}`);
  }

  /** Runs a step. While it takes longer than 2 s a line says so; at its end a line says what came of it. */
  async run<T>(what: string, action: () => Promise<T>, outcome: (result: T) => string): Promise<T> {
    const ticker = setInterval(() => this.say(`${what} ...`), PROGRESS_EVERY_MS);
    try {
      const result = await action();
      this.say(outcome(result));
      return result;
    } finally {
      clearInterval(ticker);
    }
  }
}
