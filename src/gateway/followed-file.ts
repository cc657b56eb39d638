import { type FSWatcher, watch } from "node:fs";
import { realpath } from "node:fs/promises";
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
  readonly #watchers: FSWatcher[] = [];
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
    this.#watch(this.#file);
    // Behind a link the file itself is somewhere else.
    const real = await realpath(this.#file).catch(() => this.#file);
    if (real !== this.#file) this.#watch(real);
  }

  #watch(file: string): void {
    const name = path.basename(file);
    // The folder is watched, not the file: most editors replace the file.
    const watcher = watch(path.dirname(file), { persistent: false }, (_event, changed) => {
      if (changed === name) this.#readSoon();
    });
    watcher.on("error", (error) => {
      this.#log.warn("a configuration file is no longer watched for changes", { file, error: error.message });
    });
    this.#watchers.push(watcher);
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
    for (const watcher of this.#watchers) watcher.close();
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
