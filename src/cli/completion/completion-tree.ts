import type { Command } from "commander";

/** A word that can follow, and what it does. */
export interface CompletionWord {
  readonly word: string;
  readonly description: string;
}

/** What can follow a command. */
export interface CompletionNode {
  /** Names of the command and those above it, without the program's own; empty for the program. */
  readonly path: readonly string[];
  readonly commands: readonly CompletionWord[];
  readonly options: readonly (CompletionWord & {
    readonly takesValue: boolean;
    readonly choices: readonly string[];
  })[];
  /** Values of the first argument that has a choice. */
  readonly values: readonly string[];
}

/** Everything the program knows, the program itself first. */
export function completionTree(program: Command): CompletionNode[] {
  const nodes: CompletionNode[] = [];
  const visit = (command: Command, path: readonly string[]): void => {
    const subcommands = command.commands;
    nodes.push({
      path,
      commands: subcommands.map((one) => ({ word: one.name(), description: one.description() })),
      options: [...command.options, ...(command === program ? [] : program.options)].flatMap((option) =>
        option.long === undefined || option.long === null
          ? []
          : [
              {
                word: option.long,
                description: option.description,
                takesValue: option.required || option.optional,
                choices: option.argChoices ?? [],
              },
            ],
      ),
      values: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    });
    for (const one of subcommands) visit(one, [...path, one.name()]);
  };
  visit(program, []);
  return nodes;
}
