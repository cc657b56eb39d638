import { createHash, timingSafeEqual } from "node:crypto";

/** The tokens that are valid now. More than one during a rotation. */
export class BearerTokens {
  #digests: readonly Buffer[] = [];

  /** Replaces the valid tokens. Throws when one is empty or blank. */
  set(tokens: readonly string[]): void {
    if (tokens.some((token) => token.trim() === "")) throw new Error("A token must not be empty.");
    this.#digests = tokens.map(digest);
  }

  /** How many tokens are valid. */
  get count(): number {
    return this.#digests.length;
  }

  /**
   * Whether an `Authorization` header carries a valid token. All tokens are compared, each in constant
   * time over digests of one length, so the time tells nothing about them.
   */
  accept(header: string | undefined): boolean {
    const token = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(header ?? "")?.[1];
    const given = digest(token ?? "");
    let valid = false;
    for (const expected of this.#digests) valid = timingSafeEqual(given, expected) || valid;
    return valid && token !== undefined;
  }
}

function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
