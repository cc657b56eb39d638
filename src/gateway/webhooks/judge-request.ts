import { signatureOf, type WebhookIntegration, webhookBounds } from "../../contracts/webhook.ts";
import {
  describeEnvelopeFault,
  expectedEnvelopeSignature,
  isEnvelopeFault,
  parseEnvelope,
} from "./envelope.ts";
import { isPlainlyHarmless, isTooDeep, type SafetyVerdict, scanUntrusted } from "./safety-scan.ts";
import { bodyKey, type SenderFacts, senderFacts, withoutVendorSecrets } from "./sender-facts.ts";
import { matchesAny } from "./signature/matches-any.ts";
import { header, isMalformed, prefixedHex, type RequestHeaders } from "./signature/scheme.ts";
import { headerSchemes } from "./signature/schemes.ts";

export const webhookRefusals = [
  "payload_too_large",
  "signature_missing",
  "outside_window",
  "signature_invalid",
  "content_type",
  "invalid_payload",
  "event_not_allowed",
  "source_not_allowed",
  "safety_blocked",
] as const;
export type WebhookRefusal = (typeof webhookRefusals)[number];

/** A request to an integration that is enabled and ready. */
export interface WebhookRequest {
  readonly headers: RequestHeaders;
  readonly rawBody: Buffer;
}

