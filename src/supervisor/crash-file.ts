import { open, rename } from "node:fs/promises";
import { systemErrorCode } from "../platform/errors.ts";

/** How much of the end is read for the reason of a crash, in bytes. */
const tailBytes = 16 * 1024;

/**
 * Makes room for what a new process writes outside its log. What the one before it wrote is kept as
 * `FILE.1`, so there are never more than two.
 */
export async function startCrashFile(file: string): Promise<void> {
  const end = await readEnd(file);
  if (end !== "") await rename(file, `${file}.1`);
}

/** The end of the file; empty when there is none. */
export async function readEnd(file: string): Promise<string> {
  try {
    const handle = await open(file, "r");
    try {
      const { size } = await handle.stat();
      const length = Math.min(size, tailBytes);
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
      return buffer.subarray(0, bytesRead).toString("utf8");
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return "";
    throw error;
  }
}
