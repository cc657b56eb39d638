import { createHash, createHmac } from "node:crypto";
import type { WebhookSignature } from "../../../contracts/webhook.ts";

/** Header names in lower case. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What a request says of itself before anything of it is believed. */
export interface SignatureClaim {
  /** When the sender signed, in milliseconds since 1970; null where the scheme has no time. */
  readonly timestampMs: number | null;
  /** The sender's id of the delivery; null where it is only in the body, or proves nothing. */
  readonly deliveryId: string | null;
  /** Signatures shown, decoded: one is enough. */
  readonly signatures: readonly Buffer[];
  /** The signature that a sender with this secret would have shown. */
  expected(secret: string, rawBody: Buffer): Buffer;
}

/** A header is missing or malformed. */
export interface MalformedClaim {
  readonly missing: "signature" | "timestamp" | "delivery id";
  /** Names the header. */
  readonly message: string;
}

/** A scheme's name in the sender's headers, and how it signs. */
export interface SignatureScheme {
  readonly name: WebhookSignature;
  /** The vendor's document. */
  readonly source: string;
  /** Header with the event's name; null where that is only in the body. */
  readonly eventHeader: string | null;
  read(headers: RequestHeaders): SignatureClaim | MalformedClaim;
}

/** No sender shows more; the rest is not looked at. */
const maxSignatures = 8;

export function isMalformed(claim: SignatureClaim | MalformedClaim): claim is MalformedClaim {
  return "missing" in claim;
}

/** A header that is there exactly once and not empty; null otherwise. */
export function header(headers: RequestHeaders, name: string): string | null {
  const value = headers[name];
  return typeof value === "string" && value !== "" ? value : null;
}

export function missing(what: MalformedClaim["missing"], name: string): MalformedClaim {
  return { missing: what, message: `The header ${name} is missing or malformed.` };
}

export function hmacSha256(key: string | Buffer, ...parts: readonly (string | Buffer)[]): Buffer {
  const hmac = createHmac("sha256", key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

export function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** The values of `prefix` in a list such as `v1=aa,v1=bb`, decoded; what cannot be one is left out. */
export function prefixedHex(list: string, prefix: string): Buffer[] {
  return list
    .split(/[,\s]+/, maxSignatures)
    .filter((part) => part.startsWith(prefix))
    .map((part) => part.slice(prefix.length))
    .filter((hex) => /^[0-9a-f]{64}$/i.test(hex))
    .map((hex) => Buffer.from(hex, "hex"));
}

/** The values of `prefix` in a list such as `v1,base64 v1,base64`, decoded. */
export function prefixedBase64(list: string, prefix: string): Buffer[] {
  return list
    .split(" ", maxSignatures)
    .filter((part) => part.startsWith(prefix))
    .map((part) => Buffer.from(part.slice(prefix.length), "base64"))
    .filter((bytes) => bytes.length === 32);
}

/** Whole seconds since 1970 as milliseconds; null for anything else. */
export function secondsToMs(text: string | null): number | null {
  return text !== null && /^\d{1,12}$/.test(text) ? Number(text) * 1000 : null;
}
