import { type FSWatcher, watch } from "node:fs";
import path from "node:path";
import { messageOf } from "../platform/errors.ts";
import type { Logger } from "../sidecar/log/logger.ts";

/** Editors write a file in several steps; it is read this long after the last one, in milliseconds. */
const settleMs = 100;

/** Reads a file again whenever it may have changed, one reading after the other. */
export class FollowedFile {
  readonly #file: string;
  readonly #log: Logger;
  readonly #read: () => Promise<void>;
  #watcher: FSWatcher | null = null;
  #settleTimer: NodeJS.Timeout | null = null;
  #reading: Promise<void> = Promise.resolve();

  /** @param read reads the file and keeps what comes of it; never rejects for what is in the file */
  constructor(file: string, log: Logger, read: () => Promise<void>) {
    this.#file = file;
    this.#log = log;
    this.#read = read;
  }

  /** Reads the file and follows it from now on. */
  async open(): Promise<void> {
    await this.reload();
    const name = path.basename(this.#file);
    // The folder is watched, not the file: most editors replace the file.
    this.#watcher = watch(path.dirname(this.#file), { persistent: false }, (_event, changed) => {
      if (changed === name) this.#readSoon();
    });
    this.#watcher.on("error", (error) => {
      this.#log.warn("a configuration file is no longer watched for changes", {
        file: this.#file,
        error: error.message,
      });
    });
  }

  /** Reads the file now. */
  reload(): Promise<void> {
    const reading = this.#reading.then(() => this.#read());
    this.#reading = reading.catch((thrown: unknown) => {
      this.#log.error("a configuration file could not be applied", {
        file: this.#file,
        error: messageOf(thrown),
      });
    });
    return reading;
  }

  close(): void {
    this.#watcher?.close();
    if (this.#settleTimer !== null) clearTimeout(this.#settleTimer);
  }

  #readSoon(): void {
    if (this.#settleTimer !== null) clearTimeout(this.#settleTimer);
    this.#settleTimer = setTimeout(() => {
      this.#settleTimer = null;
      // What it fails with is in the log.
      this.reload().catch(() => undefined);
    }, settleMs);
  }
}
