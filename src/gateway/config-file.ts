import type { ErrorDetails } from "../contracts/errors.ts";
import { detailsOf } from "../platform/errors.ts";
import type { Logger } from "../sidecar/log/logger.ts";
import { FollowedFile } from "./followed-file.ts";
import { defaultConfig, type ParsedConfig, parseConfig } from "./parse-config.ts";
import { readConfigText } from "./read-config-text.ts";

/** `palyra.toml`, followed while it changes: a broken edit keeps the last good configuration. */
export class ConfigFile {
  readonly #file: string;
  readonly #log: Logger;
  readonly #onChange: () => void;
  readonly #followed: FollowedFile;
  #current: ParsedConfig;
  #problem: ErrorDetails | null = null;

  /** @param onChange called after the configuration or its problem changed */
  constructor(file: string, log: Logger, onChange: () => void) {
    this.#file = file;
    this.#log = log;
    this.#onChange = onChange;
    this.#current = defaultConfig();
    this.#followed = new FollowedFile(file, log, () => this.#read());
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
  open(): Promise<void> {
    return this.#followed.open();
  }

  /** Reads the file now. A fault is kept as `problem`. */
  reload(): Promise<void> {
    return this.#followed.reload();
  }

  close(): void {
    this.#followed.close();
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
