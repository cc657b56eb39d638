/** A column of a table: what its cells would like, and the longest word, which must not be cut. */
export interface ColumnNeed {
  readonly natural: number;
  readonly least: number;
}

/**
 * Widths that make the columns of a table fit; the widest give way first.
 * @param room for all of them, without what is between them
 * @returns null when they cannot fit
 */
export function fitColumns(needs: readonly ColumnNeed[], room: number): number[] | null {
  const widths = needs.map(({ natural }) => natural);
  const least = needs.map((need) => Math.min(need.natural, need.least));
  if (sum(least) > room) return null;
  for (let excess = sum(widths) - room; excess > 0; excess -= 1) {
    const spare = widths.map((width, at) => (width > (least[at] ?? 0) ? width : 0));
    const widest = spare.indexOf(Math.max(...spare));
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
