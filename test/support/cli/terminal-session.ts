import { stripVTControlCharacters } from "node:util";
import { type IPty, spawn } from "@lydell/node-pty";

/** Keys as a terminal sends them. */
export const keys = {
  enter: "\r",
  down: "\u001b[B",
  left: "\u001b[D",
  ctrlC: "\u0003",
  erase: "\u007f",
} as const;

/** A command in a terminal of its own, and somebody who reads and types. */
export class TerminalSession {
  readonly #terminal: IPty;
  #shown = "";
  /** How much of it was read. */
  #read = 0;
  #exitCode: number | null = null;
  readonly #ended: Promise<number>;
  #changed: () => void = () => undefined;

  constructor(file: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#terminal = spawn(process.execPath, [file, ...args], {
      cols: 160,
      rows: 50,
      env: { ...env, TERM: "xterm-256color" },
    });
    this.#terminal.onData((data) => {
      this.#shown += data;
      this.#changed();
    });
    this.#ended = new Promise((resolve) => {
      this.#terminal.onExit(({ exitCode }) => {
        this.#exitCode = exitCode;
        this.#changed();
        resolve(exitCode);
      });
    });
  }

  /** Everything that was shown, without colours and movements. */
  get text(): string {
    return stripVTControlCharacters(this.#shown);
  }

  /**
   * Waits until something is shown after what was read last, and reads up to it.
   * @throws at the deadline, or when the command ends, with what was shown instead
   */
  async sees(pattern: RegExp, timeoutMs = 10_000): Promise<RegExpExecArray> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const text = this.text;
      const found = pattern.exec(text.slice(this.#read));
      if (found !== null) {
        this.#read += found.index + found[0].length;
        return found;
      }
      if (this.#exitCode !== null || Date.now() >= deadline) {
        throw new Error(`${pattern} was not shown; instead: ${text.slice(this.#read)}`);
      }
      await this.#change(deadline - Date.now());
    }
  }

  /** Types text or keys. */
  type(...typed: readonly string[]): void {
    this.#terminal.write(typed.join(""));
  }

  /** Waits for a question and answers it. */
  async answers(question: RegExp, ...typed: readonly string[]): Promise<void> {
    await this.sees(question);
    this.type(...typed);
  }

  /** Waits for the end of the command. @returns its exit code */
  ended(): Promise<number> {
    return this.#ended;
  }

  kill(): void {
    if (this.#exitCode === null) this.#terminal.kill("SIGKILL");
  }

  #change(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#changed = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
