import type { ErrorDetails } from "../../contracts/errors.ts";
import type { WebhookIntegration } from "../../contracts/webhook.ts";
import { detailsOf } from "../../platform/errors.ts";
import type { Logger } from "../../sidecar/log/logger.ts";
import { FollowedFile } from "../followed-file.ts";
import { readConfigText } from "../read-config-text.ts";
import type { EntryChange } from "./edit-registry.ts";
import type { WebhookRegistryContent } from "./parse-registry.ts";

const nothing: WebhookRegistryContent = { integrations: new Map(), quarantined: [], unknownSettings: [] };

/** `webhooks.toml`, followed while it changes: a file that cannot be read at all keeps the last good one in force. */
export class WebhookRegistry {
  readonly #file: string;
  readonly #log: Logger;
  readonly #onChange: () => void;
  readonly #followed: FollowedFile;
  #content: WebhookRegistryContent = nothing;
  #problem: ErrorDetails | null = null;

  /** @param onChange called after the entries or the problem changed */
  constructor(file: string, log: Logger, onChange: () => void) {
    this.#file = file;
    this.#log = log;
    this.#onChange = onChange;
    this.#followed = new FollowedFile(file, log, () => this.#read());
  }

  get content(): WebhookRegistryContent {
    return this.#content;
  }

  /** What is wrong with the file as a whole; null when nothing is. */
  get problem(): ErrorDetails | null {
    return this.#problem;
  }

  find(integrationId: string): WebhookIntegration | null {
    return this.#content.integrations.get(integrationId) ?? null;
  }

  /** Reads the file and follows it from now on. */
  open(): Promise<void> {
    return this.#followed.open();
  }

  reload(): Promise<void> {
    return this.#followed.reload();
  }

  close(): void {
    this.#followed.close();
  }

  /** Makes an entry or changes one. @throws as `changeEntry`, and `conflict` or `config_invalid` for the file */
  async change(id: string, change: EntryChange, mode: "put" | "change", now: number): Promise<void> {
    const { changeEntry } = await import("./edit-registry.ts");
    await this.#edit((document) => changeEntry(document, id, change, mode, now));
  }

  /** @throws `not_found` */
  async remove(id: string): Promise<void> {
    const { removeEntry } = await import("./edit-registry.ts");
    await this.#edit((document) => removeEntry(document, id));
  }

  async #edit(
    change: Parameters<typeof import("../config-edit/edit-toml-file.ts").editTomlFile>[2],
  ): Promise<void> {
    const [{ editTomlFile }, { parseRegistry }] = await Promise.all([
      import("../config-edit/edit-toml-file.ts"),
      import("./parse-registry.ts"),
    ]);
    await editTomlFile(this.#file, async (text) => parseRegistry(text, this.#file), change);
    await this.#followed.reload();
  }

  async #read(): Promise<void> {
    try {
      const text = await readConfigText(this.#file);
      // Most gateways have no webhooks: what reads the file is loaded with the first one.
      if (text === "") this.#content = nothing;
      else this.#content = (await import("./parse-registry.ts")).parseRegistry(text, this.#file);
      this.#problem = null;
      for (const { integrationId, line, field, message } of this.#content.quarantined) {
        this.#log.warn("an entry of webhooks.toml is not in force", { integrationId, line, field, message });
      }
    } catch (thrown) {
      this.#problem = detailsOf(thrown);
      this.#log.warn("webhooks.toml cannot be read; the last good one stays", {
        error: this.#problem.message,
      });
    }
    this.#onChange();
  }
}
