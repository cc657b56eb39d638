import type { Command } from "commander";
import type { SelectorFlags } from "../../connector-selector.ts";
import { withSelector } from "../../connector-selector.ts";
import { needsGateway } from "../../shell.ts";

export interface MessageFlags extends SelectorFlags {
  readonly start?: boolean;
}

/** A command about messages of one connector. */
export function messageCommand(message: Command, name: string, what: string): Command {
  return needsGateway(withSelector(message.command(name).description(what)));
}
