import type { LogLevel } from "../../contracts/services.ts";

export interface LogRecord {
  readonly unixMs: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Longest time for which a repeated line is only counted, in milliseconds. */
export const repeatWindowMs = 30_000;

/** Passes records on, but counts a record that repeats the one before it and reports the count once. */
export class RepeatedLines {
  readonly #emit: (record: LogRecord) => void;
  #key = "";
  #firstAt = 0;
  #suppressed: LogRecord | null = null;
  #count = 0;

  constructor(emit: (record: LogRecord) => void) {
    this.#emit = emit;
  }

  pass(record: LogRecord): void {
    const key = `${record.level} ${record.message} ${JSON.stringify(record.fields)}`;
    if (key === this.#key && record.unixMs - this.#firstAt < repeatWindowMs) {
      this.#suppressed = record;
      this.#count += 1;
      return;
    }
    this.settle();
    this.#key = key;
    this.#firstAt = record.unixMs;
    this.#emit(record);
  }

  /** Reports what was counted and not yet told. */
  settle(): void {
    const record = this.#suppressed;
    if (record === null) return;
    const times = this.#count === 1 ? "once" : `${this.#count} times`;
    this.#suppressed = null;
    this.#count = 0;
    this.#emit({ ...record, message: `${record.message} (repeated ${times})` });
  }
}
