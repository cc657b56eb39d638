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
        option.long === undefined || option.long === null || option.hidden
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
    for (const one of subcommands) {
      for (const name of [one.name(), ...one.aliases()]) visit(one, [...path, name]);
    }
  };
  visit(program, []);
  return nodes;
}

/** Values of an option. `path` null: wherever it is; else only behind the command with this path. */
export interface CompletionChoice {
  readonly path: string | null;
  readonly option: string;
  readonly values: readonly string[];
}

/** Options with a choice of values, each once where it has the same values everywhere. */
export function choicesOf(nodes: readonly CompletionNode[]): CompletionChoice[] {
  const all = nodes.flatMap(({ path, options }) =>
    options.flatMap(({ word, choices }) =>
      choices.length === 0 ? [] : [{ path: path.join(" "), option: word, values: choices }],
    ),
  );
  const kinds = new Map<string, Set<string>>();
  for (const { option, values } of all) {
    kinds.set(option, (kinds.get(option) ?? new Set()).add(values.join(" ")));
  }
  const found = new Map<string, CompletionChoice>();
  for (const { path, option, values } of all) {
    const isSame = kinds.get(option)?.size === 1;
    const choice = { path: isSame ? null : path, option, values };
    found.set(`${choice.path} ${option}`, choice);
  }
  return [...found.values()];
}
