import Table from "cli-table3";
import stringWidth from "fast-string-width";
import type { Paint } from "../terminal.ts";
import { visibleLine } from "../visible-text.ts";
import { fitColumns } from "./fit-columns.ts";

const gap = "  ";

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

export interface StyledCell {
  readonly text: string;
  readonly style: Parameters<Paint>[0];
}

/** A cell: foreign text, or text with a colour of our own. */
export type Cell = string | number | null | StyledCell;

/**
 * A table without lines, as wide as its content. Where that is too wide its cells are broken between words; where even
 * that is too wide each row is shown as names and values. Foreign text in it steers no terminal.
 * @param width columns of the terminal; Infinity where nobody needs it
 * @returns its lines, the head first
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  paint: Paint,
  width = Number.POSITIVE_INFINITY,
): string[] {
  const texts = [head, ...rows.map((row) => row.map((cell) => cellText(cell, paint)))];
  const widths = fitColumns(
    head.map((_, column) => ({
      natural: widest(texts.map((row) => row[column] ?? "")),
      least: widest(texts.flatMap((row) => (row[column] ?? "").split(" "))),
    })),
    width - gap.length * (head.length - 1),
  );
  if (widths === null) return stacked(head, rows, paint);
  const drawn = new Table({
    chars: { ...noLines, middle: gap },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    head: head.map((title) => paint("dim", title.toUpperCase())),
    colWidths: widths,
    wordWrap: true,
  });
  drawn.push(...texts.slice(1).map((row) => [...row]));
  return drawn
    .toString()
    .split("\n")
    .map((line) => line.trimEnd());
}

/** Columns of the widest text; there may be more texts than a call takes arguments. */
function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, stringWidth(text)), 0);
}

function stacked(head: readonly string[], rows: readonly (readonly Cell[])[], paint: Paint): string[] {
  return rows.flatMap((row, at) => [
    ...(at === 0 ? [] : [""]),
    ...facts(
      row.flatMap((cell, column) => (cell === "" ? [] : [[head[column] ?? "", cell] as const])),
      paint,
    ),
  ]);
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
