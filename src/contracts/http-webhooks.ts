import * as z from "zod";
import { pageLimit } from "./query-number.ts";
import {
  SecretRef,
  WebhookDeliveryState,
  WebhookName,
  WebhookReadiness,
  WebhookSignature,
  WebhookTarget,
  webhookBounds,
  webhookDisplayName,
  webhookNameList,
} from "./webhook.ts";
import { WebhookWarning } from "./webhook-status.ts";

export const WebhookParams = z.object({ integration_id: WebhookName });

const Flag = z.enum(["true", "false"]).transform((text) => text === "true");

export const WebhooksQuery = z.strictObject({
  provider: WebhookName.optional(),
  enabled: Flag.optional(),
});
export type WebhooksQuery = z.infer<typeof WebhooksQuery>;

/** An integration as clients see it: never with a secret's value. */
export const Webhook = z.object({
  integration_id: z.string(),
  provider: z.string(),
  /** The scheme in force, also where the file names none. */
  signature: WebhookSignature,
  display_name: z.string(),
  secret_vault_ref: z.string(),
  previous_secret_vault_ref: z.string().nullable(),
  /** Empty: everything is taken. */
  allowed_events: z.array(z.string()),
  allowed_sources: z.array(z.string()),
  enabled: z.boolean(),
  signature_required: z.boolean(),
  max_payload_bytes: z.int(),
  /** Signed requests that are taken within a minute. */
  max_per_minute: z.int(),
  target: WebhookTarget.nullable(),
  created_at_unix_ms: z.int(),
  updated_at_unix_ms: z.int(),
  last_test_status: z.enum(["passed", "failed"]).nullable(),
  last_test_message: z.string().nullable(),
  last_test_at_unix_ms: z.int().nullable(),
  status: WebhookReadiness,
  secret_present: z.boolean(),
  /** Path for the sender, below the gateway's address. */
  path: z.string(),
  warnings: z.array(WebhookWarning),
});
export type Webhook = z.infer<typeof Webhook>;

/** An entry of `webhooks.toml` that is not in force, because something in it is wrong. */
export const QuarantinedWebhook = z.object({
  integration_id: z.string().nullable(),
  /** Line of the file, from 1; null when it could not be found. */
  line: z.int().positive().nullable(),
  field: z.string(),
  message: z.string(),
});
export type QuarantinedWebhook = z.infer<typeof QuarantinedWebhook>;

export const WebhooksResponse = z.object({
  integrations: z.array(Webhook),
  quarantined: z.array(QuarantinedWebhook),
  warnings: z.array(WebhookWarning),
});
export type WebhooksResponse = z.infer<typeof WebhooksResponse>;

export const WebhookResponse = z.object({ integration: Webhook });
export type WebhookResponse = z.infer<typeof WebhookResponse>;

export const PutWebhookResponse = WebhookResponse.extend({
  /** False when there was one with this id, which was changed. */
  created: z.boolean(),
});
export type PutWebhookResponse = z.infer<typeof PutWebhookResponse>;

const changeable = {
  provider: WebhookName.optional(),
  /** Null: that of the provider. */
  signature: WebhookSignature.nullable().optional(),
  /** Null: the id. */
  display_name: webhookDisplayName.nullable().optional(),
  secret_vault_ref: SecretRef.optional(),
  /** Null: the old secret is no longer accepted. */
  previous_secret_vault_ref: SecretRef.nullable().optional(),
  allowed_events: webhookNameList.optional(),
  allowed_sources: webhookNameList.optional(),
  enabled: z.boolean().optional(),
  signature_required: z.boolean().optional(),
  /** Has to be true with `signature_required: false`: anyone who reaches the port can trigger the integration. */
  accept_unsigned: z.boolean().optional(),
  max_payload_bytes: z.int().min(0).max(webhookBounds.maxPayloadBytes).optional(),
  max_per_minute: z.int().min(1).max(webhookBounds.maxPerMinute).optional(),
  /** Null: deliveries are kept and have no effect. */
  target: WebhookTarget.nullable().optional(),
};

/** `POST /webhooks`: makes an integration, or changes the given fields of the one with this id. */
export const PutWebhookRequest = z.strictObject({ integration_id: WebhookName, ...changeable });
export type PutWebhookRequest = z.infer<typeof PutWebhookRequest>;

