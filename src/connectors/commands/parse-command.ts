import type { CommandSpec } from "./command-spec.ts";
import { type ArgumentValues, argumentsFromWords, type CommandWord } from "./read-arguments.ts";

export type CommandFault =
  | "channel_command/malformed_text"
  | "channel_command/malformed_native"
  | "channel_command/missing_command"
  | "channel_command/unknown"
  | "channel_command/invalid_arguments";

export type ParsedCommand =
  | { readonly kind: "command"; readonly spec: CommandSpec; readonly values: ArgumentValues }
  | { readonly kind: "fault"; readonly code: CommandFault; readonly message: string };

const prefix = /^[/!]palyra(?=\s|$)/i;

/**
 * Reads a text command such as `/palyra stop reason="too long"`. Case does not matter in the prefix, the command,
 * names of arguments and choices.
 * @returns null for a text that is no command
 */
export function parseCommand(text: string, catalog: readonly CommandSpec[]): ParsedCommand | null {
  const trimmed = text.trim();
  if (!prefix.test(trimmed)) return null;
  const words = wordsOf(trimmed.replace(prefix, ""));
  if (words === null) return fault("channel_command/malformed_text", "A quotation mark is not closed");
  const [first, ...rest] = words;
  if (first === undefined) return fault("channel_command/missing_command", "The command is missing");
  const spec = findCommand(first.text, catalog);
  if (spec === null) return fault("channel_command/unknown", "There is no such command");
  const read = argumentsFromWords(rest, spec.arguments);
  return read.ok
    ? { kind: "command", spec, values: read.values }
    : fault("channel_command/invalid_arguments", capitalised(read.message));
}

export function findCommand(name: string, catalog: readonly CommandSpec[]): CommandSpec | null {
  const wanted = name.trim().toLowerCase();
  return catalog.find((spec) => spec.name === wanted || spec.aliases.includes(wanted)) ?? null;
}

/**
 * Words at white space; `'` and `"` keep what is between them together. Between two letters a `'` is an apostrophe, as
 * in “don't”. Null when a quotation is not closed.
 */
function wordsOf(text: string): CommandWord[] | null {
  const words: CommandWord[] = [];
  let word = "";
  let started = false;
  let quoted = false;
  let quote: string | null = null;
  const characters = [...text];
  for (const [index, character] of characters.entries()) {
    const isApostrophe =
      character === "'" && isLetter(characters[index - 1]) && isLetter(characters[index + 1]);
    if (quote !== null) {
      if (character === quote) quote = null;
      else word += character;
    } else if (character === '"' || (character === "'" && !isApostrophe)) {
      quote = character;
      quoted = quoted || !started;
      started = true;
    } else if (/\s/.test(character)) {
      if (started) words.push({ text: word, quoted });
      [word, started, quoted] = ["", false, false];
    } else {
      word += character;
      started = true;
    }
  }
  if (quote !== null) return null;
  if (started) words.push({ text: word, quoted });
  return words;
}

function isLetter(character: string | undefined): boolean {
  return character !== undefined && /^\p{L}$/u.test(character);
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function fault(code: CommandFault, message: string): ParsedCommand {
  return { kind: "fault", code, message };
}
