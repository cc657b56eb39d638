import type { AcceptOutcome, NewDelivery } from "../../connectors/store/parts/webhook-delivery-store.ts";
import { deliveryRetention } from "../../connectors/store/retention.ts";
import type { ErrorCode } from "../../contracts/errors.ts";
import type { WebhookIntegration } from "../../contracts/webhook.ts";
import { newDeliveryId } from "./delivery-id.ts";
import type { HookBudget } from "./hook-budget.ts";
import type { HookCounters } from "./hook-counters.ts";
import type { HookAnswer, HookRefusal } from "./hook-door.ts";
import { type AcceptedRequest, judgeRequest, type WebhookRefusal } from "./judge-request.ts";
import type { RequestHeaders } from "./signature/scheme.ts";

/** Deliveries that may wait for their effect; beyond it the sender has to come again. */
const openLimit = 10_000;

export interface HookIngressOptions {
  readonly budget: HookBudget;
  readonly counters: HookCounters;
  readonly secrets: (integration: WebhookIntegration) => readonly string[];
  /** Makes a delivery durable. */
  readonly accept: (delivery: NewDelivery) => Promise<AcceptOutcome>;
  /** Deliveries that wait for their effect. */
  readonly open: () => number;
  /** A new delivery is durable. */
  readonly accepted: (delivery: NewDelivery) => void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

const unsigned = {
  code: "unauthorized",
  nextStep:
    "Sign the request with the secret of the integration, and send its body byte for byte as it was signed.",
} as const;

const answers: Readonly<Record<WebhookRefusal, { code: ErrorCode; status?: number; nextStep?: string }>> = {
  payload_too_large: { code: "payload_too_large" },
  signature_missing: unsigned,
  outside_window: {
    code: "unauthorized",
    nextStep: "Set the sender's clock right, and sign the request anew when it is sent.",
  },
  signature_invalid: unsigned,
  content_type: { code: "validation_error", status: 415 },
  invalid_payload: { code: "validation_error" },
  event_not_allowed: { code: "forbidden" },
  source_not_allowed: { code: "forbidden" },
  safety_blocked: { code: "content_refused" },
};

/** Takes a request whose integration is enabled and ready: judged first, then durable, then acknowledged. */
export class HookIngress {
  readonly #options: HookIngressOptions;
  readonly #now: () => number;

  constructor(options: HookIngressOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  async receive(
    integration: WebhookIntegration,
    headers: RequestHeaders,
    rawBody: Buffer,
  ): Promise<HookAnswer> {
    const { secrets, budget, counters } = this.#options;
    const now = this.#now();
    const judgement = judgeRequest({ headers, rawBody }, { integration, secrets: secrets(integration), now });
    if (judgement.kind === "challenge") return judgement;
    if (judgement.kind === "refused") {
      counters.refused(judgement.refusal);
      return { kind: "refused", ...answers[judgement.refusal], message: judgement.message };
    }
    const id = integration.integration_id;
    const waitMs = budget.take(id, integration.max_per_minute, now);
    if (waitMs !== null) {
      counters.refused("rate_limited");
      return later("rate_limited", "The integration takes no more requests for a moment.", waitMs);
    }
    if (this.#options.open() >= openLimit) {
      counters.refused("backlog");
      return later("service_unavailable", "Too many deliveries wait for their effect.", 30_000);
    }
    const outcome = await this.store(
      integration,
      judgement,
      deliveryPayload(judgement, rawBody),
      "hook",
      now,
    );
    if (outcome.kind === "stored") {
      counters.accepted();
      return { kind: "accepted", body: { id: outcome.deliveryId, duplicate: false } };
    }
    budget.giveBack(id);
    counters.repeated();
    if (outcome.retry) return { kind: "accepted", body: { id: outcome.deliveryId, duplicate: true } };
    return {
      kind: "refused",
      code: "already_received",
      message: `This request was received already, as delivery ${outcome.deliveryId}.`,
    };
  }

  /** Makes a request that was found good durable, unless its key was used before. */
  async store(
    integration: WebhookIntegration,
    request: AcceptedRequest,
    payload: string,
    origin: "hook" | "dispatch",
    now: number,
  ): Promise<
    | { readonly kind: "stored"; readonly deliveryId: string }
    | { readonly kind: "repeated"; readonly deliveryId: string; readonly retry: boolean }
  > {
    const delivery = newDelivery(integration, request, payload, origin, now);
    const outcome = await this.#options.accept(delivery);
    if (outcome.kind === "repeated") return outcome;
    this.#options.accepted(delivery);
    return { kind: "stored", deliveryId: delivery.deliveryId };
  }
}

function newDelivery(
  integration: WebhookIntegration,
  request: AcceptedRequest,
  payload: string,
  origin: "hook" | "dispatch",
  now: number,
): NewDelivery {
  const { safety, signedAtMs } = request;
  const codes = safety.findings.map(({ code }) => code);
  const { maxAgeMs, maxAgeUntimedMs } = deliveryRetention;
  const isHeld = safety.action === "require_approval";
  const hasTarget = integration.target !== undefined;
  return {
    deliveryId: newDeliveryId(now),
    integrationId: integration.integration_id,
    deliveryKey: request.deliveryKey,
    signedAt: signedAtMs,
    state: isHeld ? "held" : hasTarget ? "received" : "done",
    reason: isHeld ? `The owner has to look at it: ${codes.join(", ")}.` : hasTarget ? null : noDestination,
    facts: {
      provider: integration.provider,
      event: request.event,
      source: request.source,
      origin,
      signed: request.signed,
      payloadBytes: Buffer.byteLength(payload),
      // What is to be blocked does not come this far.
      safetyAction: safety.action === "block" ? "require_approval" : safety.action,
      safetyCodes: codes,
    },
    payload,
    keepUntil: now + (signedAtMs === null ? maxAgeUntimedMs : maxAgeMs),
  };
}

export const noDestination = "No destination is chosen for the integration.";

/** The text that is kept: the body as it came, where the payload is the whole of it. */
function deliveryPayload(request: AcceptedRequest, rawBody: Buffer): string {
  if (!request.isWholeBody) return JSON.stringify(request.payload);
  const text = rawBody.toString("utf8");
  // Some senders begin with a byte order mark, which belongs to no JSON text.
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}

function later(code: ErrorCode, message: string, waitMs: number): HookRefusal {
  return { kind: "refused", code, message, retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) };
}
