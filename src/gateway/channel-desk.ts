import { createHash } from "node:crypto";
import { ulid } from "ulid";
import type { AdapterRateLimits } from "../connectors/connector-adapter.ts";
import type { ConnectorInstance } from "../connectors/connector-instance.ts";
import type { ConnectorStore } from "../connectors/connector-store.ts";
import type { ConnectorSupervisor } from "../connectors/connector-supervisor.ts";
import { providerOf, providers } from "../connectors/provider-registry.ts";
import type { DeadLetter } from "../connectors/store/parts/dead-letter-store.ts";
import type { ConnectorMetrics, DurationFigures } from "../connectors/store/parts/metrics-store.ts";
import type { QueueSnapshot } from "../connectors/store/parts/queue-control.ts";
import { saturationOf } from "../connectors/supervisor/saturation.ts";
import type { ConnectorFigures, DeadLetterRecord, QueueStatus } from "../contracts/connector-operations.ts";
import type {
  ChannelActionResponse,
  ChannelStatusResponse,
  ChannelsResponse,
  Connector,
  HealthRefreshResponse,
  LogsResponse,
  TestMessageRequest,
  TestMessageResponse,
  TestSendRequest,
  TestSendResponse,
} from "../contracts/http-channels.ts";
import type { ConnectorStatus } from "../contracts/sidecar-status.ts";
import { messageOf, PalyraError } from "../platform/errors.ts";
import type { AttachmentDesk } from "./attachments.ts";
import { enqueueText, sendText } from "./send-text.ts";

/** Rows a forced drain takes at most. */
const drainLimit = 128;

/** What an operator sees of the connectors and does to them, whichever surface the wish comes from. */
export class ChannelDesk {
  readonly #store: ConnectorStore;
  readonly #connectors: ConnectorSupervisor;
  readonly #files: Pick<AttachmentDesk, "status">;

  constructor(store: ConnectorStore, connectors: ConnectorSupervisor, files: Pick<AttachmentDesk, "status">) {
    this.#store = store;
    this.#connectors = connectors;
    this.#files = files;
  }

  async list(): Promise<ChannelsResponse> {
    const ids = this.#connectors.ids().filter((id) => availabilityOf(id) !== "deferred");
    return {
      connectors: await Promise.all(ids.map((id) => this.connector(id))),
      providers: providers.map((provider) => ({ ...provider })),
    };
  }

  /** @throws `not_found`; `validation_error` for a provider that is only planned */
  async connector(connectorId: string): Promise<Connector> {
    requireVisible(connectorId);
    const status = this.#connectors.status(connectorId, await this.#store.queueDepth(connectorId));
    const { availability, capabilities } = providerOf(status.kind);
    return { ...status, availability, capabilities, principal: `channel:${connectorId}` };
  }

