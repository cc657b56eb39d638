import { header, hmacSha256, missing, prefixedHex, type SignatureScheme, secondsToMs } from "./scheme.ts";

/** Signs `TIMESTAMP.BODY`; the event's id is in the body. */
export const stripe: SignatureScheme = {
  name: "stripe",
  source: "https://docs.stripe.com/webhooks/signature",
  eventHeader: null,
  read: (headers) => {
    const value = header(headers, "stripe-signature") ?? "";
    const timestamp = /(?:^|,)\s*t=(\d+)(?:,|$)/.exec(value)?.[1] ?? null;
    const timestampMs = secondsToMs(timestamp);
    if (timestamp === null || timestampMs === null) return missing("timestamp", "stripe-signature");
    const signatures = prefixedHex(value, "v1=");
    if (signatures.length === 0) return missing("signature", "stripe-signature");
    return {
      timestampMs,
      deliveryId: null,
      signatures,
      expected: (secret, rawBody) => hmacSha256(secret, `${timestamp}.`, rawBody),
    };
  },
};
