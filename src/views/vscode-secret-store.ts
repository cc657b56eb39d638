import type { SecretStorage } from "vscode";
import { messageOf, PalyraError } from "../platform/errors.ts";
import { type SecretStore, secretSizeLimit } from "../supervisor/secret-store.ts";

/** What of VS Code's SecretStorage is used; newer editors can list the keys. */
export type SecretStorageLike = Pick<SecretStorage, "get" | "store" | "delete"> & {
  keys?(): PromiseLike<readonly string[]>;
};

/**
 * Secrets in VS Code's SecretStorage. Nothing is read before it is asked for, so that no keyring prompt
 * appears at the start of the editor.
 */
export class VSCodeSecretStore implements SecretStore {
  readonly home = "vscode";
  readonly #storage: SecretStorageLike;
  readonly #prefix: string;
  /** Entry with the names of all others: SecretStorage could not list its keys before VS Code 1.105. */
  readonly #indexKey: string;
  #lastWrite: Promise<void> = Promise.resolve();

  /** @param profileId of the profile whose secrets these are; null for the default profile */
  constructor(storage: SecretStorageLike, profileId: string | null = null) {
    this.#storage = storage;
    this.#prefix = profileId === null ? "palyra:" : `palyra@${profileId}:`;
    this.#indexKey = profileId === null ? "palyra-names" : `palyra-names@${profileId}`;
  }

  get(name: string): Promise<string | undefined> {
    return reach(() => this.#storage.get(this.#prefix + name));
  }

  set(name: string, value: string): Promise<void> {
    if (Buffer.byteLength(value) > secretSizeLimit) {
      return Promise.reject(
        new PalyraError("validation_error", `A secret may have at most ${secretSizeLimit} bytes.`),
      );
    }
    return this.#inOrder(async () => {
      await this.#storage.store(this.#prefix + name, value);
      await this.#changeNames((names) => names.add(name));
    });
  }

  delete(name: string): Promise<void> {
    return this.#inOrder(async () => {
      await this.#storage.delete(this.#prefix + name);
      await this.#changeNames((names) => names.delete(name));
    });
  }

  keys(): Promise<readonly string[]> {
    return reach(async () => {
      const listed = await this.#storage.keys?.();
      if (listed === undefined) return [...(await this.#names())];
      return listed
        .filter((key) => key.startsWith(this.#prefix))
        .map((key) => key.slice(this.#prefix.length));
    });
  }

  #inOrder(write: () => Promise<void>): Promise<void> {
    const done = this.#lastWrite.then(() => reach(write));
    // The caller gets the failure; the write after this one must go on all the same.
    this.#lastWrite = done.catch(() => undefined);
    return done;
  }

  async #changeNames(change: (names: Set<string>) => void): Promise<void> {
    const names = await this.#names();
    const before = names.size;
    change(names);
    if (names.size !== before) await this.#storage.store(this.#indexKey, [...names].join("\n"));
  }

  async #names(): Promise<Set<string>> {
    const stored = await this.#storage.get(this.#indexKey);
    return new Set((stored ?? "").split("\n").filter((name) => name !== ""));
  }
}

async function reach<T>(use: () => PromiseLike<T>): Promise<T> {
  try {
    return await use();
  } catch (thrown) {
    throw new PalyraError(
      "secret_store_unavailable",
      `VS Code's secret storage cannot be reached: ${messageOf(thrown)}.`,
      {
        cause: thrown,
      },
    );
  }
}
