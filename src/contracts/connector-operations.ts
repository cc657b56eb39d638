import * as z from "zod";

export const ConnectorAvailability = z.enum(["supported", "internal_test_only", "deferred"]);
export type ConnectorAvailability = z.infer<typeof ConnectorAvailability>;

/** How much a connector is held up. The states are in the order in which they are looked for. */
export const SaturationState = z.enum([
  "paused",
  "auth_failed",
  "dead_lettered",
  "rate_limited",
  "circuit_open",
  "backpressure",
  "retrying",
  "healthy",
]);
export const Saturation = z.object({
  state: SaturationState,
  /** Machine words such as `queue_paused` or `dead_letters=2`; none when healthy. */
  reasons: z.array(z.string()),
});
export type Saturation = z.infer<typeof Saturation>;

const Instant = z.int().nonnegative();
const Count = z.int().nonnegative();

export const QueueStatus = z.object({
  inbox_pending: Count,
  pending_outbox: Count,
  due_outbox: Count,
  claimed_outbox: Count,
  dead_letters: Count,
  paused: z.boolean(),
  pause_reason: z.string().nullable(),
  pause_updated_at_unix_ms: Instant.nullable(),
  next_attempt_unix_ms: Instant.nullable(),
  oldest_pending_created_at_unix_ms: Instant.nullable(),
  latest_dead_letter_unix_ms: Instant.nullable(),
});
export type QueueStatus = z.infer<typeof QueueStatus>;

const Duration = z.object({ sample_count: Count, avg_ms: Count, max_ms: Count });

/** What a connector has done since it exists. */
/** What a connector did lately. */
export const RecentFigures = z.object({
  /** How far it reaches back, in whole minutes: an hour, or to the start of the gateway. */
  window_ms: Count,
  inbound_routed: Count,
  inbound_failed: Count,
  outbound_sends_ok: Count,
  outbound_sends_retry: Count,
  outbound_sends_dead_letter: Count,
});
export type RecentFigures = z.infer<typeof RecentFigures>;

export const ConnectorFigures = z.object({
  inbound_events_processed: Count,
  inbound_dedupe_hits: Count,
  inbound_routed: Count,
  inbound_retries: Count,
  inbound_failed: Count,
  outbound_sends_ok: Count,
  outbound_sends_retry: Count,
  outbound_sends_deferred: Count,
  outbound_sends_dead_letter: Count,
  dead_letters_replayed: Count,
  /** From accepting a message to its answer in the outbox. */
  route_message_latency_ms: Duration,
  /** From the outbox to the provider. */
  delivery_latency_ms: Duration,
  /** Most frequent first. */
  policy_denials: z.array(z.object({ reason: z.string(), count: Count })),
  /** Only in the status that a gateway pushes. */
  recent: RecentFigures.optional(),
});
export type ConnectorFigures = z.infer<typeof ConnectorFigures>;

export const CircuitStatus = z.object({
  state: z.enum(["closed", "open", "half_open"]),
  /** Failures in a row while closed. */
  failures: Count,
  /** When the next message is tried; null unless open. */
  retry_at_unix_ms: Instant.nullable(),
});
export type CircuitStatus = z.infer<typeof CircuitStatus>;

export const ConnectorEventRecord = z.object({
  event_id: z.int(),
  connector_id: z.string(),
  event_type: z.string(),
  level: z.enum(["info", "warn", "error"]),
  message: z.string(),
  details: z.record(z.string(), z.unknown()).nullable(),
  /** How often it happened in a row. */
  count: Count,
  created_at_unix_ms: Instant,
  last_at_unix_ms: Instant,
});
export type ConnectorEventRecord = z.infer<typeof ConnectorEventRecord>;

export const DeadLetterRecord = z.object({
  dead_letter_id: z.int(),
  connector_id: z.string(),
  envelope_id: z.string(),
  conversation_id: z.string(),
  reason: z.string(),
  attempts: Count,
  /** The message that was not delivered. */
  text: z.string(),
  created_at_unix_ms: Instant,
});
export type DeadLetterRecord = z.infer<typeof DeadLetterRecord>;

/** What a drain did with the rows it took. */
export const DrainOutcome = z.object({
  processed: Count,
  delivered: Count,
  retried: Count,
  dead_lettered: Count,
});
export type DrainOutcome = z.infer<typeof DrainOutcome>;

const Capability = z.object({
  supported: z.boolean(),
  /** Why not, in one sentence; null when it is supported. */
  reason: z.string().nullable(),
});

/** What a provider can do. */
export const ConnectorCapabilities = z.object({
  lifecycle: Capability,
  status: Capability,
  logs: Capability,
  health_refresh: Capability,
  resolve: Capability,
  pairings: Capability,
  qr: Capability,
  webhook_ingress: Capability,
  message: z.object({
    send: Capability,
    thread: Capability,
    reply: Capability,
    read: Capability,
    search: Capability,
    edit: Capability,
    delete: Capability,
    react_add: Capability,
    react_remove: Capability,
  }),
});
export type ConnectorCapabilities = z.infer<typeof ConnectorCapabilities>;
