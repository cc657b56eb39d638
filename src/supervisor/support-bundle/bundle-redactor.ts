import { Redactor, redactionMarker } from "../../platform/redactor.ts";
import { isSensitiveKey } from "../../platform/sensitive-keys.ts";

/**
 * Shortest word that is taken for a secret by its look alone, in characters. Our own tokens have 43; a word of
 * a language or a file name of this length has no digits, lower-case and upper-case letters all mixed.
 */
const randomWordLength = 20;
const longWord = /[A-Za-z0-9_~+=%-]{20,}/g;
/** Keys are also written in hexadecimal digits; an identity of fewer than 32 is none. */
const hexadecimal = /[0-9a-f]{32,}/gi;

/**
 * The redactor of support bundles, which leave the machine. Beyond what every sink removes it takes out each
 * long word that looks random: a token that was replaced long ago is known to nobody any more, and may still
 * stand in an old file. The price is that some harmless words, such as checksums, go too.
 */
export class BundleRedactor {
  readonly #known = new Redactor();

  /** Makes a value known as secret. */
  add(secret: string): void {
    this.#known.add(secret);
  }

  redact(text: string): string {
    return this.#known
      .redact(text)
      .replace(longWord, (word) => (looksRandom(word) ? redactionMarker : word))
      .replace(hexadecimal, redactionMarker);
  }

  /** Plain data with every text in it redacted; a text under a key such as `token` goes whole. */
  redactData(value: unknown): unknown {
    if (typeof value === "string") return this.redact(value);
    if (Array.isArray(value)) return value.map((item) => this.redactData(item));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        this.redact(key),
        isSensitiveKey(key) && typeof item === "string" ? redactionMarker : this.redactData(item),
      ]),
    );
  }
}

/** Digits, small and capital letters in one long word. Numbers, ULIDs and words of a language have not all three. */
export function looksRandom(word: string): boolean {
  return word.length >= randomWordLength && /[0-9]/.test(word) && /[a-z]/.test(word) && /[A-Z]/.test(word);
}
