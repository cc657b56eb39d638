import pino from "pino";
import type { LogLevel } from "../../contracts/services.ts";
import type { Redactor } from "../../platform/redactor.ts";
import type { Logger } from "./logger.ts";
import { type LogRecord, RepeatedLines } from "./repeated-lines.ts";
import type { RotatingFile } from "./rotating-file.ts";

/** One line as observers see it. */
export interface PublishedLine {
  readonly unix_ms: number;
  readonly level: LogLevel;
  readonly line: string;
}

/** Longest line that is published, in characters. The file keeps the whole one. */
const publishedLineLimit = 4_000;

const ranks: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/**
 * The log of a sidecar: JSON lines into its file, readable lines to whoever listens, both without secrets
 * and with repetitions counted instead of repeated.
 */
export class SidecarLog implements Logger {
  readonly #file: RotatingFile;
  readonly #redactor: Redactor;
  readonly #minimum: number;
  readonly #pino: pino.Logger;
  readonly #repeated = new RepeatedLines((record) => this.#emit(record));
  #onLine: ((line: PublishedLine) => void) | null = null;

  /** @param options.masked called with each text in which something was masked, as it was before */
  constructor(options: {
    file: RotatingFile;
    redactor: Redactor;
    masked?: (text: string) => void;
    level: LogLevel;
    service: string;
  }) {
    this.#file = options.file;
    this.#redactor = options.redactor;
    this.#minimum = ranks[options.level];
    const sink = {
      write: (line: string): void => {
        const redacted = this.#redactor.redact(line);
        this.#file.write(redacted);
        if (redacted !== line) options.masked?.(line);
      },
    };
    const time = { timestamp: false, base: { service: options.service, pid: process.pid } };
    const formatters = { level: (label: string) => ({ level: label }) };
    this.#pino = pino({ level: "debug", messageKey: "message", formatters, ...time }, sink);
  }

  /** Hands every later line to `listener`. */
  publishTo(listener: (line: PublishedLine) => void): void {
    this.#onLine = listener;
  }

  debug(message: string, fields?: Readonly<Record<string, unknown>>): void {
    this.#write("debug", message, fields);
  }

  info(message: string, fields?: Readonly<Record<string, unknown>>): void {
    this.#write("info", message, fields);
  }

  warn(message: string, fields?: Readonly<Record<string, unknown>>): void {
    this.#write("warn", message, fields);
  }

  error(message: string, fields?: Readonly<Record<string, unknown>>): void {
    this.#write("error", message, fields);
  }

  /** Writes everything that waits to the file now. */
  flush(): void {
    this.#repeated.settle();
    this.#file.flush();
  }

  #write(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    if (ranks[level] < this.#minimum) return;
    this.#repeated.pass({ unixMs: Date.now(), level, message, fields });
  }

  #emit(record: LogRecord): void {
    this.#pino[record.level]({ unix_ms: record.unixMs, ...record.fields }, record.message);
    this.#onLine?.({
      unix_ms: record.unixMs,
      level: record.level,
      line: this.#redactor.redact(readableLine(record)).slice(0, publishedLineLimit),
    });
  }
}

function readableLine(record: LogRecord): string {
  const facts = Object.entries(record.fields).map(
    ([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return [record.message, ...facts].join(" ");
}
