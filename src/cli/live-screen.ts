import { stripVTControlCharacters } from "node:util";
import type { OutputStream } from "./terminal.ts";

/** Keeps a few lines at the bottom of a terminal up to date by drawing over them. */
export class LiveScreen {
  readonly #stream: OutputStream;
  #drawn: readonly string[] = [];

  constructor(stream: OutputStream) {
    this.#stream = stream;
  }

  draw(lines: readonly string[]): void {
    this.#stream.write(`${this.#eraser()}${lines.join("\n")}\n`);
    this.#drawn = lines;
  }

  /** Moves to the first drawn line and clears from there; long lines take several rows. */
  #eraser(): string {
    if (this.#drawn.length === 0) return "";
    const columns = this.#stream.columns ?? 80;
    const rows = this.#drawn.reduce((sum, line) => sum + rowsOf(line, columns), 0);
    return `\u001b[${rows}A\u001b[0J`;
  }
}

function rowsOf(line: string, columns: number): number {
  return Math.max(1, Math.ceil(stripVTControlCharacters(line).length / columns));
}
