import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { access, open } from "node:fs/promises";
import type { BootLine } from "../contracts/control-link.ts";
import { PalyraError } from "../platform/errors.ts";
import { ensurePrivateFolder } from "../platform/secure-folder.ts";
import { crashFile, type StatePaths } from "../platform/state-paths.ts";
import { startCrashFile } from "./crash-file.ts";
import { sidecarEnvironment } from "./sidecar-environment.ts";

/**
 * A sidecar idles most of the time: a small young generation keeps its memory a quarter lower. It has to be
 * given at the start; set later it has little effect.
 */
const memoryFlags = ["--max-semi-space-size=1"];

export interface SidecarProgram {
  /** Executable that runs the bundle: Node.js, or an Electron that acts as it. */
  readonly execPath: string;
  /** Absolute path of the bundle. */
  readonly bundle: string;
}

/**
 * Starts a sidecar that outlives this process: detached, its output in the crash file, its secrets in one
 * line on standard input and nowhere else.
 * @returns the child once the system has started it
 * @throws the system's error when it cannot be started
 */
export async function spawnSidecar(
  program: SidecarProgram,
  boot: BootLine,
  paths: StatePaths,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<ChildProcess> {
  await ensurePrivateFolder(paths.logsDir);
  const file = crashFile(paths, boot.service);
  await startCrashFile(file);
  const output = await open(file, "a", 0o600);
  try {
    const child = spawn(program.execPath, [...memoryFlags, program.bundle], {
      cwd: paths.root,
      detached: true,
      env: sidecarEnvironment(environment),
      stdio: ["pipe", output.fd, output.fd],
      windowsHide: true,
    });
    await once(child, "spawn");
    // A sidecar that dies before it has read its line is reported by its exit.
    child.stdin?.on("error", () => child.stdin?.destroy());
    child.stdin?.end(`${JSON.stringify(boot)}\n`);
    child.unref();
    return child;
  } finally {
    await output.close();
  }
}

/** @throws `config_invalid` when a file that the sidecar is started from is missing */
export async function requireProgram(
  displayName: string,
  { bundle, execPath }: SidecarProgram,
): Promise<void> {
  for (const file of [execPath, bundle]) {
    await access(file).catch((cause: unknown) => {
      throw new PalyraError("config_invalid", `The program of ${displayName} is missing: ${file}.`, {
        nextStep: "Install Palyra again.",
        cause,
      });
    });
  }
}