export interface JudgeOptions {
  readonly integration: WebhookIntegration;
  /** All active secrets of the integration: one is enough. */
  readonly secrets: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

export type WebhookJudgement =
  | ({ readonly kind: "accepted" } & AcceptedRequest)
  /** The sender asks whether the address is ours, before it sends anything; answered with its own word. */
  | { readonly kind: "challenge"; readonly challenge: string }
  | {
      readonly kind: "refused";
      readonly refusal: WebhookRefusal;
      readonly message: string;
      /** What is known of the request, once its signature was found good. */
      readonly content?: Omit<AcceptedRequest, "safety">;
    };

/** A request that may have its effect, once for its delivery key. */
export interface AcceptedRequest extends SenderFacts {
  /** When the sender signed, in milliseconds since 1970; null where that is not proven. */
  readonly signedAtMs: number | null;
  readonly payload: unknown;
  /** Whether the payload is exactly the body, and not a part of it. */
  readonly isWholeBody: boolean;
  readonly safety: SafetyVerdict;
  /** Whether a signature was there and fitted; false only for an integration that takes unsigned requests. */
  readonly signed: boolean;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

type Refused = Extract<WebhookJudgement, { kind: "refused" }>;

/**
 * Decides on a request, cheapest and most certain first: size, claim, time, signature, form, allow lists,
 * safety. Whether its delivery key was used before is the store's to say, with the acceptance.
 */
export function judgeRequest(request: WebhookRequest, options: JudgeOptions): WebhookJudgement {
  const { integration } = options;
  if (request.rawBody.length > integration.max_payload_bytes) {
    return refused("payload_too_large", `The body is larger than ${integration.max_payload_bytes} bytes.`);
  }
  const result =
    signatureOf(integration) === "envelope" ? judgeEnvelope(request, options) : judgeSigned(request, options);
  if ("refusal" in result) return result;
  const challenge = challengeOf(result, integration);
  if (challenge !== null) return { kind: "challenge", challenge };
  if (isTooDeep(result.payload)) {
    return refused("invalid_payload", "The document is nested too deep.");
  }
  const refusal = refusalOfContent(result, integration);
  if (refusal !== null) return { ...refusal, content: result };
  const safety: SafetyVerdict = isPlainlyHarmless(request.rawBody)
    ? { action: "allow", findings: [] }
    : scanUntrusted(result.payload);
  if (safety.action === "block") {
    const codes = safety.findings.map(({ code }) => code).join(", ");
    const message = `The payload holds what must not be passed on: ${codes}.`;
    return { ...refused("safety_blocked", message), content: result };
  }
  return { kind: "accepted", ...result, safety };
}

/** Slack's question whether we are who we say. */
function challengeOf({ payload, signed }: Content, integration: WebhookIntegration): string | null {
  if (signatureOf(integration) !== "slack" || !signed) return null;
  if (typeof payload !== "object" || payload === null) return null;
  const { type, challenge } = payload as Readonly<Record<string, unknown>>;
  const isQuestion =
    type === "url_verification" && typeof challenge === "string" && challenge.length <= 1_024;
  return isQuestion ? challenge : null;
}

type Content = Omit<AcceptedRequest, "safety">;

function judgeSigned(request: WebhookRequest, options: JudgeOptions): Content | Refused {
  const { headers, rawBody } = request;
  const { integration, secrets, now } = options;
  const signature = signatureOf(integration);
  if (signature === "envelope") throw new Error("an envelope carries its signature itself");
  const { read, eventHeader } = headerSchemes[signature];
  const claim = read(headers);
  const event = eventHeader === null ? null : header(headers, eventHeader);
  if (isMalformed(claim)) {
    if (integration.signature_required) return refused("signature_missing", claim.message);
    const body = jsonOf(request);
    return "refusal" in body ? body : unsigned(body.value, rawBody, signature, event);
  }
  if (claim.timestampMs !== null && isOutsideWindow(claim.timestampMs, now)) return outsideWindow();
  if (
    !matchesAny(
      claim.signatures,
      secrets.map((secret) => claim.expected(secret, rawBody)),
    )
  ) {
    return refused("signature_invalid", "The signature does not fit the body and the secret.");
  }
  const body = jsonOf(request);
  if ("refusal" in body) return body;
  const payload = withoutVendorSecrets(signature, body.value);
  return {
    ...senderFacts(signature, { ...claim, event }, body.value, rawBody),
    signedAtMs: claim.timestampMs,
    payload,
    isWholeBody: payload === body.value,
    signed: true,
  };
}

/** The owner takes unsigned requests from this sender: the body stands for the delivery. */
function unsigned(
  body: unknown,
  rawBody: Buffer,
  signature: Parameters<typeof senderFacts>[0],
  event: string | null,
): Content {
  const payload = withoutVendorSecrets(signature, body);
  return {
    ...senderFacts(signature, { deliveryId: null, event, timestampMs: null }, body, rawBody),
    deliveryKey: bodyKey(rawBody),
    signedAtMs: null,
    payload,
    isWholeBody: payload === body,
    signed: false,
  };
}

function judgeEnvelope(request: WebhookRequest, options: JudgeOptions): Content | Refused {
  const { integration, secrets, now } = options;
  const type = refusalOfType(request.headers);
  if (type !== null) return type;
  const envelope = parseEnvelope(request.rawBody, now);
  if (isEnvelopeFault(envelope)) {
    if (envelope.field === "replay_protection.timestamp_unix_ms" && envelope.kind === "invalid_value") {
      return outsideWindow();
    }
    return refused("invalid_payload", describeEnvelopeFault(envelope));
  }
  const { signature, timestamp_unix_ms, nonce } = envelope.replay_protection;
  const shown = prefixedHex(signature ?? "", "v1=");
  if (signature === undefined && integration.signature_required) {
    return refused("signature_missing", "replay_protection.signature is missing.");
  }
  if (
    signature !== undefined &&
    !matchesAny(
      shown,
      secrets.map((secret) => expectedEnvelopeSignature(envelope, secret)),
    )
  ) {
    return refused("signature_invalid", "replay_protection.signature does not fit the document.");
  }
  return {
    event: envelope.event,
    source: envelope.source,
    deliveryKey: `id:${nonce}`,
    signedAtMs: timestamp_unix_ms,
    payload: envelope.payload,
    isWholeBody: false,
    signed: signature !== undefined,
  };
}

/** The allow lists of an integration; an empty one lets everything through. */
export function refusalOfContent(
  content: Pick<Content, "event" | "source">,
  integration: WebhookIntegration,
): Refused | null {
  const { allowed_events, allowed_sources } = integration;
  if (allowed_events.length > 0 && !allowed_events.includes(content.event ?? "")) {
    return refused("event_not_allowed", "The integration does not take this event.");
  }
  if (allowed_sources.length > 0 && !allowed_sources.includes(content.source ?? "")) {
    return refused("source_not_allowed", "The integration does not take this source.");
  }
  return null;
}

function jsonOf(request: WebhookRequest): { readonly value: unknown } | Refused {
  const type = refusalOfType(request.headers);
  if (type !== null) return type;
  try {
    return { value: JSON.parse(utf8.decode(request.rawBody)) };
  } catch (thrown) {
    // Both the decoder and the parser throw nothing else for bytes that are no JSON text.
    if (thrown instanceof SyntaxError || thrown instanceof TypeError) {
      return refused("invalid_payload", "The body is not valid JSON.");
    }
    throw thrown;
  }
}

function refusalOfType(headers: RequestHeaders): Refused | null {
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    return refused("content_type", "The body must be sent as it is, without compression.");
  }
  const type = headers["content-type"];
  const name = typeof type === "string" ? (type.split(";", 1)[0] ?? "").trim().toLowerCase() : "";
  if (name === "application/json" || /^application\/[a-z0-9.-]+\+json$/.test(name)) return null;
  return refused("content_type", "The body must be sent as application/json.");
}

function isOutsideWindow(timestampMs: number, now: number): boolean {
  return Math.abs(timestampMs - now) > webhookBounds.timestampWindowMs;
}

function outsideWindow(): Refused {
  return refused("outside_window", "The request was signed more than five minutes ago or ahead.");
}

function refused(refusal: WebhookRefusal, message: string): Refused {
  return { kind: "refused", refusal, message };
}
