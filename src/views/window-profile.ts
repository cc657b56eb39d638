import type { Memento } from "vscode";
import { defaultProfileName } from "../contracts/profile-name.ts";
import { PalyraError } from "../platform/errors.ts";
import { type Profile, ProfileCatalog } from "../supervisor/profiles/profile-catalog.ts";

const key = "palyra.profile";

/**
 * The profile of this window. The choice is kept with the workspace and not in a setting: all windows share the
 * settings of the machine, and a switch in one must not move the others.
 */
export class WindowProfile {
  readonly #memory: Pick<Memento, "get" | "update">;
  readonly #base: () => string;

  /**
   * @param memory the workspace's
   * @param base gives the state root of the default profile
   */
  constructor(memory: Pick<Memento, "get" | "update">, base: () => string) {
    this.#memory = memory;
    this.#base = base;
  }

  /** The profiles as they are now. */
  get catalog(): ProfileCatalog {
    return new ProfileCatalog(this.#base());
  }

  /** Name of the chosen profile, which may be gone. */
  get name(): string {
    const kept: unknown = this.#memory.get(key);
    return typeof kept === "string" ? kept : defaultProfileName;
  }

  /** @throws `not_found` when the chosen profile is gone */
  async current(): Promise<Profile> {
    try {
      return await this.catalog.get(this.name);
    } catch (thrown) {
      if (!(thrown instanceof PalyraError) || thrown.code !== "not_found") throw thrown;
      throw new PalyraError("not_found", `The profile “${this.name}” of this window is gone.`, {
        nextStep: "Choose another one with “Palyra: Switch Profile”.",
        cause: thrown,
      });
    }
  }

  async choose(name: string): Promise<void> {
    await this.#memory.update(key, name === defaultProfileName ? undefined : name);
  }
}
