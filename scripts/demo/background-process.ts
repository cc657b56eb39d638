import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, open, readFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { PROJECT_ROOT } from "../../test/support/vscode/install-vscode.ts";

const LAST_WORDS = 2_000;

export interface BackgroundOptions {
  readonly name: string;
  /** Script and arguments for this Node. */
  readonly command: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly logFolder: string;
}

/** A Node process beside the demo. Its errors go to a log file; its standard input closes when the demo ends. */
export class BackgroundProcess {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #logFile: string;

  private constructor(name: string, child: ChildProcess, logFile: string) {
    this.#name = name;
    this.#child = child;
    this.#logFile = logFile;
  }

  static async start(options: BackgroundOptions): Promise<BackgroundProcess> {
    await mkdir(options.logFolder, { recursive: true });
    const logFile = path.join(options.logFolder, `${options.name}.log`);
    const log = await open(logFile, "a");
    try {
      const child = spawn(process.execPath, options.command, {
        cwd: PROJECT_ROOT,
        env: options.environment,
        stdio: ["pipe", "pipe", log.fd],
        // Out of the terminal's process group: Ctrl-C reaches the demo, which then ends this in its order.
        detached: true,
      });
      return new BackgroundProcess(options.name, child, logFile);
    } finally {
      await log.close();
    }
  }

  /**
   * Resolves with the first line on standard output.
   *
   * @throws Error with the last words of the log when the process ends before.
   */
  async firstLine(): Promise<string> {
    const { stdout } = this.#child;
    if (stdout === null) {
      throw new Error(`${this.#name} has no standard output`);
    }
    const lines = createInterface({ input: stdout });
    return new Promise((resolve, reject) => {
      lines.once("line", resolve);
      this.whenEnded().then(reject, reject);
    });
  }

  /** Resolves with an error that explains the end of the process, when it ends. */
  async whenEnded(): Promise<Error> {
    const how = await new Promise<string>((resolve) => {
      const { exitCode, signalCode } = this.#child;
      if (exitCode !== null || signalCode !== null) {
        resolve(String(exitCode ?? signalCode));
      }
      this.#child.once("error", (error) => resolve(error.message));
      this.#child.once("exit", (code, signal) => resolve(String(code ?? signal)));
    });
    const lastWords = (await readFile(this.#logFile, "utf8")).slice(-LAST_WORDS);
    return new Error(`${this.#name} ended with ${how}. Its last words (${this.#logFile}):\n${lastWords}`);
  }
}
