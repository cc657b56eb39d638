import { type FSWatcher, watch } from "node:fs";
import path from "node:path";
import type { ErrorDetails } from "../contracts/errors.ts";
import { detailsOf } from "../platform/errors.ts";
import type { Logger } from "../sidecar/log/logger.ts";
import { defaultConfig, type ParsedConfig, parseConfig } from "./parse-config.ts";
import { readConfigText } from "./read-config-text.ts";

/** Editors write a file in several steps; it is read this long after the last one, in milliseconds. */
const settleMs = 100;

/** `palyra.toml`, followed while it changes: a broken edit keeps the last good configuration. */
export class ConfigFile {
  readonly #file: string;
  readonly #log: Logger;
  readonly #onChange: () => void;
  #current: ParsedConfig;
  #problem: ErrorDetails | null = null;
  #watcher: FSWatcher | null = null;
  #settleTimer: NodeJS.Timeout | null = null;
  #reading: Promise<void> = Promise.resolve();

  /** @param onChange called after the configuration or its problem changed */
  constructor(file: string, log: Logger, onChange: () => void) {
    this.#file = file;
    this.#log = log;
    this.#onChange = onChange;
    this.#current = defaultConfig();
  }

  /** The last good configuration; all defaults before the first one. */
  get current(): ParsedConfig {
    return this.#current;
  }

  /** What is wrong with the file as it is now; null when nothing is. */
  get problem(): ErrorDetails | null {
    return this.#problem;
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
      this.#log.warn("the configuration is no longer watched for changes", { error: error.message });
    });
  }

  /** Reads the file now. A fault is kept as `problem`. */
  reload(): Promise<void> {
    this.#reading = this.#reading.then(() => this.#read());
    return this.#reading;
  }

  close(): void {
    this.#watcher?.close();
    if (this.#settleTimer !== null) clearTimeout(this.#settleTimer);
  }

  #readSoon(): void {
    if (this.#settleTimer !== null) clearTimeout(this.#settleTimer);
    this.#settleTimer = setTimeout(() => {
      this.#settleTimer = null;
      void this.reload();
    }, settleMs);
  }

  async #read(): Promise<void> {
    try {
      const next = await parseConfig(await this.#text(), this.#file);
      const changed = next.hash !== this.#current.hash || this.#problem !== null;
      this.#current = next;
      this.#problem = null;
      if (!changed) return;
      this.#log.info("configuration read", { file: this.#file, hash: next.hash });
    } catch (thrown) {
      this.#problem = detailsOf(thrown);
      this.#log.warn("the configuration is not valid; the last good one stays", {
        error: this.#problem.message,
      });
    }
    this.#onChange();
  }

  async #text(): Promise<string> {
    return await readConfigText(this.#file);
  }
}
