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

  /**
   * Adds lines of the past, of which some may be here already, in the order of time. Those that are older than all
   * that a full ring has were here before and are forgotten.
   * @returns the new ones
   */
  merge(lines: readonly LogLine[]): readonly LogLine[] {
    const known = new Set(this.#lines.map(keyOf));
    const unknown = lines.filter((line) => line.line.trim() !== "" && !known.has(keyOf(line)));
    const sorted = [...this.#lines, ...unknown].sort((a, b) => a.unix_ms - b.unix_ms);
    const kept = sorted.slice(-this.#capacity);
    const stayed = new Set(kept);
    this.#dropped += this.#lines.filter((line) => !stayed.has(line)).length;
    this.#lines = kept;
    return unknown.filter((line) => stayed.has(line));
  }
}

function keyOf({ unix_ms, stream, line }: LogLine): string {
  return `${unix_ms} ${stream} ${line}`;
}
