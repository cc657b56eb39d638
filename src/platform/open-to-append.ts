import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { fileProblem, PalyraError } from "./errors.ts";

/**
 * Opens a file to append to it, readable by its owner only, and only a file: the opening of a pipe would wait,
 * and all of the program with it, until somebody reads; a link could lead to a file that is not ours.
 * @returns the descriptor
 * @throws `storage_failed`
 */
export function openToAppend(file: string): number {
  const { O_WRONLY, O_APPEND, O_CREAT } = constants;
  // Windows knows neither of these, nor pipes and links that need them.
  const guards = (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);
  let descriptor: number;
  try {
    descriptor = openSync(file, O_WRONLY | O_APPEND | O_CREAT | guards, 0o600);
  } catch (cause) {
    throw fileProblem(file, "written", cause);
  }
  if (fstatSync(descriptor).isFile()) return descriptor;
  closeSync(descriptor);
  throw new PalyraError("storage_failed", `${file} cannot be written: it is not a file.`, {
    nextStep: "Move what is in its place away, then try again.",
  });
}
