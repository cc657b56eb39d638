import type { SecretsHome } from "../contracts/state-file.ts";

/**
 * Where secrets live: VS Code's SecretStorage in the editor, an encrypted file without one. Values are
 * read when they are needed and not before. Names are references such as `palyra/admin_token`.
 * All methods fail with `secret_store_unavailable` when the store cannot be reached.
 */
export interface SecretStore {
  /** What `secrets_home` of the state file says when this store is the home of the secrets. */
  readonly home: SecretsHome;
  /** The secret, or undefined when there is none. */
  get(name: string): Promise<string | undefined>;
  /** Stores a secret of at most `secretSizeLimit` bytes, in place of an earlier one. */
  set(name: string, value: string): Promise<void>;
  /** Removes a secret; no error when there is none. */
  delete(name: string): Promise<void>;
  /** Names of all secrets, in no particular order. */
  keys(): Promise<readonly string[]>;
}

/** Longest secret, in bytes of UTF-8. */
export const secretSizeLimit = 4_096;
