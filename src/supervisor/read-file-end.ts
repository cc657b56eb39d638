import { open } from "node:fs/promises";
import { systemErrorCode } from "../platform/errors.ts";

/**
 * The end of a text file; empty when there is none. The first line may be cut.
 * @param maxBytes how much of the end is read
 */
export async function readFileEnd(file: string, maxBytes: number): Promise<string> {
  try {
    const handle = await open(file, "r");
    try {
      const { size } = await handle.stat();
      const length = Math.min(size, maxBytes);
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
