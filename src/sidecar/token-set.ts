import { tokenRotationGraceMs } from "../contracts/control-link.ts";
import { constantTimeEqual } from "../platform/control-proof.ts";

interface Entry {
  readonly token: string;
  /** Instant (ms) after which the token is refused; null while it is current. */
  readonly expiresAt: number | null;
}

/** The tokens a service accepts: the current ones, and for a short time those being rotated out. */
export class TokenSet {
  readonly #now: () => number;
  #entries: readonly Entry[];

  /** @param now a clock that nobody can set: set back, it would prolong the life of an old token */
  constructor(tokens: readonly string[], now: () => number = () => performance.now()) {
    this.#now = now;
    this.#entries = tokens.map((token) => ({ token, expiresAt: null }));
  }

  /**
   * Replaces the current tokens; those of `expiring` stay valid for `tokenRotationGraceMs`. A token that was
   * expiring before keeps its own end, unless it is current again.
   */
  replace(tokens: readonly string[], expiring: readonly string[]): void {
    const now = this.#now();
    const expiresAt = now + tokenRotationGraceMs;
    const current = new Set(tokens);
    const ending = this.#entries.filter(
      (entry) => entry.expiresAt !== null && now < entry.expiresAt && !current.has(entry.token),
    );
    const known = new Set([...tokens, ...ending.map((entry) => entry.token)]);
    this.#entries = [
      ...tokens.map((token) => ({ token, expiresAt: null })),
      ...ending,
      ...expiring.filter((token) => !known.has(token)).map((token) => ({ token, expiresAt })),
    ];
  }

  /** True when the token is valid now. Every entry is compared, so that time tells nothing. */
  accepts(token: string): boolean {
    const now = this.#now();
    let accepted = false;
    for (const entry of this.#entries) {
      const alive = entry.expiresAt === null || now < entry.expiresAt;
      if (constantTimeEqual(entry.token, token) && alive) accepted = true;
    }
    return accepted;
  }

  /** Whether one of the valid tokens stands in a text. */
  isIn(text: string): boolean {
    return this.valid().some((token) => text.includes(token));
  }

  /** All tokens that are valid now. */
  valid(): string[] {
    const now = this.#now();
    return this.#entries
      .filter((entry) => entry.expiresAt === null || now < entry.expiresAt)
      .map((entry) => entry.token);
  }
}
