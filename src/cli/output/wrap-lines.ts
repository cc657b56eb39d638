import stringWidth from "fast-string-width";
import { wrapAnsi } from "fast-wrap-ansi";

/** How much further in a line goes on than it began, in columns. */
const hang = 2;
/** In fewer columns nothing can be read, however it is broken. */
const narrowest = 20;

/**
 * Lines broken between words for a terminal; what a line goes on with stands further in than the line. Words that are
 * too long for it, such as addresses, stay whole, so that they can be copied.
 * @param columns of the terminal; Infinity where nobody needs it
 */
export function wrapLines(lines: readonly string[], columns: number): string[] {
  const room = Math.max(columns, narrowest);
  return lines.flatMap((line) => line.split("\n")).flatMap((line) => wrapLine(line, room));
}

function wrapLine(line: string, room: number): string[] {
  if (stringWidth(line) <= room) return [line];
  const indent = /^ */.exec(line)?.[0].length ?? 0;
  // A line that begins far in goes on at its own beginning, so that some room is left.
  const next = indent + hang > room / 2 ? 0 : indent + hang;
  const parts = wrapAnsi(line.slice(indent), room - next).split("\n");
  return parts.map((part, at) => " ".repeat(at === 0 ? indent : next) + part);
}

/** How many rows of a terminal a line takes. */
export function rowsOf(line: string, columns: number): number {
  return Math.max(1, Math.ceil(stringWidth(line) / columns));
}
