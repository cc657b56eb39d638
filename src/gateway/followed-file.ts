import { unwatchFile, watch, watchFile } from "node:fs";
import { realpath } from "node:fs/promises";
import path from "node:path";
import { messageOf } from "../platform/errors.ts";
import type { Logger } from "../sidecar/log/logger.ts";

/** Editors write a file in several steps; it is read this long after the last one, in milliseconds. */
const settleMs = 100;
/** How often a file is looked at where the system tells nobody of changes, in milliseconds. */
const lookMs = 2_000;

/** A file that is watched. */
interface Watch {
  readonly file: string;
  readonly close: () => void;
}

/** Reads a file again whenever it may have changed, one reading after the other. */
export class FollowedFile {
  readonly #file: string;
  readonly #log: Logger;
  readonly #read: () => Promise<void>;
  readonly #watchFolder: typeof watch;
  #own: Watch | null = null;
  /** The file itself, where the name stands for a link to it. */
  #linked: Watch | null = null;
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
    this.#own?.close();
    this.#linked?.close();
    if (this.#settleTimer !== null) clearTimeout(this.#settleTimer);
  }

  /** Behind a link the file itself is somewhere else; a file may become a link, and a link may come to lead elsewhere. */
  async #followLink(): Promise<void> {
    if (this.#own === null) return;
    const real = await realpath(this.#file).catch(() => this.#file);
    if (this.#closed || real === (this.#linked?.file ?? this.#file)) return;
    this.#linked?.close();
    this.#linked = real === this.#file ? null : this.#watch(real);
  }

  #watch(file: string): Watch {
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
      return { file, close: () => watcher.close() };
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
      return { file, close: () => unwatchFile(file, changed) };
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
