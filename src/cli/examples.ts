import type { Command } from "commander";

const kept = new WeakMap<Command, readonly string[]>();

/** Shows examples of a command below its help, and keeps them for the reference. */
export function withExamples(command: Command, ...examples: readonly string[]): Command {
  kept.set(command, examples);
  return command.addHelpText("after", `\nExamples:\n${examples.map((one) => `  ${one}`).join("\n")}`);
}

/** The examples of a command, none for most groups. */
export function examplesOf(command: Command): readonly string[] {
  return kept.get(command) ?? [];
}
