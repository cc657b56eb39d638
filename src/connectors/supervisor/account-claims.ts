import { createHash } from "node:crypto";
import { PalyraError } from "../../platform/errors.ts";

/**
 * Which connector speaks for which account. Two connectors on one account would answer everything twice, so the
 * first keeps it and the second is refused, by its token already or at the latest by the account's own id.
 */
export class AccountClaims {
  readonly #owners = new Map<string, string>();

  /** @throws `conflict` naming the connector that has the account */
  claimToken(connectorId: string, token: string): void {
    this.#claim(connectorId, `token:${createHash("sha256").update(token).digest("base64")}`, "bot token");
  }

  /** @throws `conflict` naming the connector that has the account */
  claimAccount(connectorId: string, kind: string, accountId: string): void {
    this.#claim(connectorId, `account:${kind}:${accountId}`, "bot account");
  }

  /** Lets go of everything a connector has claimed. */
  release(connectorId: string): boolean {
    const keys = [...this.#owners].filter(([, owner]) => owner === connectorId).map(([key]) => key);
    for (const key of keys) this.#owners.delete(key);
    return keys.length > 0;
  }

  #claim(connectorId: string, key: string, what: string): void {
    const owner = this.#owners.get(key) ?? connectorId;
    if (owner !== connectorId) {
      throw new PalyraError("conflict", `${connectorId} has the same ${what} as ${owner}.`, {
        nextStep: "Give each account a bot of its own, or remove one of the two from palyra.toml.",
      });
    }
    this.#owners.set(key, connectorId);
  }
}
