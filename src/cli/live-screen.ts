import { rowsOf, wrapLines } from "./output/wrap-lines.ts";
import type { OutputStream } from "./terminal.ts";

/** Keeps a few lines at the bottom of a terminal up to date by drawing over them. */
export class LiveScreen {
  readonly #stream: OutputStream;
  #drawn: readonly string[] = [];

  constructor(stream: OutputStream) {
    this.#stream = stream;
  }

  /** @param footer shown below the lines, also where there is not room for all of them */
  draw(lines: readonly string[], footer: string): void {
    const columns = this.#stream.columns ?? 80;
    const shown = fitScreen(
      wrapLines(lines, columns),
      wrapLines(["", footer], columns),
      this.#stream.rows ?? Number.POSITIVE_INFINITY,
    );
    this.#stream.write(`${this.#eraser(columns)}${shown.join("\n")}\n`);
    this.#drawn = shown;
  }

  /** Moves to the first drawn line and clears from there; after a change of its width long lines take several rows. */
  #eraser(columns: number): string {
    if (this.#drawn.length === 0) return "";
    const rows = this.#drawn.reduce((sum, line) => sum + rowsOf(line, columns), 0);
    return `\u001b[${rows}A\u001b[0J`;
  }
}

/**
 * As many lines as a terminal can draw over: what has left it at its top cannot be taken back.
 * @param rows of the terminal, one of which is the cursor's
 */
export function fitScreen(lines: readonly string[], footer: readonly string[], rows: number): string[] {
  const room = rows - 1 - footer.length;
  if (lines.length <= room) return [...lines, ...footer];
  const kept = lines.slice(0, Math.max(0, room - 1));
  return [...kept, `  … ${lines.length - kept.length} more lines; “palyra status” shows them all`, ...footer];
}
