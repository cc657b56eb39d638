import { CommanderError } from "commander";
import { errorCatalogue } from "../contracts/error-catalogue.ts";
import { detailsOf } from "../platform/errors.ts";
import { errorIn } from "../supervisor/next-steps.ts";
import { Cancelled, cancelledExitCode } from "./cancelled.ts";
import { wrapLines } from "./output/wrap-lines.ts";
import { columnsOf, paintFor, type Terminal } from "./terminal.ts";
import { visibleJson, visibleText } from "./visible-text.ts";

/** How errors are to be told. */
export interface ErrorStyle {
  readonly terminal: Pick<Terminal, "stderr" | "env">;
  readonly json: boolean;
  readonly plain: boolean;
}

/** Tells the user on standard error what went wrong and what to do. @returns the exit code */
export function reportError(thrown: unknown, { terminal, json, plain }: ErrorStyle): number {
  // The parser ends so after it has shown help or the version.
  if (thrown instanceof CommanderError) return thrown.exitCode;
  const { stderr } = terminal;
  if (thrown instanceof Cancelled) {
    stderr.write(`${thrown.message}\n`);
    return cancelledExitCode;
  }
  const details = errorIn("terminal", detailsOf(thrown));
  if (json) stderr.write(`${visibleJson({ error: details })}\n`);
  else {
    const label = paintFor(stderr, terminal.env, plain)("red", "error:");
    const text = visibleText(`${details.message}\n${details.next_step}`);
    stderr.write(`${wrapLines([`${label} ${text}`], columnsOf(stderr)).join("\n")}\n`);
  }
  return errorCatalogue[details.code].exitCode;
}
