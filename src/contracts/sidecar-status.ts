import * as z from "zod";
import { PendingApprovals } from "./approvals.ts";
import { CircuitStatus, ConnectorFigures, Saturation } from "./connector-operations.ts";
import { ErrorDetails } from "./errors.ts";
import { WebhooksStatus } from "./webhook-status.ts";

/** What a sidecar says of itself. `unknown` is never `ok`: it is used while there is no evidence yet. */
export const SidecarHealth = z.enum(["ok", "degraded", "unhealthy"]);
export type SidecarHealth = z.infer<typeof SidecarHealth>;

export const ConnectorReadiness = z.enum([
  "ready",
  "missing_credential",
  "auth_failed",
  "misconfigured",
  "unknown",
]);
export type ConnectorReadiness = z.infer<typeof ConnectorReadiness>;

export const ConnectorLiveness = z.enum(["stopped", "starting", "running", "restarting", "failed"]);
export type ConnectorLiveness = z.infer<typeof ConnectorLiveness>;

/** Queue numbers of one connector, in rows. */
export const QueueDepth = z.object({
  inbox_pending: z.int().nonnegative(),
  outbox_pending: z.int().nonnegative(),
  dead_letters: z.int().nonnegative(),
});
export type QueueDepth = z.infer<typeof QueueDepth>;

/** One connector as the gateway reports it. */
export const ConnectorStatus = z.object({
  connector_id: z.string(),
  kind: z.string(),
  enabled: z.boolean(),
  readiness: ConnectorReadiness,
  liveness: ConnectorLiveness,
  /** Name under which the bot is known to people, e.g. `palyra`. */
  identity: z.string().nullable(),
  queue: QueueDepth,
  /** Gateway sessions since the process started: resumed ones do not count as new. */
  sessions_started: z.int().nonnegative(),
  sessions_resumed: z.int().nonnegative(),
  last_error: ErrorDetails.nullable(),
  last_inbound_unix_ms: z.int().nullable(),
  last_outbound_unix_ms: z.int().nullable(),
  /** Lost connections, ever. */
  restart_count: z.int().nonnegative().optional(),
  circuit: CircuitStatus.optional(),
  saturation: Saturation.optional(),
  /** What it has done since it exists; absent while that is not known. */
  figures: ConnectorFigures.optional(),
});
export type ConnectorStatus = z.infer<typeof ConnectorStatus>;

/** One message for the panel's list. Texts are shortened to 280 characters. */
export const RecentMessage = z.object({
  trace_id: z.string(),
  connector_id: z.string(),
  conversation: z.string(),
  direction: z.enum(["inbound", "outbound"]),
  author: z.string(),
  text: z.string(),
  state: z.enum(["received", "routing", "done", "ignored", "failed", "pending", "delivered", "dead"]),
  /** Why nothing was answered, or why delivery failed; null when there is nothing to explain. */
  reason: z.string().nullable(),
  unix_ms: z.int(),
});
export type RecentMessage = z.infer<typeof RecentMessage>;

export const recentMessageLimit = 50;

/** A message that was given up, for the lists. */
export const UndeliveredMessage = z.object({
  dead_letter_id: z.int(),
  connector_id: z.string(),
  conversation: z.string(),
  /** Why it was given up. */
  reason: z.string(),
  /** Shortened to `undeliveredTextLimit` characters. */
  text: z.string(),
  attempts: z.int().nonnegative(),
  unix_ms: z.int(),
});
export type UndeliveredMessage = z.infer<typeof UndeliveredMessage>;

export const undeliveredLimit = 20;
export const undeliveredTextLimit = 140;

export const GatewayStatus = z.object({
  service: z.literal("gateway"),
  health: SidecarHealth,
  /** One sentence each; empty exactly when health is `ok`. */
  reasons: z.array(ErrorDetails),
  connectors: z.array(ConnectorStatus),
  /** Newest first, at most `recentMessageLimit`. */
  recent_messages: z.array(RecentMessage),
  /** Null while the store is not open: not known. */
  totals: z
    .object({
      received: z.int().nonnegative(),
      answered: z.int().nonnegative(),
      dead_letters: z.int().nonnegative(),
    })
    .nullable(),
  /** The newest messages that were given up and still wait for a decision, newest first; absent while not known. */
  undelivered: z.array(UndeliveredMessage).max(undeliveredLimit).optional(),
  config_hash: z.string().nullable(),
  /** Id of the newest entry in the log of events; absent while that is not known. */
  newest_event_id: z.int().nonnegative().optional(),
  /** Risky actions that wait for the owner; absent while that is not known. */
  approvals: PendingApprovals.optional(),
  /** Absent while there is no webhooks.toml. */
  webhooks: WebhooksStatus.optional(),
});
export type GatewayStatus = z.infer<typeof GatewayStatus>;

export const BrowserdStatus = z.object({
  service: z.literal("browserd"),
  health: SidecarHealth,
  reasons: z.array(ErrorDetails),
  browser: z.object({
    path: z.string().nullable(),
    source: z.string().nullable(),
    /** Places looked at when nothing was found. */
    searched: z.array(z.string()),
    state: z.enum(["missing", "idle", "running", "failed"]),
  }),
  sessions: z.int().nonnegative(),
});
export type BrowserdStatus = z.infer<typeof BrowserdStatus>;

export const SidecarStatus = z.discriminatedUnion("service", [GatewayStatus, BrowserdStatus]);
export type SidecarStatus = z.infer<typeof SidecarStatus>;
