import type { Command } from "commander";
import { addCapabilities } from "./commands/message/capabilities.ts";
import { addDelete } from "./commands/message/delete.ts";
import { addEdit } from "./commands/message/edit.ts";
import { addReact } from "./commands/message/react.ts";
import { addRead } from "./commands/message/read.ts";
import { addSearch } from "./commands/message/search.ts";
import { addSend } from "./commands/message/send.ts";
import type { Shell } from "./shell.ts";

/** Adds `palyra message`. */
export function addMessageCommands(program: Command, shell: Shell): void {
  const message = program.command("message").description("read and write messages as the bot");
  addCapabilities(message, shell);
  addSend(message, shell);
  addRead(message, shell);
  addSearch(message, shell);
  addEdit(message, shell);
  addDelete(message, shell);
  addReact(message, shell);
}
