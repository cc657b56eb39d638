import { header, hmacSha256, missing, prefixedHex, type SignatureScheme, secondsToMs } from "./scheme.ts";

/** Signs `v0:TIMESTAMP:BODY`; the event's id is in the body. */
export const slack: SignatureScheme = {
  name: "slack",
  source: "https://docs.slack.dev/authentication/verifying-requests-from-slack/",
  eventHeader: null,
  read: (headers) => {
    const timestamp = header(headers, "x-slack-request-timestamp");
    const timestampMs = secondsToMs(timestamp);
    if (timestamp === null || timestampMs === null) return missing("timestamp", "x-slack-request-timestamp");
    const signatures = prefixedHex(header(headers, "x-slack-signature") ?? "", "v0=");
    if (signatures.length === 0) return missing("signature", "x-slack-signature");
    return {
      timestampMs,
      deliveryId: null,
      signatures,
      expected: (secret, rawBody) => hmacSha256(secret, `v0:${timestamp}:`, rawBody),
    };
  },
};