/** `PATCH /webhooks/{integration_id}`: changes the given fields and leaves the others. */
export const ChangeWebhookRequest = z.strictObject(changeable);
export type ChangeWebhookRequest = z.infer<typeof ChangeWebhookRequest>;

/** `POST /webhooks/{integration_id}/enabled`. */
export const WebhookEnabledRequest = z.strictObject({ enabled: z.boolean() });

/** `POST /webhooks/{integration_id}/delete`. */
export const WebhookDeletedResponse = z.object({ integration_id: z.string(), deleted: z.literal(true) });
export type WebhookDeletedResponse = z.infer<typeof WebhookDeletedResponse>;

/** Up to the largest payload, in base64. What is none is refused with a code of its own, so not here. */
const PayloadBase64 = z
  .string()
  .max(Math.ceil(webhookBounds.maxPayloadBytes / 3) * 4, "is larger than the largest payload")
  .meta({ contentEncoding: "base64" });

/** Headers of a sender, names in any case. */
const SenderHeaders = z
  .record(z.string().regex(/^[A-Za-z0-9-]{1,128}$/), z.string().max(8_192))
  .refine((headers) => Object.keys(headers).length <= 64, "are more than 64");

/** `POST /webhooks/{integration_id}/test`: judges a request as if it had come in, without any effect. */
export const TestWebhookRequest = z.strictObject({
  payload_base64: PayloadBase64,
  /** As the sender would show them; `content-type: application/json` unless given. */
  headers: SenderHeaders.default({}),
});
export type TestWebhookRequest = z.infer<typeof TestWebhookRequest>;

export const WebhookTestOutcome = z.enum([
  "accepted",
  "disabled",
  "not_ready",
  "signature_missing",
  "outside_window",
  "signature_invalid",
  "invalid_payload",
  "safety_blocked",
  "safety_review_required",
  "replayed",
  "rejected",
]);
export type WebhookTestOutcome = z.infer<typeof WebhookTestOutcome>;

export const WebhookSafetyFinding = z.object({
  code: z.string(),
  category: z.enum(["prompt_injection", "secret_leak", "credential_reference"]),
  risk_kind: z.enum(["content_level", "instruction_level", "exfiltration"]),
  severity: z.enum(["info", "warning", "high", "critical"]),
});
export type WebhookSafetyFinding = z.infer<typeof WebhookSafetyFinding>;

export const WebhookTestResult = z.object({
  integration_id: z.string(),
  valid: z.boolean(),
  outcome: WebhookTestOutcome,
  /** Everything that is wrong, in one text. */
  message: z.string(),
  payload_bytes: z.int(),
  trust_label: z.literal("external_untrusted"),
  safety_action: z.enum(["allow", "annotate", "require_approval", "block"]),
  safety_findings: z.array(WebhookSafetyFinding),
  event: z.string().nullable(),
  source: z.string().nullable(),
  signature_present: z.boolean(),
  /** `not_checked`: there was none, or no secret to check it with. */
  signature_valid: z.union([z.boolean(), z.literal("not_checked")]),
  /** Whether this delivery was never received before; null where it could not be told. A test uses nothing up. */
  nonce_fresh: z.boolean().nullable(),
  secret_present: z.boolean(),
});
export type WebhookTestResult = z.infer<typeof WebhookTestResult>;

export const TestWebhookResponse = z.object({ integration: Webhook, result: WebhookTestResult });
export type TestWebhookResponse = z.infer<typeof TestWebhookResponse>;

/**
 * `POST /webhooks/{integration_id}/sign`: makes of a payload the request that the integration's sender would make
 * now. The secret stays inside of the gateway, but for `gitlab`, whose senders show the secret itself.
 */
export const SignWebhookRequest = z.strictObject({
  payload_base64: PayloadBase64,
  /** For schemes that name the event or the source beside the payload. */
  event: z.string().min(1).max(webhookBounds.name).optional(),
  source: z.string().min(1).max(webhookBounds.name).optional(),
});
export type SignWebhookRequest = z.infer<typeof SignWebhookRequest>;
export const SignWebhookResponse = z.object({
  integration_id: z.string(),
  signature: WebhookSignature,
  path: z.string(),
  headers: z.record(z.string(), z.string()),
  /** What is to be sent: the payload as it was, or the envelope around it. */
  body_base64: z.string(),
});
export type SignWebhookResponse = z.infer<typeof SignWebhookResponse>;

