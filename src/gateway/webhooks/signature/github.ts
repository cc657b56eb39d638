import { header, hmacSha256, missing, prefixedHex, type SignatureScheme } from "./scheme.ts";

/** Signs the body alone: neither the time nor the delivery's id are proven by the signature. */
export const github: SignatureScheme = {
  name: "github",
  source: "https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries",
  read: (headers) => {
    const signatures = prefixedHex(header(headers, "x-hub-signature-256") ?? "", "sha256=");
    if (signatures.length === 0) return missing("signature", "x-hub-signature-256");
    const deliveryId = header(headers, "x-github-delivery");
    if (deliveryId === null || deliveryId.length > 256) return missing("delivery id", "x-github-delivery");
    return {
      timestampMs: null,
      deliveryId,
      event: header(headers, "x-github-event"),
      signatures,
      expected: (secret, rawBody) => hmacSha256(secret, rawBody),
    };
  },
};
