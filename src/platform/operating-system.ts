import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** What is asked of the operating system about processes. */
export interface OperatingSystem {
  readonly platform: NodeJS.Platform;
  /**
   * Runs a program of the system and waits for its end.
   * @returns what it wrote to standard output
   * @throws with `code` = its exit code when that is not 0
   */
  run(program: string, args: readonly string[], environment?: NodeJS.ProcessEnv): Promise<string>;
  /** @throws the system's error, `ESRCH` when there is no such process */
  signal(pid: number, signal: NodeJS.Signals | 0): void;
}

/** The one this process runs on. */
export const thisSystem: OperatingSystem = {
  platform: process.platform,
  run: async (program, args, environment = process.env) => {
    const options = { windowsHide: true, maxBuffer: 16 * 1024 * 1024, env: environment };
    return (await execute(program, [...args], options)).stdout;
  },
  signal: (pid, signal) => {
    process.kill(pid, signal);
  },
};

/** Whether a program ran and ended with this exit code. */
export function endedWith(error: unknown, exitCode: number): boolean {
  return error instanceof Error && "code" in error && error.code === exitCode;
}
