import { randomBytes } from "node:crypto";

/** Crockford's base 32: no I, L, O, U. */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
export const pairingCodeLength = 8;

/** A code as people type it, or null when it cannot be one: blanks and hyphens do not count, nor does case. */
export function normalisedCode(typed: string): string | null {
  const code = typed.replace(/[^A-Za-z0-9]/g, "").toUpperCase();
  return code.length === pairingCodeLength ? code : null;
}

/**
 * What a person wants to be paired with: the second word of a message that begins with `pair`; null when the
 * message is none of this kind. From somebody who is answered already, paired or on the allow list, only `pair` and a
 * whole code count, so that a sentence that begins like this goes to the agent.
 */
export function pairingCodeIn(text: string, isAnswered: boolean): string | null {
  const [word, code, ...rest] = text.trim().split(/\s+/, 3);
  if (word?.toLowerCase() !== "pair" || code === undefined) return null;
  if (!isAnswered) return code;
  return rest.length === 0 && looksLikeCode(code) ? code : null;
}

/** Codes always have a digit, which words do not. */
function looksLikeCode(typed: string): boolean {
  const code = normalisedCode(typed);
  return code !== null && /\d/.test(code);
}

/** A new random code: 8 characters of Crockford's base 32 with at least one digit. */
export function newPairingCode(random: (bytes: number) => Uint8Array = randomBytes): string {
  for (;;) {
    const code = [...random(pairingCodeLength)].map((byte) => alphabet[byte % alphabet.length]).join("");
    if (/\d/.test(code)) return code;
  }
}
