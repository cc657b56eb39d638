import type { SecretStore } from "../secret-store.ts";
import { tokenRefs } from "../service-secrets.ts";

/** Who carries out changes of secrets, so that running services hear of them. */
export interface SecretsOwner {
  deleteSecret(ref: string): Promise<void>;
  rotateTokens(): Promise<void>;
}

/**
 * Forgets all secrets for good: no copy is kept, because a copy would not be forgotten. Our own tokens are
 * replaced while something runs, and otherwise removed and made anew at the next start.
 * @param owner the control center that runs; null when none does
 * @returns names of the forgotten secrets
 */
export async function forgetSecrets(
  home: SecretStore,
  owner: SecretsOwner | null,
): Promise<readonly string[]> {
  const own: readonly string[] = Object.values(tokenRefs);
  const names = await home.keys();
  for (const name of names) {
    if (owner === null) await home.delete(name);
    else if (!own.includes(name)) await owner.deleteSecret(name);
  }
  if (owner !== null && names.some((name) => own.includes(name))) await owner.rotateTokens();
  return names;
}
