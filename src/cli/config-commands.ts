import type { Command } from "commander";
import { addGet } from "./commands/config/get.ts";
import { addSet } from "./commands/config/set.ts";
import { addValidate } from "./commands/config/validate.ts";
import type { Shell } from "./shell.ts";

/** Adds `palyra config`. */
export function addConfigCommands(program: Command, shell: Shell): void {
  const config = program.command("config").description("look at the gateway's settings and change them");
  addGet(config, shell);
  addSet(config, shell);
  addValidate(config, shell);
}
