import { exitCodes, FatalReport } from "../contracts/control-link.ts";
import type { ErrorDetails } from "../contracts/errors.ts";
import { PalyraError } from "../platform/errors.ts";

/** How a process ended and what it said last. */
export interface ProcessExit {
  /** Exit code; null when a signal ended it or it was not our child, so that nobody told us. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What the sidecar itself gave as the reason. */
  readonly fatal: ErrorDetails | null;
  /** Last lines on standard error, oldest first, without the fatal report. */
  readonly stderr: readonly string[];
}

/** Lines of standard error that are worth repeating in a message. */
const reasonLines = 3;
const reasonLength = 400;

/** Whether a new start would end the same way: bad usage or configuration, a pinned port that is taken. */
export function retryIsPointless(exit: ProcessExit): boolean {
  return exit.code === exitCodes.config || exit.code === exitCodes.usage;
}

/** One sentence about an exit. */
export function describeExit(displayName: string, exit: ProcessExit): string {
  if (exit.fatal !== null) return exit.fatal.message;
  if (exit.signal !== null) return `${displayName} was ended by ${exit.signal}.`;
  if (exit.code !== null) return `${displayName} exited with code ${exit.code}.`;
  return `${displayName} ended.`;
}

/**
 * The exit as an error to show: the sidecar's own reason, else the description with the last lines of
 * standard error.
 */
export function crashProblem(description: string, exit: ProcessExit): ErrorDetails {
  if (exit.fatal !== null) return exit.fatal;
  const said = exit.stderr.slice(-reasonLines).join(" · ").slice(-reasonLength);
  const message = said === "" ? description : `${description} Last output: ${said}`;
  return new PalyraError(exit.code === exitCodes.config ? "config_invalid" : "internal_error", message, {
    nextStep: retryIsPointless(exit)
      ? "Show the logs, mend the cause, then start again."
      : "It is started again by itself; show the logs to find the cause.",
  }).toDetails();
}

/**
 * Splits what a process wrote to standard error into its fatal report and the other lines that are not blank.
 * @param text the end of what it wrote; the first line may be cut
 */
export function readLastWords(text: string): Pick<ProcessExit, "fatal" | "stderr"> {
  let fatal: ErrorDetails | null = null;
  const stderr: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const report = line.startsWith('{"palyra_fatal"') ? parseFatalReport(line) : null;
    if (report !== null) fatal = report;
    else if (line.trim() !== "") stderr.push(line.trimEnd());
  }
  return { fatal, stderr };
}

function parseFatalReport(line: string): ErrorDetails | null {
  try {
    const parsed = FatalReport.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data.palyra_fatal : null;
  } catch (error) {
    // A line cut in the middle is no report.
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
