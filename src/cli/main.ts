#!/usr/bin/env node
import path from "node:path";
import { productVersion } from "../platform/version.ts";
import { cancelledExitCode } from "./cancelled.ts";
import { createProgram, errorStyleOf } from "./program.ts";
import { reportError } from "./report-error.ts";
import type { Terminal } from "./terminal.ts";

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
  process.exitCode = reportError(thrown, errorStyleOf(program, terminal));
}
