import { type LogLine, logRingCapacity } from "../contracts/services.ts";

/** The recent lines of one service, oldest first; full, it forgets the oldest. */
export class LogRing {
  readonly #capacity: number;
  #lines: LogLine[] = [];
  #dropped = 0;

  constructor(capacity: number = logRingCapacity) {
    this.#capacity = capacity;
  }

  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  /** Lines forgotten since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Adds new lines; blank ones are not worth keeping. @returns those that were added */
  add(lines: readonly LogLine[]): readonly LogLine[] {
    const added = lines.filter(({ line }) => line.trim() !== "");
    this.#lines.push(...added);
    const excess = this.#lines.length - this.#capacity;
    if (excess > 0) {
      this.#lines = this.#lines.slice(excess);
      this.#dropped += excess;
    }
    return added;
  }

  /** Adds lines of the past of which some may be here already, and sorts by time. @returns the new ones */
  merge(lines: readonly LogLine[]): readonly LogLine[] {
    const known = new Set(this.#lines.map(keyOf));
    const added = this.add(lines.filter((line) => !known.has(keyOf(line))));
    if (added.length > 0) this.#lines = this.#lines.toSorted((a, b) => a.unix_ms - b.unix_ms);
    return added;
  }
}

function keyOf({ unix_ms, stream, line }: LogLine): string {
  return `${unix_ms} ${stream} ${line}`;
}
