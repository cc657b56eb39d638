import Table from "cli-table3";
import type { Paint } from "../terminal.ts";
import { visibleLine } from "../visible-text.ts";

const noLines = Object.fromEntries(
  [
    "top",
    "top-mid",
    "top-left",
    "top-right",
    "bottom",
    "bottom-mid",
    "bottom-left",
    "bottom-right",
    "left",
    "left-mid",
    "mid",
    "mid-mid",
    "right",
    "right-mid",
  ].map((name) => [name, ""]),
);

/** A cell: foreign text, or text with a colour of our own. */
export type Cell = string | number | null | { readonly text: string; readonly style: Parameters<Paint>[0] };

/**
 * A table without lines, as wide as its content. Foreign text in it steers no terminal.
 * @returns its lines, the head first
 */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[], paint: Paint): string[] {
  const drawn = new Table({
    chars: { ...noLines, middle: "  " },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    head: head.map((title) => paint("dim", title.toUpperCase())),
  });
  drawn.push(...rows.map((row) => row.map((cell) => cellText(cell, paint))));
  return drawn
    .toString()
    .split("\n")
    .map((line) => line.trimEnd());
}

/** Names and values under each other. */
export function facts(pairs: readonly (readonly [name: string, value: Cell])[], paint: Paint): string[] {
  const width = Math.max(0, ...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `  ${paint("dim", name.padEnd(width))}  ${cellText(value, paint)}`);
}

function cellText(cell: Cell, paint: Paint): string {
  if (cell === null) return paint("dim", "-");
  if (typeof cell === "number") return String(cell);
  if (typeof cell === "string") return visibleLine(cell);
  return paint(cell.style, visibleLine(cell.text));
}
