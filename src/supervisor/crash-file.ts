import { lstat, rename } from "node:fs/promises";
import { systemErrorCode } from "../platform/errors.ts";
import { type ProcessExit, readLastWords } from "./process-exit.ts";
import { readFileEnd } from "./read-file-end.ts";

/** How much of the end is read for the reason of a crash, in bytes. */
const tailBytes = 16 * 1024;

/**
 * Makes room for what a new process writes outside its log. What the one before it wrote is kept as
 * `FILE.1`, so there are never more than two.
 */
export async function startCrashFile(file: string): Promise<void> {
  try {
    const info = await lstat(file);
    // Anything but a file is out of the way then, too: a pipe would be waited for.
    if (info.size > 0 || !info.isFile()) await rename(file, `${file}.1`);
  } catch (thrown) {
    if (systemErrorCode(thrown) !== "ENOENT") throw thrown;
  }
}

/** What the process said last. */
export async function readCrashFile(file: string): Promise<Pick<ProcessExit, "fatal" | "stderr">> {
  return readLastWords(await readFileEnd(file, tailBytes));
}
