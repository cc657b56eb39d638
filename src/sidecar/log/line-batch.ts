import { logRingCapacity } from "../../contracts/services.ts";
import type { PublishedLine } from "./sidecar-log.ts";

/** Lines that wait to be sent together. Of a burst only the newest are kept; how many were not is a line itself. */
export class LineBatch {
  #lines: PublishedLine[] = [];
  #left = 0;

  add(line: PublishedLine): void {
    this.#lines.push(line);
    if (this.#lines.length >= logRingCapacity * 2) this.#shorten();
  }

  /** What waits, oldest first; nothing waits after that. */
  take(): readonly PublishedLine[] {
    this.#shorten();
    const lines = this.#lines;
    const left = this.#left;
    this.#lines = [];
    this.#left = 0;
    const [first] = lines;
    if (first === undefined || left === 0) return lines;
    const many = left === 1 ? "One line" : `${left} lines`;
    const line = `${many} before this came too fast to be shown; the log file has all of them.`;
    return [{ unix_ms: first.unix_ms, level: "warn", line }, ...lines];
  }

  #shorten(): void {
    const excess = this.#lines.length - logRingCapacity;
    if (excess <= 0) return;
    this.#left += excess;
    this.#lines = this.#lines.slice(excess);
  }
}
