import { rename } from "node:fs/promises";
import { type ProcessExit, readLastWords } from "./process-exit.ts";
import { readFileEnd } from "./read-file-end.ts";

/** How much of the end is read for the reason of a crash, in bytes. */
const tailBytes = 16 * 1024;

/**
 * Makes room for what a new process writes outside its log. What the one before it wrote is kept as
 * `FILE.1`, so there are never more than two.
 */
export async function startCrashFile(file: string): Promise<void> {
  if ((await readFileEnd(file, 1)) !== "") await rename(file, `${file}.1`);
}

/** What the process said last. */
export async function readCrashFile(file: string): Promise<Pick<ProcessExit, "fatal" | "stderr">> {
  return readLastWords(await readFileEnd(file, tailBytes));
}
