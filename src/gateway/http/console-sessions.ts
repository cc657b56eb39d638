import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** A session ends when it was not used for so long, in milliseconds. */
export const sessionTtlMs = 1_800_000;
const maxSessions = 1_024;

export interface ConsoleSession {
  readonly principal: string;
  readonly deviceId: string | null;
  readonly channel: string | null;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** Who signs in. */
export type SignedIn = Pick<ConsoleSession, "principal" | "deviceId" | "channel">;

interface Entry extends ConsoleSession {
  readonly isGood: () => boolean;
}

/** Sessions of browsers that signed in. Only hashes of their tokens are kept. */
export class ConsoleSessions {
  readonly #byHash = new Map<string, Entry>();

  /**
   * Begins a session; beyond the bound the oldest one ends.
   * @param isGood whether what it was begun with is still good: it ends when the admin token does
   * @returns its token, 43 characters
   */
  begin(who: SignedIn, isGood: () => boolean, now: number): string {
    this.#dropExpired(now);
    const token = randomBytes(32).toString("base64url");
    this.#byHash.set(hashOf(token), { ...who, isGood, issuedAt: now, expiresAt: now + sessionTtlMs });
    for (const hash of this.#byHash.keys()) {
      if (this.#byHash.size <= maxSessions) break;
      this.#byHash.delete(hash);
    }
    return token;
  }

  /** The session of a token, which lives longer by this; null when there is none or it has ended. */
  use(token: string, now: number): ConsoleSession | null {
    const hash = hashOf(token);
    const session = this.#byHash.get(hash);
    if (session === undefined || session.expiresAt <= now || !session.isGood()) {
      this.#byHash.delete(hash);
      return null;
    }
    const used = { ...session, expiresAt: now + sessionTtlMs };
    this.#byHash.set(hash, used);
    return used;
  }

  end(token: string): void {
    this.#byHash.delete(hashOf(token));
  }

  get size(): number {
    return this.#byHash.size;
  }

  #dropExpired(now: number): void {
    for (const [hash, session] of this.#byHash) if (session.expiresAt <= now) this.#byHash.delete(hash);
  }
}

/** The token a page of the session shows with everything it changes. Not kept: it follows from the session's. */
export function csrfTokenOf(sessionToken: string): string {
  return createHash("sha256").update(`csrf\u0000${sessionToken}`).digest("base64url");
}

export function isCsrfToken(sessionToken: string, shown: string | undefined): boolean {
  if (shown === undefined) return false;
  const wanted = Buffer.from(csrfTokenOf(sessionToken));
  const given = Buffer.from(shown);
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}
