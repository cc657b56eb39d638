import * as z from "zod";
import { byteLength } from "./byte-length.ts";

/** Version of `webhooks.toml` written by this code. */
export const webhooksFileVersion = 1;

export const webhookBounds = {
  integrations: 1_024,
  id: 64,
  displayName: 128,
  listEntries: 64,
  listEntry: 128,
  defaultPayloadBytes: 65_536,
  maxPayloadBytes: 1_048_576,
  /** Accepted difference between the sender's clock and ours, in milliseconds, both ways. */
  timestampWindowMs: 300_000,
  /** Longest event and source name, in bytes. */
  name: 128,
  /** Requests of one sender that are taken within a minute, unless its entry says otherwise. */
  defaultPerMinute: 600,
  maxPerMinute: 600_000,
  secretRef: 400,
} as const;

/** How a sender proves itself: presets of vendors, our own headers, or a signature inside of the envelope. */
export const webhookSignatures = [
  "standard",
  "github",
  "gitlab",
  "slack",
  "stripe",
  "generic",
  "envelope",
] as const;
export const WebhookSignature = z.enum(webhookSignatures);
export type WebhookSignature = z.infer<typeof WebhookSignature>;

/** Trimmed, then lower-cased: letters, digits, `.`, `_`, `-`. In an address, `.` and `..` would be no names. */
export const WebhookName = z
  .string()
  .trim()
  .max(webhookBounds.id)
  .toLowerCase()
  .regex(/^(?!\.{1,2}$)[a-z0-9._-]+$/, "use letters, digits, . _ -");

/** Names of events or sources: trimmed, without repetitions. */
export const webhookNameList = z
  .array(z.string().trim().min(1).refine(fits(webhookBounds.listEntry), "is longer than 128 bytes"))
  .max(webhookBounds.listEntries)
  .transform((entries) => [...new Set(entries)]);

export const webhookDisplayName = z
  .string()
  .trim()
  .min(1)
  .refine(fits(webhookBounds.displayName), "is longer than 128 bytes");

/** Whether an integration can take requests, and why not. */
export const WebhookReadiness = z.enum([
  "ready",
  "disabled",
  "invalid_secret_ref",
  "secret_not_found",
  "secret_unavailable",
  /** It is there, but no key for the signature can be made of it. */
  "secret_unusable",
]);
export type WebhookReadiness = z.infer<typeof WebhookReadiness>;

/**
 * `received`: its effect follows. `failed`: it is tried again. `held`: waits for the owner. `done`: had its effect
 * (its messages are in the outbox), or was to have none. `dead`: given up, itself or its messages. `discarded`: let go.
 */
export const WebhookDeliveryState = z.enum(["received", "failed", "held", "done", "dead", "discarded"]);
export type WebhookDeliveryState = z.infer<typeof WebhookDeliveryState>;

/** Where the effect of a delivery goes. */
export const WebhookTarget = z.strictObject({
  /** `message`: the text is posted as it is. `agent`: the agent reads it, quoted as untrusted, and its answer is posted. */
  mode: z.enum(["message", "agent"]),
  connector_id: z.string().trim().min(1).max(128),
  /** Canonical: a bare number would be taken, and no delivery could ever reach it. */
  conversation_id: z
    .string()
    .trim()
    .max(256)
    .regex(
      /^[a-z][a-z0-9_-]*:\S+$/,
      "write it as KIND:channel:ID, for example discord:channel:123456789012345678",
    ),
});
export type WebhookTarget = z.infer<typeof WebhookTarget>;

/** Reference of a secret: `SCOPE/KEY`. */
export const SecretRef = z
  .string()
  .trim()
  .max(webhookBounds.secretRef)
  .regex(/^[^/\\\0]{1,256}\/[a-z0-9._-]{1,128}$/, "write it as SCOPE/KEY, for example global/github_repo_a");

const WrittenRef = z.string().trim().min(1).max(webhookBounds.secretRef);

/** `[[webhooks]]` in `webhooks.toml`. */
export const WebhookIntegration = z.object({
  integration_id: WebhookName,
  provider: WebhookName,
  /** Unless given, that of the provider, and `generic` for an unknown one. */
  signature: WebhookSignature.optional(),
  display_name: webhookDisplayName.optional(),
  /** Taken as it is written, so that a wrong one is shown with the integration: see `SecretRef`. */
  secret_vault_ref: WrittenRef,
  /** While a secret is replaced: the one that goes out of use, accepted as well. */
  previous_secret_vault_ref: WrittenRef.optional(),
  allowed_events: webhookNameList.default([]),
  allowed_sources: webhookNameList.default([]),
  enabled: z.boolean().default(true),
  /** False only with `accept_unsigned = true` beside it. */
  signature_required: z.boolean().default(true),
  /** The owner's word that anyone who can reach the port may trigger this integration. */
  accept_unsigned: z.boolean().default(false),
  max_payload_bytes: z
    .int()
    .min(0)
    .max(webhookBounds.maxPayloadBytes)
    .default(webhookBounds.defaultPayloadBytes)
    .transform((bytes) => (bytes === 0 ? webhookBounds.defaultPayloadBytes : bytes)),
  max_per_minute: z.int().min(1).max(webhookBounds.maxPerMinute).default(webhookBounds.defaultPerMinute),
  target: WebhookTarget.optional(),
  created_at_unix_ms: z.int().nonnegative().default(0),
  updated_at_unix_ms: z.int().nonnegative().default(0),
  last_test_status: z.enum(["passed", "failed"]).optional(),
  last_test_message: z.string().max(2_048).optional(),
  last_test_at_unix_ms: z.int().nonnegative().optional(),
});
export type WebhookIntegration = z.infer<typeof WebhookIntegration>;

/** The scheme by which an integration's sender proves itself. */
export function signatureOf(
  integration: Pick<WebhookIntegration, "signature" | "provider">,
): WebhookSignature {
  const { signature, provider } = integration;
  if (signature !== undefined) return signature;
  if (provider === "svix" || provider === "standard-webhooks") return "standard";
  return webhookSignatures.find((name) => name === provider) ?? "generic";
}

function fits(bytes: number): (text: string) => boolean {
  return (text) => byteLength(text) <= bytes;
}

/** Path of an integration's ingress. */
export function hookPath(integrationId: string): string {
  return `/hooks/${integrationId}`;
}

/** A channel of Discord may be given as Discord shows its id; where deliveries go has the canonical form. */
export function targetConversation(connectorId: string, given: string): string {
  return connectorId.startsWith("discord:") && /^\d+$/.test(given) ? `discord:channel:${given}` : given;
}
