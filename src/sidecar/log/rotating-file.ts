import { closeSync, fstatSync, renameSync, rmSync, writeSync } from "node:fs";
import { systemErrorCode } from "../../platform/errors.ts";
import { openToAppend } from "../../platform/open-to-append.ts";

/** Size at which a log file is set aside, in bytes, and how many old ones are kept beside it. */
export const logFileLimits = { maxBytes: 5 * 1024 * 1024, keptFiles: 4 } as const;

/** How long written lines may wait in memory, in milliseconds. */
const flushDelayMs = 500;
/** Waiting text that is written without further delay, in bytes. */
const flushBytes = 64 * 1024;

export interface RotatingFileEvents {
  /** So many lines could not be written and are dropped. */
  lost(thrown: unknown, lines: number): void;
  /** The file takes lines again, after so many were dropped. */
  mended(lines: number): void;
}

/**
 * Appends lines to a file that is capped in size: `x.log`, older `x.log.1`, ... Lines are gathered and
 * written in one piece; `flush` writes them at once and is safe while the process ends.
 */
export class RotatingFile {
  readonly #path: string;
  readonly #limits: { readonly maxBytes: number; readonly keptFiles: number };
  readonly #events: RotatingFileEvents;
  /** Lines that could not be written since the last that could. */
  #lost = 0;
  #descriptor: number | null = null;
  #size = 0;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #timer: NodeJS.Timeout | null = null;

  /**
   * @param path file of the newest lines; its folder exists
   */
  constructor(
    path: string,
    events: RotatingFileEvents,
    limits: { readonly maxBytes: number; readonly keptFiles: number } = logFileLimits,
  ) {
    this.#path = path;
    this.#events = events;
    this.#limits = limits;
  }

  /** @param line text that ends with a newline */
  write(line: string): void {
    this.#waiting.push(line);
    this.#waitingBytes += Buffer.byteLength(line);
    if (this.#waitingBytes >= flushBytes) {
      this.flush();
      return;
    }
    if (this.#timer === null) {
      this.#timer = setTimeout(() => this.flush(), flushDelayMs);
      this.#timer.unref();
    }
  }

  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#waiting.length === 0) return;
    const lines = this.#waiting.length;
    const text = this.#waiting.join("");
    const bytes = this.#waitingBytes;
    this.#waiting = [];
    this.#waitingBytes = 0;
    try {
      this.#append(text, bytes);
    } catch (thrown) {
      this.#close();
      this.#lost += lines;
      this.#events.lost(thrown, lines);
      return;
    }
    const lost = this.#lost;
    this.#lost = 0;
    if (lost > 0) this.#events.mended(lost);
  }

  close(): void {
    this.flush();
    this.#close();
  }

  #append(text: string, bytes: number): void {
    if (this.#descriptor === null) this.#open();
    if (this.#size > 0 && this.#size + bytes > this.#limits.maxBytes) {
      this.#close();
      this.#rotate();
      this.#open();
    }
    if (this.#descriptor !== null) writeSync(this.#descriptor, text);
    this.#size += bytes;
  }

  #open(): void {
    this.#descriptor = openToAppend(this.#path);
    this.#size = fstatSync(this.#descriptor).size;
  }

  #close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  #rotate(): void {
    rmSync(`${this.#path}.${this.#limits.keptFiles}`, { force: true });
    for (let number = this.#limits.keptFiles - 1; number >= 1; number -= 1) {
      renameIfThere(`${this.#path}.${number}`, `${this.#path}.${number + 1}`);
    }
    renameIfThere(this.#path, `${this.#path}.1`);
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (thrown) {
    if (systemErrorCode(thrown) !== "ENOENT") throw thrown;
  }
}
