import { writeSync } from "node:fs";
import { exitCodes, type FatalReport } from "../contracts/control-link.ts";
import { PalyraError } from "../platform/errors.ts";

/**
 * The report of a start that failed for a reason the user must mend: an error of the catalogue. Null for
 * anything else, which is a crash.
 */
export function fatalReport(thrown: unknown): FatalReport | null {
  return thrown instanceof PalyraError ? { palyra_fatal: thrown.toDetails() } : null;
}

/** Writes the report as the last line of standard error and ends the process with `exitCodes.config`. */
export function exitWithReport(report: FatalReport): never {
  writeStandardError(`${JSON.stringify(report)}\n`);
  process.exit(exitCodes.config);
}

/** Writes at once, also while the process is ending. */
export function writeStandardError(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // The reader of standard error is gone; there is no other place to say so.
  }
}
