import { readFile } from "node:fs/promises";
import { fileProblem, PalyraError, systemErrorCode } from "../platform/errors.ts";

/**
 * Reads a file that the user named.
 * @throws `not_found`; `validation_error` for a folder; `storage_failed` when it cannot be read
 */
export async function readInputFile(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    const code = systemErrorCode(cause);
    if (code === "ENOENT") throw new PalyraError("not_found", `There is no file ${file}.`);
    if (code !== "EISDIR") throw fileProblem(file, "read", cause);
    throw new PalyraError("validation_error", `${file} is a folder.`, {
      nextStep: "Name a file in it.",
      cause,
    });
  }
}
