import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A script of this folder, or a bundle, as a process of its own with its output line by line. */
export class Child {
  readonly lines: string[] = [];
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #listeners = new Set<() => void>();

  /**
   * @param script file name in this folder or an absolute path
   * @param options `program` when the path is that of a program and not of a script
   */
  constructor(script: string, args: readonly string[], options: { readonly program?: boolean } = {}) {
    const file = script.startsWith("/") ? script : fileURLToPath(new URL(script, import.meta.url));
    const [program, ...words] =
      options.program === true ? [file, ...args] : [process.execPath, file, ...args];
    if (program === undefined) throw new Error("There is nothing to start.");
    this.#process = spawn(program, words, { stdio: ["ignore", "pipe", "inherit"] });
    this.#ended = once(this.#process, "close");
    if (this.#process.stdout === null) throw new Error("The child has no output.");
    createInterface({ input: this.#process.stdout }).on("line", (line) => {
      this.lines.push(line);
      for (const listener of this.#listeners) listener();
    });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Resolves once the lines satisfy the condition; rejects when the process ends before. */
  async until(condition: (lines: readonly string[]) => boolean): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (!condition(this.lines)) return;
        this.#listeners.delete(look);
        resolve();
      };
      this.#listeners.add(look);
      void this.#ended.then(() =>
        reject(new Error(`The process ended early: ${this.lines.slice(-3).join(" | ")}`)),
      );
      look();
    });
  }

  async ended(): Promise<void> {
    await this.#ended;
  }

  /** Ends the process at once and waits until all its output was read. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#ended;
  }
}
