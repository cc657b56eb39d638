import type { AdapterRateLimits } from "../connectors/connector-adapter.ts";
import type { DeadLetter } from "../connectors/store/parts/dead-letter-store.ts";
import type { ConnectorMetrics, DurationFigures } from "../connectors/store/parts/metrics-store.ts";
import type { QueueSnapshot } from "../connectors/store/parts/queue-control.ts";
import type { ConnectorFigures, DeadLetterRecord, QueueStatus } from "../contracts/connector-operations.ts";
import type { ChannelStatusResponse } from "../contracts/http-channels.ts";

// What the store and the adapters know, in the form in which the routes answer.

export function queueOf(queue: QueueSnapshot): QueueStatus {
  return {
    inbox_pending: queue.inboxPending,
    pending_outbox: queue.pendingOutbox,
    due_outbox: queue.dueOutbox,
    claimed_outbox: queue.claimedOutbox,
    dead_letters: queue.deadLetters,
    paused: queue.paused,
    pause_reason: queue.pauseReason,
    pause_updated_at_unix_ms: queue.pauseUpdatedAt,
    next_attempt_unix_ms: queue.nextAttemptAt,
    oldest_pending_created_at_unix_ms: queue.oldestPendingCreatedAt,
    latest_dead_letter_unix_ms: queue.latestDeadLetterAt,
  };
}

export function rateLimitsOf(
  limits: AdapterRateLimits | null,
): ChannelStatusResponse["operations"]["rate_limits"] {
  const routes = limits?.routes ?? [];
  return {
    global_retry_after_ms: limits?.globalRetryAfterMs ?? null,
    active_route_limits: routes.filter((route) => route.retryAfterMs > 0).length,
    routes: routes.map(({ route, retryAfterMs }) => ({ route, retry_after_ms: retryAfterMs })),
  };
}

export function letterOf(letter: DeadLetter): DeadLetterRecord {
  return {
    dead_letter_id: letter.deadLetterId,
    connector_id: letter.connectorId,
    envelope_id: letter.request.envelope_id,
    conversation_id: letter.request.conversation_id,
    reason: letter.reason,
    attempts: letter.attempts,
    text: letter.request.text,
    created_at_unix_ms: letter.createdAt,
  };
}

export function figuresOf(metrics: ConnectorMetrics): ConnectorFigures {
  return {
    inbound_events_processed: metrics.received,
    inbound_dedupe_hits: metrics.duplicates,
    inbound_routed: metrics.routed,
    inbound_retries: metrics.inboundRetries,
    inbound_failed: metrics.failed,
    outbound_sends_ok: metrics.delivered,
    outbound_sends_retry: metrics.retries,
    outbound_sends_deferred: metrics.deferrals,
    outbound_sends_dead_letter: metrics.deadLettered,
    dead_letters_replayed: metrics.replayed,
    route_message_latency_ms: durationOf(metrics.answerTime),
    delivery_latency_ms: durationOf(metrics.deliveryTime),
    policy_denials: metrics.ignoredByReason.map(({ reason, count }) => ({ reason, count })),
  };
}

function durationOf({ sumMs, count, maxMs }: DurationFigures) {
  return { sample_count: count, avg_ms: count === 0 ? 0 : Math.floor(sumMs / count), max_ms: maxMs };
}
