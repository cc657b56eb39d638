import { webhookBounds } from "../../contracts/webhook.ts";
import { canonicalJson } from "../../platform/canonical-json.ts";
import { isTooDeep } from "./safety-scan.ts";
import { hmacSha256 } from "./signature/scheme.ts";

/** The document of version 1 in which a sender wraps an event. */
export interface WebhookEnvelope {
  readonly v: 1;
  /** ULID. */
  readonly id: string;
  readonly event: string;
  readonly source: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly replay_protection: {
    readonly nonce: string;
    readonly timestamp_unix_ms: number;
    readonly signature?: string;
  };
  readonly limits?: { readonly max_payload_bytes?: number };
}

export type EnvelopeFaultKind =
  | "too_large"
  | "invalid_json"
  | "not_an_object"
  | "missing_field"
  | "invalid_type"
  | "empty_field"
  | "invalid_value";

/** Why a document is no envelope. */
export interface EnvelopeFault {
  readonly kind: EnvelopeFaultKind;
  /** Path of the field, e.g. `replay_protection.nonce`; null where the document as a whole is at fault. */
  readonly field: string | null;
}

type Fields = Readonly<Record<string, unknown>>;

const payloadKeys = 2_048;
const signatureBytes = 4_096;
const ulidPattern = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

class Refused extends Error {
  readonly fault: EnvelopeFault;

  constructor(kind: EnvelopeFaultKind, field: string | null = null) {
    super(`${kind} ${field ?? ""}`);
    this.fault = { kind, field };
  }
}

/**
 * Reads an envelope: the first fault in the order of its fields is told. The time is checked here too, as a
 * field; who signed it is not.
 * @param now milliseconds since 1970
 */
export function parseEnvelope(rawBody: Buffer, now: number): WebhookEnvelope | EnvelopeFault {
  try {
    return envelopeOf(rawBody, now);
  } catch (thrown) {
    if (thrown instanceof Refused) return thrown.fault;
    throw thrown;
  }
}

export function isEnvelopeFault(result: WebhookEnvelope | EnvelopeFault): result is EnvelopeFault {
  return "kind" in result;
}

/** What is wrong, for people. */
export function describeEnvelopeFault({ kind, field }: EnvelopeFault): string {
  const name = field ?? "the document";
  const texts: Readonly<Record<EnvelopeFaultKind, string>> = {
    too_large: `The document is larger than ${webhookBounds.maxPayloadBytes} bytes.`,
    invalid_json: "The document is not valid JSON.",
    not_an_object: "The document is not a JSON object.",
    missing_field: `${name} is missing.`,
    invalid_type: `${name} has the wrong type.`,
    empty_field: `${name} is empty.`,
    invalid_value: `${name} has a value that is not allowed.`,
  };
  return texts[kind];
}

/**
 * The bytes that are signed: the canonical JSON of the document without its `replay_protection.signature`, so
 * that a sender can compute the signature before it is in the document.
 */
export function expectedEnvelopeSignature(envelope: WebhookEnvelope, secret: string): Buffer {
  const { signature: _, ...replayProtection } = envelope.replay_protection;
  return hmacSha256(secret, canonicalJson({ ...envelope, replay_protection: replayProtection }));
}

function envelopeOf(rawBody: Buffer, now: number): WebhookEnvelope {
  if (rawBody.length > webhookBounds.maxPayloadBytes) throw new Refused("too_large");
  const document = documentOf(rawBody);
  requireOnly(
    document,
    ["v", "id", "event", "source", "payload", "replay_protection", "limits"],
    "envelope.additional_properties",
  );
  checkLimits(document.limits, rawBody.length);
  const v = required(document, "v", "v");
  if (typeof v !== "number" || !Number.isInteger(v)) throw new Refused("invalid_type", "v");
  if (v !== 1) throw new Refused("invalid_value", "v");
  const id = text(document, "id", "id");
  if (!ulidPattern.test(id)) throw new Refused("invalid_value", "id");
  name(document, "event");
  name(document, "source");
  const payload = object(required(document, "payload", "payload"), "payload");
  if (Object.keys(payload).length > payloadKeys || isTooDeep(payload))
    throw new Refused("invalid_value", "payload");
  checkReplayProtection(
    object(required(document, "replay_protection", "replay_protection"), "replay_protection"),
    now,
  );
  return document as unknown as WebhookEnvelope;
}

function documentOf(rawBody: Buffer): Fields {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(rawBody));
  } catch (thrown) {
    // Both the decoder and the parser throw nothing else for bytes that are no JSON text.
    if (thrown instanceof SyntaxError || thrown instanceof TypeError) throw new Refused("invalid_json");
    throw thrown;
  }
  if (typeof document !== "object" || document === null || Array.isArray(document)) {
    throw new Refused("not_an_object");
  }
  return document as Fields;
}

function checkLimits(value: unknown, bytes: number): void {
  if (value === undefined) return;
  const limits = object(value, "limits");
  requireOnly(limits, ["max_payload_bytes"], "limits.additional_properties");
  const declared = limits.max_payload_bytes;
  if (declared === undefined) return;
  const field = "limits.max_payload_bytes";
  if (typeof declared !== "number" || !Number.isInteger(declared)) throw new Refused("invalid_type", field);
  if (declared < 1 || declared > webhookBounds.maxPayloadBytes || bytes > declared) {
    throw new Refused("invalid_value", field);
  }
}

function checkReplayProtection(protection: Fields, now: number): void {
  const path = "replay_protection";
  requireOnly(protection, ["nonce", "timestamp_unix_ms", "signature"], `${path}.additional_properties`);
  const nonce = text(protection, "nonce", `${path}.nonce`);
  const nonceBytes = Buffer.byteLength(nonce);
  if (nonceBytes < 16 || nonceBytes > 128) throw new Refused("invalid_value", `${path}.nonce`);
  const timestamp = required(protection, "timestamp_unix_ms", `${path}.timestamp_unix_ms`);
  if (typeof timestamp !== "number" || !Number.isInteger(timestamp) || timestamp < 0) {
    throw new Refused("invalid_type", `${path}.timestamp_unix_ms`);
  }
  if (Math.abs(timestamp - now) > webhookBounds.timestampWindowMs) {
    throw new Refused("invalid_value", `${path}.timestamp_unix_ms`);
  }
  const { signature } = protection;
  if (signature === undefined) return;
  if (typeof signature !== "string") throw new Refused("invalid_type", `${path}.signature`);
  if (Buffer.byteLength(signature) > signatureBytes) throw new Refused("invalid_value", `${path}.signature`);
}

function requireOnly(fields: Fields, allowed: readonly string[], path: string): void {
  if (Object.keys(fields).some((key) => !allowed.includes(key))) throw new Refused("invalid_value", path);
}

function required(fields: Fields, key: string, path: string): unknown {
  // A key such as `__proto__` in the text is an own property here, never an inherited one.
  if (!Object.hasOwn(fields, key)) throw new Refused("missing_field", path);
  return fields[key];
}

function text(fields: Fields, key: string, path: string): string {
  const value = required(fields, key, path);
  if (typeof value !== "string") throw new Refused("invalid_type", path);
  if (value.trim() === "") throw new Refused("empty_field", path);
  return value;
}

function name(fields: Fields, key: "event" | "source"): void {
  if (Buffer.byteLength(text(fields, key, key)) > webhookBounds.name) throw new Refused("invalid_value", key);
}

function object(value: unknown, path: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Refused("invalid_type", path);
  }
  return value as Fields;
}
