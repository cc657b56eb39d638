import * as z from "zod";
import { byteLength } from "./byte-length.ts";
import { RouterConfig } from "./router-config.ts";

const bounded = (max: number) =>
  z.string().refine((text) => byteLength(text) <= max, { message: `must be at most ${max} bytes` });

export const RouterRulesResponse = z.object({
  /** The router that runs. */
  config: RouterConfig,
  config_hash: z.string(),
});
export type RouterRulesResponse = z.infer<typeof RouterRulesResponse>;

export const RouterWarningsResponse = z.object({
  warnings: z.array(z.object({ code: z.string(), origin: z.string(), message: z.string() })),
  config_hash: z.string(),
});
export type RouterWarningsResponse = z.infer<typeof RouterWarningsResponse>;

export const RoutePreviewRequest = z.strictObject({
  /** Connector id such as `discord:default`. */
  channel: bounded(128),
  text: bounded(65_536),
  has_attachments: z.boolean().default(false),
  conversation_id: bounded(256).optional(),
  parent_conversation_id: bounded(256).optional(),
  guild_id: bounded(128).optional(),
  sender_identity: bounded(256).optional(),
  sender_roles: z.array(bounded(128)).max(256).optional(),
  sender_verified: z.boolean().default(false),
  is_direct_message: z.boolean().default(false),
  addresses_bot: z.boolean().default(false),
  requested_broadcast: z.boolean().default(false),
});
export type RoutePreviewRequest = z.infer<typeof RoutePreviewRequest>;

export const RoutePreviewResponse = z.object({
  preview: z.object({
    accepted: z.boolean(),
    /** `routed`, or why not. */
    reason: z.string(),
    sentence: z.string(),
    route_key: z.string().nullable(),
    session_key: z.string().nullable(),
    sender_identity: z.string().nullable(),
    config_hash: z.string(),
    /** Places of the configuration that apply. */
    origins: z.array(z.string()),
    steps: z.array(
      z.object({
        check: z.string(),
        outcome: z.enum(["pass", "stop", "wait"]),
        because: z.string(),
        subject: z.string().nullable(),
      }),
    ),
  }),
});
export type RoutePreviewResponse = z.infer<typeof RoutePreviewResponse>;

const Instant = z.int();
export const PairingCodeRecord = z.object({
  code: z.string(),
  issued_by: z.string(),
  expires_at_unix_ms: Instant,
});
export const PairingsQuery = z.strictObject({ channel: bounded(128).optional() });
export const PairingsResponse = z.object({
  pairings: z.array(
    z.object({
      channel: z.string(),
      active_codes: z.array(PairingCodeRecord),
      pending: z.array(z.object({ sender: z.string(), expires_at_unix_ms: Instant })),
      paired: z.array(z.object({ sender: z.string(), expires_at_unix_ms: Instant })),
    }),
  ),
  config_hash: z.string(),
});
export type PairingsResponse = z.infer<typeof PairingsResponse>;

export const PairingCodeRequest = z.strictObject({
  channel: bounded(128),
  issued_by: bounded(128).optional(),
  ttl_ms: z.int().positive().optional(),
});
export const PairingCodeResponse = z.object({ code: PairingCodeRecord, config_hash: z.string() });

export const PairingDecisionRequest = z.strictObject({
  channel: bounded(128),
  sender: bounded(256),
  decision: z.enum(["approve", "deny", "revoke"]),
  /** How long the pairing lasts. */
  ttl_ms: z.int().positive().optional(),
});
export const PairingDecisionResponse = z.object({ outcome: z.string() });
