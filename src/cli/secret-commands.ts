import type { Command } from "commander";
import { addDelete } from "./commands/secrets/delete.ts";
import { addList } from "./commands/secrets/list.ts";
import { rotateTokens } from "./commands/secrets/rotate.ts";
import { addSet } from "./commands/secrets/set.ts";
import { withExamples } from "./examples.ts";
import { type Shell, show } from "./shell.ts";

/** Adds `palyra secrets`. */
export function addSecretCommands(program: Command, shell: Shell): void {
  const secrets = program.command("secrets").description("manage secrets");
  addSet(secrets, shell);
  addList(secrets, shell);
  addDelete(secrets, shell);
  const rotate = secrets
    .command("rotate")
    .description("replace the tokens of the services; the old ones are accepted for ten seconds more");
  withExamples(rotate, "palyra secrets rotate");
  rotate.action(async () => show(shell, rotateTokens));
}
