interface Remembered {
  readonly messageId: string;
  readonly channelId: string;
  readonly atMs: number;
}

/** Which message an author sent with a nonce lately (Discord docs: Create Message, enforce_nonce). */
export class NonceMemory {
  readonly #entries = new Map<string, Remembered>();
  readonly #lifetimeMs: number;

  /** @param lifetimeMs the documented "past few minutes" */
  constructor(lifetimeMs: number) {
    this.#lifetimeMs = lifetimeMs;
  }

  remember(authorId: string, nonce: string | number, entry: Remembered): void {
    this.#forgetOld(entry.atMs);
    this.#entries.set(keyOf(authorId, nonce), entry);
  }

  find(authorId: string, nonce: string | number, nowMs: number): Remembered | undefined {
    this.#forgetOld(nowMs);
    return this.#entries.get(keyOf(authorId, nonce));
  }

  #forgetOld(nowMs: number): void {
    for (const [key, entry] of this.#entries) {
      if (entry.atMs > nowMs - this.#lifetimeMs) return;
      this.#entries.delete(key);
    }
  }
}

function keyOf(authorId: string, nonce: string | number): string {
  return `${authorId}:${String(nonce)}`;
}
