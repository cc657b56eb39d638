import { header, missing, type SignatureScheme, sha256 } from "./scheme.ts";

/** Shows the secret itself and signs nothing. Digests are compared, so that the length says nothing. */
export const gitlab: SignatureScheme = {
  name: "gitlab",
  source: "https://docs.gitlab.com/user/project/integrations/webhooks/",
  eventHeader: "x-gitlab-event",
  read: (headers) => {
    const token = header(headers, "x-gitlab-token");
    if (token === null) return missing("signature", "x-gitlab-token");
    const name = ["idempotency-key", "x-gitlab-event-uuid"].find(
      (candidate) => header(headers, candidate) !== null,
    );
    const deliveryId = name === undefined ? null : header(headers, name);
    if (deliveryId === null || deliveryId.length > 256) return missing("delivery id", "x-gitlab-event-uuid");
    return {
      timestampMs: null,
      deliveryId,
      signatures: [sha256(token)],
      expected: (secret) => sha256(secret),
    };
  },
};
