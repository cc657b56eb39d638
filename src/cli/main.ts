#!/usr/bin/env node
import path from "node:path";
import { CommanderError } from "commander";
import { errorCatalogue } from "../contracts/errors.ts";
import { detailsOf } from "../platform/errors.ts";
import { productVersion } from "../platform/version.ts";
import { errorIn } from "../supervisor/next-steps.ts";
import { Cancelled, cancelledExitCode } from "./cancelled.ts";
import { createProgram } from "./program.ts";
import { paintFor, type Terminal } from "./terminal.ts";
import { visibleJson, visibleText } from "./visible-text.ts";

const terminal: Terminal = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
};

/** The first Ctrl-C ends the command in good order; the second ends it at once. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(cancelledExitCode));
        resolve();
      });
    }
  });
}

// A reader that has seen enough, as in `palyra logs | head`, is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

const program = createProgram(
  {
    terminal,
    interrupted,
    version: productVersion,
    execPath: process.execPath,
    sidecarBundles: {
      gateway: path.join(import.meta.dirname, "palyrad.mjs"),
      browserd: path.join(import.meta.dirname, "palyra-browserd.mjs"),
    },
    simulatorBundle: path.join(import.meta.dirname, "discord-sim.mjs"),
  },
  (code) => {
    process.exitCode = code;
  },
);

try {
  await program.parseAsync();
} catch (thrown) {
  process.exitCode = report(thrown);
}

/** Tells the user what went wrong and what to do. @returns the exit code */
function report(thrown: unknown): number {
  // Commander has written its message already.
  if (thrown instanceof CommanderError) {
    return thrown.exitCode === 0 ? 0 : errorCatalogue.validation_error.exitCode;
  }
  if (thrown instanceof Cancelled) {
    terminal.stderr.write(`${thrown.message}\n`);
    return cancelledExitCode;
  }
  const details = errorIn("terminal", detailsOf(thrown));
  const { json = false, plain = false } = program.opts<{ json?: boolean; plain?: boolean }>();
  if (json) terminal.stderr.write(`${visibleJson({ error: details })}\n`);
  else {
    const paint = paintFor(terminal.stderr, terminal.env, plain);
    const text = visibleText(`${details.message}\n${details.next_step}`);
    terminal.stderr.write(`${paint("red", "error:")} ${text}\n`);
  }
  return errorCatalogue[details.code].exitCode;
}
