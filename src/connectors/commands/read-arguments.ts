import type { CommandArgument } from "./command-spec.ts";

export type ArgumentValue = string | number | boolean;
export type ArgumentValues = Readonly<Record<string, ArgumentValue>>;

export type ArgumentsResult =
  | { readonly ok: true; readonly values: ArgumentValues }
  | { readonly ok: false; readonly message: string };

/** Longest free text at the end of a command, in bytes of UTF-8. */
const tailBytes = 8_192;
const truths = new Set(["true", "yes", "y", "1", "on"]);
const falsehoods = new Set(["false", "no", "n", "0", "off"]);
const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** A word of a command; a quoted one is never `name=value`. */
export interface CommandWord {
  readonly text: string;
  readonly quoted: boolean;
}

/** Arguments out of words: `name=value` for a name of the command, the others in order; a tail takes the rest. */
export function argumentsFromWords(
  words: readonly CommandWord[],
  declared: readonly CommandArgument[],
): ArgumentsResult {
  const named = new Map<string, string>();
  const positional: string[] = [];
  for (const { text, quoted } of words) {
    const split = quoted ? -1 : text.indexOf("=");
    const name = split < 0 ? "" : text.slice(0, split).trim().toLowerCase();
    if (declared.some((argument) => argument.name === name)) named.set(name, text.slice(split + 1).trim());
    else positional.push(text);
  }
  const given: Record<string, unknown> = {};
  for (const argument of declared) {
    const byName = named.get(argument.name);
    if (argument.kind === "freeform_tail") {
      const text = [...(byName === undefined ? [] : [byName]), ...positional.splice(0)].join(" ");
      if (text !== "") given[argument.name] = text;
    } else {
      const value = byName ?? positional.shift();
      if (value !== undefined) given[argument.name] = value;
    }
  }
  if (positional.length > 0)
    return { ok: false, message: `“${positional[0]}” is more than the command takes` };
  return argumentsFromObject(given, declared);
}

/** Arguments out of what a provider's own form for commands gives: texts, whole numbers and booleans. */
export function argumentsFromObject(
  given: Readonly<Record<string, unknown>>,
  declared: readonly CommandArgument[],
): ArgumentsResult {
  const values: Record<string, ArgumentValue> = {};
  for (const argument of declared) {
    const raw = given[argument.name];
    if (raw === undefined || raw === null || raw === "") {
      if (argument.required) return { ok: false, message: `${argument.name} is missing` };
      continue;
    }
    const value = coerced(argument, raw);
    if (value === null) return { ok: false, message: `${argument.name} must be ${expectation(argument)}` };
    values[argument.name] = value;
  }
  return { ok: true, values };
}

function coerced(argument: CommandArgument, raw: unknown): ArgumentValue | null {
  if (typeof raw !== "string" && typeof raw !== "number" && typeof raw !== "boolean") return null;
  const text = String(raw).trim();
  const lower = text.toLowerCase();
  switch (argument.kind) {
    case "string":
    case "id_ref":
      return text === "" ? null : text;
    case "enum":
      return argument.values.includes(lower) ? lower : null;
    case "bool":
      return truths.has(lower) ? true : falsehoods.has(lower) ? false : null;
    case "int":
      return /^[+-]?\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : null;
    case "duration":
      return durationMs(lower);
    case "freeform_tail":
      return Buffer.byteLength(text) <= tailBytes ? text : null;
  }
}

/** Digits with an optional unit; without one they are milliseconds. */
function durationMs(text: string): number | null {
  const [, digits, unit = "ms"] = /^(\d{1,12})(ms|s|m|h)?$/.exec(text) ?? [];
  const milliseconds = Number(digits) * (durationUnits[unit] ?? Number.NaN);
  return Number.isSafeInteger(milliseconds) ? milliseconds : null;
}

function expectation(argument: CommandArgument): string {
  switch (argument.kind) {
    case "enum":
      return `one of ${argument.values.join(", ")}`;
    case "bool":
      return "yes or no";
    case "int":
      return "a whole number";
    case "duration":
      return "a time such as 30s, 5m or 1h";
    case "freeform_tail":
      return `at most ${tailBytes} bytes long`;
    default:
      return "a text";
  }
}
