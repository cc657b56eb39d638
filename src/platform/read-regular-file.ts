import { constants, type Stats } from "node:fs";
import { open } from "node:fs/promises";
import { fileProblem, systemErrorCode } from "./errors.ts";

/** Largest configuration or state file that is read, in bytes. What people write is a thousandth of it. */
const documentByteLimit = 4 * 1024 * 1024;

type NotRead =
  | { readonly kind: "missing" }
  /** Something is there that is not read; `reason` goes on from “it”. */
  | { readonly kind: "unusable"; readonly reason: string };

export type FileReading = NotRead | { readonly kind: "read"; readonly text: string };

/**
 * Reads a text file whole, and only a file: a pipe would be waited for without end, and a huge file would
 * fill the memory.
 * @param limitBytes largest size that is read
 * @throws `storage_failed` when the system does not let it be read
 */
export async function readRegularFile(file: string, limitBytes = documentByteLimit): Promise<FileReading> {
  const reading = await readRegularBytes(file, limitBytes);
  return reading.kind === "read" ? { kind: "read", text: reading.content.toString("utf8") } : reading;
}

/** As `readRegularFile`, for content that is no text. */
export async function readRegularBytes(
  file: string,
  limitBytes = documentByteLimit,
): Promise<NotRead | { readonly kind: "read"; readonly content: Buffer }> {
  try {
    // Without O_NONBLOCK the opening itself would wait for somebody who writes to the pipe.
    const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const info = await handle.stat();
      if (!info.isFile()) return { kind: "unusable", reason: kindOf(info) };
      // One byte more than allowed shows a file that is too large, also one that grows while it is read.
      const content = Buffer.alloc(Math.min(info.size, limitBytes) + 1);
      let length = 0;
      while (length < content.length) {
        const { bytesRead } = await handle.read(content, length, content.length - length, length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      if (length > limitBytes) {
        return { kind: "unusable", reason: `is larger than ${limitBytes / (1024 * 1024)} MB` };
      }
      return { kind: "read", content: content.subarray(0, length) };
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    const code = systemErrorCode(thrown);
    if (code === "ENOENT") return { kind: "missing" };
    // A socket cannot be opened, and on Windows neither can a folder.
    if (code === "ENXIO") return { kind: "unusable", reason: "is not a file" };
    if (code === "EISDIR") return { kind: "unusable", reason: "is a folder" };
    throw fileProblem(file, "read", thrown);
  }
}

function kindOf(info: Stats): string {
  if (info.isDirectory()) return "is a folder";
  return info.isFIFO() ? "is a pipe" : "is not a file";
}
