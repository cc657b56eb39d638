import { createHash } from "node:crypto";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 22 digits of base 62 hold 128 bits; Discord takes at most 25 characters. */
const nonceLength = 22;

/**
 * Nonce of one outbound message: the same for each attempt to send it, different for every other message.
 * @returns 22 characters of `0-9A-Za-z`
 */
export function outboundNonce(connectorId: string, envelopeId: string, sequence: number): string {
  const key = [connectorId, envelopeId, String(sequence)].join("\u0000");
  let rest = BigInt(`0x${createHash("sha256").update(key).digest("hex").slice(0, 32)}`);
  let digits = "";
  while (digits.length < nonceLength) {
    digits = alphabet.charAt(Number(rest % 62n)) + digits;
    rest /= 62n;
  }
  return digits;
}
