import { unwatchFile, watch, watchFile } from "node:fs";
import { readlink, realpath } from "node:fs/promises";
import path from "node:path";
import { messageOf } from "../platform/errors.ts";
import type { Logger } from "../sidecar/log/logger.ts";

/** Editors write a file in several steps; it is read this long after the last one, in milliseconds. */
const settleMs = 100;
/** How often a file is looked at where the system tells nobody of changes, in milliseconds. */
const lookMs = 2_000;

/** Reads a file again whenever it may have changed, one reading after the other. */
export class FollowedFile {
  readonly #file: string;
  readonly #log: Logger;
  readonly #read: () => Promise<void>;
  readonly #watchFolder: typeof watch;
  #own: (() => void) | null = null;
  /** The file itself, where the name stands for a link to it. */
  #linked: (() => void) | null = null;
  #settleTimer: NodeJS.Timeout | null = null;
  #reading: Promise<void> = Promise.resolve();
  #closed = false;

  /**
   * @param read reads the file and keeps what comes of it; never rejects for what is in the file
   * @param watchFolder tells of changes in a folder; Node's own by default
   */
  constructor(file: string, log: Logger, read: () => Promise<void>, watchFolder: typeof watch = watch) {
    this.#file = file;
    this.#log = log;
    this.#read = read;
    this.#watchFolder = watchFolder;
  }

  /** Reads the file and follows it from now on. */
  async open(): Promise<void> {
    this.#own = this.#watch(this.#file);
    await this.reload();
  }

  /** Reads the file now. */
  reload(): Promise<void> {
    const reading = this.#reading.then(async () => {
      await this.#followLink();
      await this.#read();
    });
    this.#reading = reading.catch((thrown: unknown) => {
      this.#log.error("a configuration file could not be applied", {
        file: this.#file,
        error: messageOf(thrown),
      });
    });
    return reading;
  }

  close(): void {
    this.#closed = true;
    this.#own?.();
    this.#linked?.();
    if (this.#settleTimer !== null) clearTimeout(this.#settleTimer);
  }

  /**
   * Behind a link the file itself is somewhere else. Looked at each time: a file becomes a link, a link comes to lead
   * elsewhere, and the folder it leads to is replaced by another of the same name.
   */
  async #followLink(): Promise<void> {
    if (this.#own === null) return;
    const real = await realOf(this.#file);
    if (this.#closed) return;
    this.#linked?.();
    this.#linked = real === this.#file ? null : this.#watch(real);
  }

  /** @returns ends it */
  #watch(file: string): () => void {
    const name = path.basename(file);
    try {
      // The folder is watched, not the file: most editors replace the file.
      const watcher = this.#watchFolder(path.dirname(file), { persistent: false }, (_event, changed) => {
        if (changed === name) this.#readSoon();
      });
      watcher.on("error", (error) => {
        this.#log.warn("a configuration file is no longer watched for changes", {
          file,
          error: error.message,
        });
      });
      return () => watcher.close();
    } catch (thrown) {
      // The system watches a bounded number of files for all programs together.
      this.#log.warn(
        "a configuration file cannot be watched for changes; it is looked at every two seconds",
        {
          file,
          error: messageOf(thrown),
        },
      );
      const changed = (): void => this.#readSoon();
      watchFile(file, { persistent: false, interval: lookMs }, changed);
      return () => unwatchFile(file, changed);
    }
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

/** Where a file is, also one that a link leads to and that is not there now. */
async function realOf(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch {
    return await readlink(file).then(
      (target) => path.resolve(path.dirname(file), target),
      () => file,
    );
  }
}