  async status(connectorId: string): Promise<ChannelStatusResponse> {
    const known = await this.connector(connectorId);
    const instance = this.#connectors.running(connectorId);
    const queue = await this.#store.queues.snapshot(connectorId, Date.now());
    const rateLimits = instance?.adapter.rateLimits?.() ?? null;
    const circuit = instance?.circuit() ?? { state: "closed" as const, failures: 0, retry_at_unix_ms: null };
    const saturation = saturationOf({
      enabled: known.enabled,
      readiness: known.readiness,
      queue,
      rateLimits,
      circuit: circuit.state,
    });
    const hasAuthFault = known.readiness === "auth_failed" || known.readiness === "missing_credential";
    return {
      connector: { ...known, saturation, circuit },
      runtime: { metrics: figuresOf(await this.#store.metrics.of(connectorId)), circuit },
      media: await this.#files.status(connectorId, this.#store.events),
      operations: {
        queue: queueOf(queue),
        saturation,
        last_auth_failure: hasAuthFault ? (known.last_error?.message ?? known.readiness) : null,
        rate_limits: rateLimitsOf(rateLimits),
      },
    };
  }

  async logs(
    connectorId: string,
    page: { readonly limit: number; readonly before?: number | undefined },
  ): Promise<LogsResponse> {
    requireVisible(connectorId);
    this.#connectors.spec(connectorId);
    const { limit } = page;
    const before = page.before === undefined ? {} : { before: page.before };
    const events = await this.#store.events.list({ connectorId, limit, ...before });
    const letters = await this.#store.deadLetters.list(connectorId, { limit, ...before });
    return {
      events: events.map((event) => ({
        event_id: event.eventId,
        connector_id: event.connectorId,
        event_type: event.type,
        level: event.level,
        message: event.message,
        details: event.details === null ? null : { ...event.details },
        count: event.count,
        created_at_unix_ms: event.createdAt,
        last_at_unix_ms: event.lastAt,
      })),
      dead_letters: letters.map(letterOf),
    };
  }

  /** @param by the surface that asked, for the reason people see */
  async pause(connectorId: string, by: string): Promise<ChannelActionResponse> {
    this.#connectors.spec(connectorId);
    await this.#store.queues.pause(connectorId, `paused by an operator through the ${by}`, Date.now());
    this.#connectors.note(connectorId, {
      type: "queue.paused",
      level: "info",
      message: `Paused through the ${by}.`,
    });
    return this.#after(connectorId, {
      type: "queue_pause",
      message: "Nothing is sent until the queue is resumed. Messages still come in and are answered into it.",
    });
  }

  async resume(connectorId: string, by: string): Promise<ChannelActionResponse> {
    this.#connectors.spec(connectorId);
    await this.#store.queues.resume(connectorId, Date.now());
    this.#connectors.running(connectorId)?.wake();
    this.#connectors.note(connectorId, {
      type: "queue.resumed",
      level: "info",
      message: `Resumed through the ${by}.`,
    });
    return this.#after(connectorId, { type: "queue_resume", message: "The queue is sent again." });
  }

  /** Sends what is due now, paused or not. */
  async drain(connectorId: string): Promise<ChannelActionResponse> {
    const instance = this.#enabled(connectorId);
    const drain = await instance.drain(drainLimit);
    this.#connectors.note(connectorId, {
      type: "queue.drained",
      level: "info",
      message: "The queue was sent on request.",
      details: { ...drain },
    });
    return this.#after(connectorId, {
      type: "queue_drain",
      message: `${drain.delivered} of ${drain.processed} messages were delivered.`,
      drain,
    });
  }

  async replay(connectorId: string, deadLetterId: number): Promise<ChannelActionResponse> {
    this.#connectors.spec(connectorId);
    const letters = await this.#store.deadLetters.replay(connectorId, deadLetterId, Date.now());
    this.#connectors.running(connectorId)?.wake();
    this.#noteLetters(connectorId, "dead_letter.replayed", "Messages are sent again.", letters);
    return this.#after(connectorId, {
      type: "dead_letter_replay",
      message: `${letters.length} messages are in the queue again.`,
      dead_letters: letters.map(letterOf),
    });
  }

  async discard(connectorId: string, deadLetterId: number): Promise<ChannelActionResponse> {
    this.#connectors.spec(connectorId);
    const letter = await this.#store.deadLetters.discard(connectorId, deadLetterId);
    this.#noteLetters(connectorId, "dead_letter.discarded", "A message was let go.", [letter]);
    return this.#after(connectorId, {
      type: "dead_letter_discard",
      message: "The message was let go.",
      dead_letters: [letterOf(letter)],
    });
  }

  async restart(connectorId: string): Promise<ChannelActionResponse> {
    await this.#connectors.restart(connectorId);
    return this.#after(connectorId, { type: "restart", message: "The connector was restarted." });
  }

  async refreshHealth(connectorId: string, conversationId: string | null): Promise<HealthRefreshResponse> {
    const health = await this.#askHealth(connectorId, conversationId);
    this.#connectors.note(connectorId, {
      type: "health.refreshed",
      level: health.refreshed ? "info" : "warn",
      message: health.message ?? "The connector's health was looked at.",
    });
    return { ...(await this.status(connectorId)), health_refresh: health };
  }

  /** Injects a message as if a person had written it; it goes the way of every other. */
  async testMessage(connectorId: string, request: TestMessageRequest): Promise<TestMessageResponse> {
    if (availabilityOf(connectorId) === "internal_test_only") {
      throw new PalyraError(
        "failed_precondition",
        `${connectorId} is a connector for internal tests only; a test message needs a real one.`,
      );
    }
    const instance = this.#enabled(connectorId);
    const envelopeId = ulid();
    const now = Date.now();
    await instance.inject({
      envelope_id: envelopeId,
      connector_id: connectorId,
      provider_message_id: `test-${envelopeId}`,
      conversation_id: request.conversation_id,
      parent_conversation_id: null,
      guild_id: null,
      sender_id: request.sender_id,
      sender_display: request.sender_display ?? null,
      sender_roles: [],
      body: request.text,
      is_direct_message: request.is_direct_message,
      mentions_bot: !request.is_direct_message,
      requested_broadcast: request.requested_broadcast,
      attachments: [],
      sent_at_unix_ms: now,
      received_at_unix_ms: now,
    });
    return {
      ingest: { envelope_id: envelopeId, accepted: true },
      status: await this.status(connectorId),
    };
  }

  /**
   * Sends a text into a channel, through the outbox like every answer, and tells what became of it.
   * @param key a request that is made again under its key sends nothing a second time
   */
  async testSend(
    connectorId: string,
    request: TestSendRequest,
    key: string | null,
  ): Promise<TestSendResponse> {
    if (this.#connectors.spec(connectorId).kind !== "discord") {
      throw new PalyraError("failed_precondition", `${connectorId} cannot send test messages.`);
    }
    const target = request.target.replace(/^(?:channel|thread):/, "");
    const replyTo = request.reply_to_message_id ?? null;
    const envelopeId = key === null ? ulid() : envelopeOfKey(key, connectorId, request);
    const sent = await sendText(this.#store, this.#enabled(connectorId), {
      connectorId,
      conversationId: `discord:channel:${target}`,
      envelopeId,
      text: request.text,
      replyTo,
    });
    return {
      dispatch: {
        envelope_id: envelopeId,
        connector_id: connectorId,
        target,
        enqueued: sent.enqueued,
        delivered: sent.delivered,
        waiting: sent.waiting,
        dead_lettered: sent.deadLettered,
        native_message_id: sent.nativeMessageId,
        in_reply_to_message_id: replyTo,
        reason: sent.reason,
      },
      status: await this.status(connectorId),
    };
  }

  /** Says something to a person that answers none of their messages. */
  async tell(connectorId: string, conversationId: string, text: string): Promise<void> {
    const asked = { connectorId, conversationId, envelopeId: ulid(), text, replyTo: null };
    await enqueueText(this.#store, this.#enabled(connectorId), asked);
  }

  #enabled(connectorId: string): ConnectorInstance {
    const instance = this.#connectors.running(connectorId);
    if (instance !== null) return instance;
    throw new PalyraError("conflict", `${connectorId} is disabled.`, { nextStep: "Enable it first." });
  }

  async #askHealth(
    connectorId: string,
    conversationId: string | null,
  ): Promise<HealthRefreshResponse["health_refresh"]> {
    const nothing = {
      supported: true,
      refreshed: false,
      identity: null,
      account_id: null,
      required_permissions: [],
      missing_permissions: null,
      warnings: [],
    };
    const adapter = this.#connectors.running(connectorId)?.adapter;
    if (adapter === undefined) return { ...nothing, message: "The connector is disabled." };
    if (adapter.refreshHealth === undefined) {
      return { ...nothing, supported: false, message: "The connector's provider has no such check." };
    }
    try {
      const health = await adapter.refreshHealth({ conversationId });
      return {
        supported: true,
        refreshed: true,
        message: null,
        identity: health.identity,
        account_id: health.accountId,
        required_permissions: [...health.requiredPermissions],
        missing_permissions: health.missingPermissions === null ? null : [...health.missingPermissions],
        warnings: [...health.warnings],
      };
    } catch (thrown) {
      // That it cannot be told is the answer.
      return { ...nothing, message: messageOf(thrown) };
    }
  }

  async #after(connectorId: string, action: ChannelActionResponse["action"]): Promise<ChannelActionResponse> {
    return { ...(await this.status(connectorId)), action };
  }

  #noteLetters(
    connectorId: string,
    type: "dead_letter.replayed" | "dead_letter.discarded",
    message: string,
    letters: readonly DeadLetter[],
  ): void {
    const details = { dead_letter_ids: letters.map((letter) => letter.deadLetterId) };
    this.#connectors.note(connectorId, { type, level: "info", message, details });
  }
}

