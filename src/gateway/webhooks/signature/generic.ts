import { header, hmacSha256, missing, prefixedHex, type SignatureScheme } from "./scheme.ts";

/** Above this a number is milliseconds, below it seconds: the year 5138 in the one, 1973 in the other. */
const leastMilliseconds = 100_000_000_000;

/** Our own: `X-Palyra-Signature: v1=HEX` over `TIMESTAMP.NONCE.BODY`. */
export const generic: SignatureScheme = {
  name: "generic",
  source: "docs/webhooks.md",
  eventHeader: "x-palyra-event",
  read: (headers) => {
    const timestamp = header(headers, "x-palyra-timestamp");
    if (timestamp === null || !/^\d{1,15}$/.test(timestamp))
      return missing("timestamp", "x-palyra-timestamp");
    const nonce = header(headers, "x-palyra-nonce");
    // Without a dot nothing can be moved from the body into it, or back, under the same signature.
    if (nonce === null || !/^[A-Za-z0-9_-]{16,128}$/.test(nonce)) {
      return missing("delivery id", "x-palyra-nonce");
    }
    const signatures = prefixedHex(header(headers, "x-palyra-signature") ?? "", "v1=");
    if (signatures.length === 0) return missing("signature", "x-palyra-signature");
    const number = Number(timestamp);
    return {
      timestampMs: number < leastMilliseconds ? number * 1000 : number,
      deliveryId: nonce,
      signatures,
      expected: (secret, rawBody) => hmacSha256(secret, `${timestamp}.${nonce}.`, rawBody),
    };
  },
};
