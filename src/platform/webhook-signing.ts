import { createHmac } from "node:crypto";
import type { WebhookSignature } from "../contracts/webhook.ts";
import { canonicalJson } from "./canonical-json.ts";

/** What a sender would send. */
export interface SignedRequest {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface SigningFacts {
  readonly signature: WebhookSignature;
  readonly secret: string;
  /** JSON text; for `envelope` what is put into it as its payload. */
  readonly payload: Buffer;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** A ULID that is used for nothing else: from it come the ids that make a request one delivery. */
  readonly deliveryId: string;
  readonly event?: string;
  readonly source?: string;
}

type Signer = (facts: SigningFacts) => { headers: Record<string, string>; body: Buffer };

const signers: Readonly<Record<WebhookSignature, Signer>> = {
  standard: ({ secret, payload, now, deliveryId }) => {
    const id = `msg_${deliveryId}`;
    const timestamp = String(Math.floor(now / 1000));
    const key = standardWebhooksKey(secret);
    const signature = hmac(key, `${id}.${timestamp}.`, payload).toString("base64");
    return {
      headers: { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` },
      body: payload,
    };
  },
  github: ({ secret, payload, deliveryId, event }) => ({
    headers: {
      "x-hub-signature-256": `sha256=${hmac(secret, payload).toString("hex")}`,
      "x-github-delivery": deliveryId,
      "x-github-event": event ?? "ping",
    },
    body: payload,
  }),
  gitlab: ({ secret, payload, deliveryId, event }) => ({
    headers: {
      "x-gitlab-token": secret,
      "x-gitlab-event-uuid": deliveryId,
      "x-gitlab-event": event ?? "Test Hook",
    },
    body: payload,
  }),
  slack: ({ secret, payload, now }) => {
    const timestamp = String(Math.floor(now / 1000));
    return {
      headers: {
        "x-slack-request-timestamp": timestamp,
        "x-slack-signature": `v0=${hmac(secret, `v0:${timestamp}:`, payload).toString("hex")}`,
      },
      body: payload,
    };
  },
  stripe: ({ secret, payload, now }) => {
    const timestamp = String(Math.floor(now / 1000));
    const signature = hmac(secret, `${timestamp}.`, payload).toString("hex");
    return { headers: { "stripe-signature": `t=${timestamp},v1=${signature}` }, body: payload };
  },
  generic: ({ secret, payload, now, deliveryId, event }) => {
    const timestamp = String(now);
    const signature = hmac(secret, `${timestamp}.${deliveryId}.`, payload).toString("hex");
    return {
      headers: {
        "x-palyra-timestamp": timestamp,
        "x-palyra-nonce": deliveryId,
        "x-palyra-signature": `v1=${signature}`,
        ...(event === undefined ? {} : { "x-palyra-event": event }),
      },
      body: payload,
    };
  },
  envelope: ({ secret, payload, now, deliveryId, event, source }) => {
    const protection = { nonce: deliveryId, timestamp_unix_ms: now };
    const envelope = {
      v: 1,
      id: deliveryId,
      event: event ?? "test",
      source: source ?? "palyra",
      payload: JSON.parse(payload.toString("utf8")) as unknown,
      replay_protection: protection,
    };
    const signature = `v1=${hmac(secret, canonicalJson(envelope)).toString("hex")}`;
    const signed = { ...envelope, replay_protection: { ...protection, signature } };
    return { headers: {}, body: Buffer.from(JSON.stringify(signed)) };
  },
};

/**
 * Makes of a payload the request that a sender with this secret would make, by the documents of each scheme.
 * @throws SyntaxError when the payload of an envelope is not JSON
 */
export function signRequest(facts: SigningFacts): SignedRequest {
  const { headers, body } = signers[facts.signature](facts);
  return { headers: { "content-type": "application/json", ...headers }, body };
}

/** The key in a secret of Standard Webhooks: base64, with or without `whsec_` before it. */
export function standardWebhooksKey(secret: string): Buffer {
  return Buffer.from(secret.startsWith("whsec_") ? secret.slice("whsec_".length) : secret, "base64");
}

function hmac(key: string | Buffer, ...parts: readonly (string | Buffer)[]): Buffer {
  const digest = createHmac("sha256", key);
  for (const part of parts) digest.update(part);
  return digest.digest();
}
