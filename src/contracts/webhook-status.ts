import * as z from "zod";
import { WebhookDeliveryState, WebhookReadiness } from "./webhook.ts";

/** Something that probably is not meant, and what to do about it. */
export const WebhookWarning = z.object({
  code: z.enum([
    "unsigned_accepted",
    "no_destination",
    "destination_unknown",
    "secret_not_ready",
    "previous_secret_not_ready",
    "entry_quarantined",
    "unknown_setting",
    "file_broken",
    "listens_beyond_loopback",
    "listener_failed",
  ]),
  /** The integration; null where it concerns the file or the listener. */
  integration_id: z.string().nullable(),
  message: z.string(),
  next_step: z.string(),
});
export type WebhookWarning = z.infer<typeof WebhookWarning>;

const Count = z.int().nonnegative();

/** Most warnings that a status shows. */
export const webhookWarningLimit = 20;

/** The webhooks as the gateway reports them. The failures are of enabled integrations only. */
export const WebhooksStatus = z.object({
  total: Count,
  enabled: Count,
  ...(Object.fromEntries(WebhookReadiness.options.map((state) => [state, Count])) as Record<
    WebhookReadiness,
    typeof Count
  >),
  /** Entries of the file that are not in force. */
  quarantined: Count,
  /** Sorted, each once. */
  providers: z.array(z.string()),
  /** By state; null while the store is not open. */
  deliveries: z.record(WebhookDeliveryState, Count).nullable(),
  /** Since the gateway started. */
  requests: z.object({
    accepted: Count,
    repeated: Count,
    refused: Count,
    /** Why: how many. */
    refusals: z.record(z.string(), Count),
  }),
  warnings: z.array(WebhookWarning).max(webhookWarningLimit),
});
export type WebhooksStatus = z.infer<typeof WebhooksStatus>;
