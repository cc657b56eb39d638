import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { systemErrorCode } from "../platform/errors.ts";

/**
 * The last whole lines of a text file; empty when there is none, or no file in its place. A line that would be cut is left out: in half a
 * secret nobody recognises one.
 * @param maxBytes how much of the end is read
 */
export async function readFileEnd(file: string, maxBytes: number): Promise<string> {
  try {
    // Without O_NONBLOCK the opening of a pipe would wait for somebody who writes to it.
    const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const info = await handle.stat();
      if (!info.isFile()) return "";
      const { size } = info;
      const length = Math.min(size, maxBytes);
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
      const text = buffer.subarray(0, bytesRead).toString("utf8");
      const firstEnd = text.indexOf("\n");
      if (length === size) return text;
      return firstEnd === -1 ? "" : text.slice(firstEnd + 1);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return "";
    throw error;
  }
}