/** Another text or place under a key that was used before is another request. */
function envelopeOfKey(key: string, connectorId: string, request: TestSendRequest): string {
  const asked = JSON.stringify([key, connectorId, request.target, request.text, request.reply_to_message_id]);
  return `test-${createHash("sha256").update(asked).digest("hex")}`;
}

function availabilityOf(connectorId: string): Connector["availability"] {
  return providerOf(connectorId.split(":", 1)[0] ?? "").availability;
}

function requireVisible(connectorId: string): void {
  if (availabilityOf(connectorId) !== "deferred") return;
  throw new PalyraError("validation_error", `The provider of ${connectorId} is not available yet.`, {
    nextStep: "Use a provider that GET /admin/v1/channels lists as supported.",
  });
}

/** How much a connector is held up, for the list that is pushed to the editor. */
export function withSaturation(
  status: ConnectorStatus,
  queue: QueueSnapshot,
  rateLimits: AdapterRateLimits | null,
): ConnectorStatus {
  const { enabled, readiness } = status;
  const circuit = status.circuit?.state ?? "closed";
  return { ...status, saturation: saturationOf({ enabled, readiness, queue, rateLimits, circuit }) };
}

function queueOf(queue: QueueSnapshot): QueueStatus {
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

function rateLimitsOf(limits: AdapterRateLimits | null): ChannelStatusResponse["operations"]["rate_limits"] {
  const routes = limits?.routes ?? [];
  return {
    global_retry_after_ms: limits?.globalRetryAfterMs ?? null,
    active_route_limits: routes.filter((route) => route.retryAfterMs > 0).length,
    routes: routes.map(({ route, retryAfterMs }) => ({ route, retry_after_ms: retryAfterMs })),
  };
}

function letterOf(letter: DeadLetter): DeadLetterRecord {
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

function figuresOf(metrics: ConnectorMetrics): ConnectorFigures {
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
