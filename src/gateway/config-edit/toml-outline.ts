import { parse } from "smol-toml";

/** A `[table]`, an element of `[[tables]]`, or the beginning of the file. */
export interface TomlSection {
  /** Keys, and the position for elements of `[[tables]]`; empty for the beginning of the file. */
  readonly path: readonly (string | number)[];
  /** Offset of its header; 0 for the beginning of the file. */
  readonly startsAt: number;
  /** Offset of the line after the last `key = value` of the section; after its header when it has none. */
  readonly insertAt: number;
  readonly hasPairs: boolean;
}

/** Where things are in a TOML text. */
export interface TomlOutline {
  /** All comments in their order, from the `#` on, without blanks at the end. */
  readonly comments: readonly string[];
  readonly sections: readonly TomlSection[];
}

/** Finds comments and sections of a TOML text that is known to be valid. */
export function outlineOf(text: string): TomlOutline {
  const comments: string[] = [];
  const sections: TomlSection[] = [];
  const elements = new Map<string, number>();
  let current: TomlSection = { path: [], startsAt: 0, insertAt: 0, hasPairs: false };
  let depth = 0;
  let line: "blank" | "pair" | "header" = "blank";
  let at = 0;

  const endLine = (next: number): void => {
    if (depth > 0) return;
    if (line === "pair") current = { ...current, insertAt: next, hasPairs: true };
    if (line === "header") current = { ...current, insertAt: next };
    line = "blank";
  };
  while (at < text.length) {
    const character = text[at];
    if (character === "#") {
      const end = endOfLine(text, at);
      comments.push(text.slice(at, end).trimEnd());
      at = end;
    } else if (character === "\n") {
      at += 1;
      endLine(at);
    } else if (character === '"' || character === "'") {
      if (line === "blank") line = "pair";
      at = endOfString(text, at);
    } else if (character === "[" && depth === 0 && line === "blank") {
      sections.push(current);
      const end = endOfHeader(text, at);
      current = {
        path: pathOf(text.slice(at, end), elements),
        startsAt: at,
        insertAt: end,
        hasPairs: false,
      };
      line = "header";
      at = end;
    } else {
      if (character === "[" || character === "{") depth += 1;
      if (character === "]" || character === "}") depth -= 1;
      if (line === "blank" && character?.trim() !== "") line = "pair";
      at += 1;
    }
  }
  endLine(text.length);
  return { comments, sections: [...sections, current] };
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end;
}

/** Offset after the string that begins at `at`. */
function endOfString(text: string, at: number): number {
  const quote = text[at] ?? "";
  const isLong = text.startsWith(quote.repeat(3), at);
  const closing = isLong ? quote.repeat(3) : quote;
  let end = at + closing.length;
  while (end < text.length && !text.startsWith(closing, end)) {
    end += quote === '"' && text[end] === "\\" ? 2 : 1;
  }
  end += closing.length;
  // A long string may end with one or two quotes of its own.
  while (isLong && text[end] === quote) end += 1;
  return Math.min(end, text.length);
}

/** Offset after the `]` or `]]` of a header. */
function endOfHeader(text: string, at: number): number {
  const closing = text.startsWith("[[", at) ? "]]" : "]";
  let end = at + closing.length;
  while (end < text.length && !text.startsWith(closing, end)) {
    end = text[end] === '"' || text[end] === "'" ? endOfString(text, end) : end + 1;
  }
  return end + closing.length;
}

/** Path that a header names; elements of `[[tables]]` are counted. */
function pathOf(header: string, elements: Map<string, number>): (string | number)[] {
  const keys: (string | number)[] = [];
  let node: unknown = parse(header);
  const isElement = header.startsWith("[[");
  while (typeof node === "object" && node !== null && !Array.isArray(node)) {
    const [entry] = Object.entries(node);
    if (entry === undefined) break;
    keys.push(entry[0]);
    node = entry[1];
  }
  const name = JSON.stringify(keys);
  if (isElement) {
    const index = (elements.get(name) ?? -1) + 1;
    elements.set(name, index);
    return [...keys, index];
  }
  return keys;
}
