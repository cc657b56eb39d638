import { header, hmacSha256, missing, prefixedHex, type SignatureScheme } from "./scheme.ts";

/** Signs the body alone: neither the time nor the delivery's id are proven by the signature. */
export const github: SignatureScheme = {
  name: "github",
  source: "https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries",
  eventHeader: "x-github-event",
  read: (headers) => {
    const signatures = prefixedHex(header(headers, "x-hub-signature-256") ?? "", "sha256=");
    if (signatures.length === 0) return missing("signature", "x-hub-signature-256");
    return {
      timestampMs: null,
      // Its header is not signed: the body stands for the delivery, whatever id is shown with it.
      deliveryId: null,
      signatures,
      expected: (secret, rawBody) => hmacSha256(secret, rawBody),
    };
  },
};
