import type { Argument, Command, Option } from "commander";
import { errorCatalogue } from "../contracts/error-catalogue.ts";
import { examplesOf } from "./examples.ts";

/** What exit codes mean beyond those of the errors. */
const otherExitCodes: readonly (readonly [code: number, meaning: string])[] = [
  [0, "It is done, or all is well."],
  [1, "`palyra doctor` found something that is wrong."],
  [130, "You ended it with Ctrl-C."],
];

/** The reference of the command line, as Markdown. It follows from the program, so that both agree. */
export function reference(program: Command): string {
  const commands = leavesOf(program, []);
  return [
    "# The palyra command",
    "",
    "<!-- Made by `node scripts/write-cli-reference.ts` from the program itself. -->",
    "",
    `${program.description()} Every command takes these options, before or after its name:`,
    "",
    ...optionTable(program.options),
    "",
    "## Output",
    "",
    "- On a terminal: tables and sentences that fit its width, with colours unless `NO_COLOR` is set.",
    "- `--json`: one JSON document on standard output, or one in each line for what goes on, such as `logs -f`.",
    '- `--plain`: one record in each line, `name key=value key="two words"`. What is not known is `none`.',
    '- Errors go to standard error: a sentence and what to do, or with `--json` `{"error": {"code", "message", "next_step"}}`.',
    "",
    "A command that only groups others, and `palyra` alone, show their help. A channel can be named in three ways:",
    "`discord:ops`, `--provider discord --account-id ops`, or for some commands `palyra channels discord … --account-id ops`.",
    "",
    "Secrets are read from standard input, from a file, or typed without being shown; never from an argument.",
    "",
    "## Exit codes",
    "",
    "| Exit code | Errors |",
    "|---|---|",
    ...exitCodeRows(),
    "",
    ...commands.flatMap(({ command, path }) => section(command, path)),
  ]
    .join("\n")
    .trimEnd()
    .concat("\n");
}

function leavesOf(
  command: Command,
  path: readonly string[],
): { command: Command; path: readonly string[] }[] {
  return command.commands.flatMap((one) => {
    const here = [...path, one.name()];
    return [{ command: one, path: here }, ...leavesOf(one, here)];
  });
}

function section(command: Command, path: readonly string[]): string[] {
  const isGroup = command.commands.length > 0;
  const aliases = command.aliases();
  const options = command.options.filter(({ hidden }) => !hidden);
  const examples = examplesOf(command);
  const { registeredArguments } = command;
  return [
    `${path.length === 1 ? "##" : "###"} palyra ${path.join(" ")}`,
    "",
    sentence(command.description()),
    "",
    ...(aliases.length === 0 ? [] : [`Also: ${aliases.map((name) => `\`${name}\``).join(", ")}.`, ""]),
    ...(isGroup && examples.length === 0
      ? []
      : ["```", `palyra ${[...path, command.usage()].join(" ")}`, "```", ""]),
    ...(registeredArguments.length === 0 ? [] : [...argumentTable(registeredArguments), ""]),
    ...(options.length === 0 ? [] : [...optionTable(options), ""]),
    ...(examples.length === 0 ? [] : ["```sh", ...examples, "```", ""]),
  ];
}

function argumentTable(all: readonly Argument[]): string[] {
  const rows = all.map((argument) => [
    `\`${argument.required ? `<${argument.name()}>` : `[${argument.name()}]`}\``,
    `${sentence(argument.description)}${choices(argument.argChoices)}`,
  ]);
  return tableOf(["Argument", ""], rows);
}

function optionTable(all: readonly Option[]): string[] {
  const rows = all.map(({ flags, description, argChoices, defaultValue, mandatory }) => [
    `\`${flags}\``,
    `${sentence(description)}${choices(argChoices)}${mandatory ? " Required." : ""}${
      defaultValue === undefined || typeof defaultValue === "boolean" ? "" : ` Default: \`${defaultValue}\`.`
    }`,
  ]);
  return tableOf(["Option", ""], rows);
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [`| ${head.join(" | ")} |`, "|---|---|", ...rows.map((row) => `| ${row.map(cell).join(" | ")} |`)];
}

function cell(text: string): string {
  return text
    .replaceAll("|", "\\|")
    .replaceAll("<", "&lt;")
    .replace(/`([^`]*)`/g, (code) => code.replaceAll("&lt;", "<"));
}

function choices(all: readonly string[] | undefined): string {
  return all === undefined || all.length === 0 ? "" : ` One of ${all.map((one) => `\`${one}\``).join(", ")}.`;
}

function sentence(text: string): string {
  if (text === "") return "";
  const whole = `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  return /[.!?…]$/.test(whole) ? whole : `${whole}.`;
}

function exitCodeRows(): string[] {
  const codes = new Map<number, string[]>();
  for (const [code, { exitCode }] of Object.entries(errorCatalogue)) {
    codes.set(exitCode, [...(codes.get(exitCode) ?? []), `\`${code}\``]);
  }
  const rows = [...codes].map(([code, names]): [number, string] => [code, names.join(", ")]);
  return [...otherExitCodes, ...rows]
    .sort(([a], [b]) => a - b)
    .map(([code, what]) => `| ${code} | ${what} |`);
}