/** `POST /webhooks/{integration_id}/dispatch`: the owner triggers the integration; every check but the signature holds. */
export const DispatchWebhookRequest = z.strictObject({
  event: z.string().trim().min(1).max(webhookBounds.name),
  payload: z.record(z.string(), z.unknown()).default({}),
  source: z.string().trim().min(1).max(webhookBounds.name).optional(),
  /** The same key has its effect once. */
  dedupe_key: z.string().trim().min(1).max(256).optional(),
});
export type DispatchWebhookRequest = z.infer<typeof DispatchWebhookRequest>;

/** `202` of `POST /hooks/{integration_id}`, and of a dispatch: durable, its effect follows. */
export const HookAccepted = z.object({
  /** Id of the delivery. */
  id: z.string(),
  /** It was received before, under this id: nothing happens a second time. */
  duplicate: z.boolean(),
});
export type HookAccepted = z.infer<typeof HookAccepted>;

const DeliveryId = z.string().regex(/^[0-9A-HJKMNP-TV-Z]{26}$/, "must be the id of a delivery");
export const DeliveryParams = z.object({ delivery_id: DeliveryId });

/** `GET /webhook-deliveries`. */
export const DeliveriesQuery = z.strictObject({
  integration_id: WebhookName.optional(),
  state: WebhookDeliveryState.optional(),
  limit: pageLimit(500, 100),
  /** Only deliveries older than the one with this id. */
  before: DeliveryId.optional(),
});
export type DeliveriesQuery = z.infer<typeof DeliveriesQuery>;

/** A delivery as lists show it. */
export const WebhookDelivery = z.object({
  delivery_id: z.string(),
  integration_id: z.string(),
  provider: z.string(),
  event: z.string().nullable(),
  source: z.string().nullable(),
  state: WebhookDeliveryState,
  /** `hook`: from outside. `dispatch`: by the owner. */
  origin: z.enum(["hook", "dispatch"]),
  signed: z.boolean(),
  payload_bytes: z.int(),
  safety_action: z.enum(["allow", "annotate", "require_approval"]),
  safety_codes: z.array(z.string()),
  /** How often its effect was tried. */
  attempts: z.int().nonnegative(),
  /** When it is tried next; null when it is not. */
  due_at_unix_ms: z.int().nullable(),
  /** Why it failed, waits, or had no effect. */
  reason: z.string().nullable(),
  /** What became of its messages; null while it has none, and when they are not remembered any more. */
  messages: z
    .object({
      /** In the outbox. */
      waiting: z.int().nonnegative(),
      delivered: z.int().nonnegative(),
      /** Dead letters. */
      given_up: z.int().nonnegative(),
    })
    .nullable()
    // A gateway of an older version does not tell.
    .default(null),
  received_at_unix_ms: z.int(),
  updated_at_unix_ms: z.int(),
});
export type WebhookDelivery = z.infer<typeof WebhookDelivery>;

export const DeliveriesResponse = z.object({
  /** Newest first. */
  deliveries: z.array(WebhookDelivery),
  /** To be sent as `before` for the next page; null when this is the last one. */
  next_before: z.string().nullable(),
});
export type DeliveriesResponse = z.infer<typeof DeliveriesResponse>;

/** `GET /webhook-deliveries/{delivery_id}`. */
export const DeliveryResponse = z.object({
  delivery: WebhookDelivery.extend({ payload: z.unknown(), target: WebhookTarget.nullable() }),
});
export type DeliveryResponse = z.infer<typeof DeliveryResponse>;

/**
 * `POST /webhook-deliveries/{delivery_id}/replay`: tries a dead or held delivery again, once more from the beginning.
 * `POST /webhook-deliveries/{delivery_id}/discard`: lets it go.
 */
export const DeliveryActionResponse = z.object({ delivery: WebhookDelivery });
export type DeliveryActionResponse = z.infer<typeof DeliveryActionResponse>;
