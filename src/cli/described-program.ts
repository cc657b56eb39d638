import type { Command } from "commander";
import { createProgram } from "./program.ts";

/** The program as it describes itself; its commands are not to be run. */
export function describedProgram(): Command {
  return createProgram(
    {
      terminal: { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, env: {} },
      interrupted: async () => undefined,
      version: "",
      execPath: "",
      sidecarBundles: { gateway: "", browserd: "" },
      simulatorBundle: "",
    },
    () => undefined,
  );
}
