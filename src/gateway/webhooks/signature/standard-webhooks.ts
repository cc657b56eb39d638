import { standardWebhooksKey } from "../../../platform/webhook-signing.ts";
import { header, hmacSha256, missing, prefixedBase64, type SignatureScheme, secondsToMs } from "./scheme.ts";

/** The headers' two spellings: the specification's, and that of the service it comes from. */
const spellings = ["webhook", "svix"] as const;

/** Signs `ID.TIMESTAMP.BODY`; the secret is base64, with or without `whsec_`. */
export const standardWebhooks: SignatureScheme = {
  name: "standard",
  source: "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md",
  eventHeader: null,
  read: (headers) => {
    const spelling = spellings.find((name) => header(headers, `${name}-id`) !== null) ?? "webhook";
    const id = header(headers, `${spelling}-id`);
    const timestamp = header(headers, `${spelling}-timestamp`);
    const timestampMs = secondsToMs(timestamp);
    const list = header(headers, `${spelling}-signature`);
    if (id === null || id.length > 256 || id.includes(".")) return missing("delivery id", `${spelling}-id`);
    if (timestamp === null || timestampMs === null) return missing("timestamp", `${spelling}-timestamp`);
    const signatures = prefixedBase64(list ?? "", "v1,");
    if (signatures.length === 0) return missing("signature", `${spelling}-signature`);
    return {
      timestampMs,
      deliveryId: id,
      signatures,
      expected: (secret, rawBody) => hmacSha256(standardWebhooksKey(secret), `${id}.${timestamp}.`, rawBody),
    };
  },
};
