import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { waitUntil } from "../vscode/wait-until.ts";

/** A command that runs or has run. */
export class CommandRun {
  readonly #child: ChildProcess;
  stdout = "";
  stderr = "";

  /** @param args of the command line, after the program */
  constructor(file: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#child = spawn(process.execPath, [file, ...args], { env, stdio: "pipe" });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
  }

  /** Ends its standard input after `text`. */
  feed(text: string): void {
    this.#child.stdin?.end(text);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Waits for its end. @returns the exit code */
  async ended(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, "close");
    return this.#child.exitCode;
  }

  /** Waits until its standard output matches. */
  async prints(pattern: RegExp): Promise<void> {
    await waitUntil(`output like ${pattern}`, () => pattern.test(this.stdout), 10_000);
  }
}
