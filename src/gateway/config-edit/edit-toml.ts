import { isDeepStrictEqual } from "node:util";
import { patch } from "@decimalturn/toml-patch";
import { parse, stringify, type TomlTable, type TomlValue } from "smol-toml";
import { PalyraError } from "../../platform/errors.ts";
import { outlineOf } from "./toml-outline.ts";

/** Stands above comments whose setting was removed. */
const keptTitle = "# Comments of settings that were removed:";

/**
 * Changes a TOML text so that it means `wanted`, and keeps every comment. Nothing is taken on trust: the result is
 * read again and compared before it is returned.
 * @throws `conflict` when that is not possible; nothing was changed
 */
export function editToml(text: string, wanted: TomlTable): string {
  if (isSame(parse(text), wanted)) return text;
  const hasCarriageReturns = text.includes("\r\n");
  const before = text.replaceAll("\r\n", "\n");
  for (const way of [stepwise, direct, renewed]) {
    const edited = withComments(
      before,
      attempt(() => way(before, wanted)),
    );
    const candidate = hasCarriageReturns ? (edited?.replaceAll("\n", "\r\n") ?? null) : edited;
    if (candidate !== null && isSame(parsed(candidate), wanted)) return candidate;
  }
  throw new PalyraError("conflict", "The configuration cannot be changed without touching other settings.", {
    nextStep: "Change it in the file itself; it is read again when you save it.",
  });
}

/** First what goes, then new settings beside their relatives, then the rest: comments stay with what they are about. */
function stepwise(text: string, wanted: TomlTable): string {
  const current = parse(text);
  const remaining = shared(current, wanted, sharedArray);
  const reduced = isSame(current, remaining) ? text : patch(text, remaining);
  const extended = withAdditions(reduced, additionsOf(remaining, wanted, []));
  return isSame(parsed(extended), wanted) ? extended : patch(extended, wanted);
}

function direct(text: string, wanted: TomlTable): string {
  return patch(text, wanted);
}

/** Takes lists that change away and writes them anew. */
function renewed(text: string, wanted: TomlTable): string {
  const remaining = shared(parse(text), wanted, () => undefined);
  return withAdditions(patch(text, remaining), additionsOf(remaining, wanted, []));
}

/** A library that fails to find a way is no fault: there is another way, and in the end a clear error. */
function attempt(way: () => string): string | null {
  try {
    return way();
  } catch (thrown) {
    if (thrown instanceof Error) return null;
    throw thrown;
  }
}

/** Null for a text that is not TOML. */
function parsed(text: string): TomlTable | null {
  try {
    return parse(text);
  } catch (thrown) {
    if (thrown instanceof Error) return null;
    throw thrown;
  }
}

/** Puts comments that got lost at the end. */
function withComments(before: string, after: string | null): string | null {
  if (after === null || parsed(after) === null) return null;
  const left = [...outlineOf(after).comments];
  const lost = outlineOf(before).comments.filter((comment) => {
    const at = left.indexOf(comment);
    if (at !== -1) left.splice(at, 1);
    return at === -1;
  });
  if (lost.length === 0) return after;
  const title = after.includes(keptTitle) ? [] : ["", keptTitle];
  return `${withLineEnd(after)}${[...title, ...lost].join("\n")}\n`;
}

interface Addition {
  readonly path: readonly (string | number)[];
  readonly key: string;
  readonly value: TomlValue;
}

/** What is left of a list before entries are added to it; undefined takes the list away. */
type ListRemains = (list: TomlValue[], target: TomlValue[]) => TomlValue[] | undefined;

/** What `wanted` still has of `current`, with new values for changed settings and without new ones. */
function shared(current: TomlTable, wanted: TomlTable, remainsOf: ListRemains): TomlTable {
  const kept = Object.entries(current).flatMap(([key, value]): [string, TomlValue][] => {
    const target = wanted[key];
    const left = target === undefined ? undefined : sharedValue(value, target, remainsOf);
    return left === undefined ? [] : [[key, left]];
  });
  return Object.fromEntries(kept);
}

function sharedValue(value: TomlValue, target: TomlValue, remainsOf: ListRemains): TomlValue | undefined {
  if (isTable(value) && isTable(target)) return shared(value, target, remainsOf);
  if (!Array.isArray(value) || !Array.isArray(target) || isSame(value, target)) return target;
  return remainsOf(value, target);
}

function sharedArray(list: TomlValue[], target: TomlValue[]): TomlValue[] {
  if (list.length === target.length && list.every(isTable) && target.every(isTable)) {
    return list.map((element, index) => shared(element, target[index] ?? element, sharedArray));
  }
  const kept = list.filter((element) => target.some((one) => isSame(one, element)));
  return kept.length > 0 ? kept : target;
}

function additionsOf(from: TomlTable, to: TomlTable, path: Addition["path"]): Addition[] {
  return Object.entries(to).flatMap(([key, value]) => {
    const existing = from[key];
    if (existing === undefined) return [{ path, key, value }];
    const below = [...path, key];
    if (isTable(existing) && isTable(value)) return additionsOf(existing, value, below);
    if (!Array.isArray(existing) || !Array.isArray(value) || existing.length !== value.length) return [];
    return existing.flatMap((element, index) => {
      const target = value[index];
      return isTable(element) && target !== undefined && isTable(target)
        ? additionsOf(element, target, [...below, index])
        : [];
    });
  });
}

/** Writes new settings after the last one of their section, and new sections at the end. */
function withAdditions(text: string, additions: readonly Addition[]): string {
  let result = text;
  for (const { path, key, value } of additions) {
    const isSection = isTable(value) || isTableArray(value);
    const section = outlineOf(result).sections.find(
      (candidate) => isSame([...candidate.path], [...path]) && !isSection,
    );
    if (section !== undefined && (section.path.length > 0 || section.hasPairs)) {
      const before = withLineEnd(result.slice(0, section.insertAt));
      result = `${before}${stringify({ [key]: value })}${result.slice(section.insertAt)}`;
    } else if (path.every((part) => typeof part === "string") && (path.length > 0 || isSection)) {
      const whole = path.reduceRight<TomlTable>((inner, part) => ({ [part]: inner }), { [key]: value });
      result = `${result.trim() === "" ? "" : `${withLineEnd(result)}\n`}${stringify(whole)}`;
    }
  }
  return result;
}

/** Whether two values mean the same; parsed tables have no prototype, written ones have. */
function isSame(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(plain(a), plain(b));
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

function withLineEnd(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

function isTable(value: TomlValue): value is TomlTable {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function isTableArray(value: TomlValue): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isTable);
}
