import { ulid } from "ulid";
import type { AdapterRateLimits } from "../connectors/connector-adapter.ts";
import type { ConnectorStore } from "../connectors/connector-store.ts";
import type { ConnectorSupervisor } from "../connectors/connector-supervisor.ts";
import { availabilityOf, providerOf, providers } from "../connectors/provider-registry.ts";
import type { DeadLetter } from "../connectors/store/parts/dead-letter-store.ts";
import type { QueueSnapshot } from "../connectors/store/parts/queue-control.ts";
import { saturationOf } from "../connectors/supervisor/saturation.ts";
import type { DrainOutcome } from "../contracts/connector-operations.ts";
import type {
  ChannelActionResponse,
  ChannelStatusResponse,
  ChannelsResponse,
  Connector,
  HealthRefreshResponse,
  LogsResponse,
} from "../contracts/http-channels.ts";
import type { ConnectorStatus } from "../contracts/sidecar-status.ts";
import { messageOf, PalyraError } from "../platform/errors.ts";
import type { AttachmentDesk } from "./attachments.ts";
import { figuresOf, letterOf, queueOf, rateLimitsOf } from "./channel-records.ts";
import { enqueueText } from "./send-text.ts";
import { TestMessages } from "./test-messages.ts";

/** Rows a forced drain takes at most. */
const drainLimit = 128;

/** What an operator sees of the connectors and does to them, whichever surface the wish comes from. */
export class ChannelDesk {
  readonly #store: ConnectorStore;
  readonly #connectors: ConnectorSupervisor;
  readonly #files: Pick<AttachmentDesk, "status">;
  readonly #changed: () => void;
  readonly tests: TestMessages;

  /** @param changed called after rows of a queue were changed here */
  constructor(
    store: ConnectorStore,
    connectors: ConnectorSupervisor,
    files: Pick<AttachmentDesk, "status">,
    changed: () => void,
  ) {
    this.#store = store;
    this.#connectors = connectors;
    this.#files = files;
    this.#changed = changed;
    this.tests = new TestMessages(store, connectors, (connectorId) => this.status(connectorId));
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
    page: {
      readonly limit: number;
      readonly before?: number | undefined;
      readonly dead_letters_before?: number | undefined;
    },
  ): Promise<LogsResponse> {
    requireVisible(connectorId);
    this.#connectors.spec(connectorId);
    const pageBefore = (id: number | undefined) => ({
      limit: page.limit,
      ...(id === undefined ? {} : { before: id }),
    });
    const events = await this.#store.events.list({ connectorId, ...pageBefore(page.before) });
    const letters = await this.#store.deadLetters.list(connectorId, pageBefore(page.dead_letters_before));
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
    const instance = this.#connectors.enabled(connectorId);
    const drain = await instance.drain(drainLimit);
    this.#connectors.note(connectorId, {
      type: "queue.drained",
      level: "info",
      message: "The queue was sent on request.",
      details: { ...drain },
    });
    return this.#after(connectorId, {
      type: "queue_drain",
      message: drainSentence(drain),
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
      message:
        letters.length === 1
          ? "The message is in the queue again."
          : `${letters.length} messages are in the queue again.`,
      dead_letters: letters.map(letterOf),
    });
  }

  async discard(connectorId: string, deadLetterId: number): Promise<ChannelActionResponse> {
    this.#connectors.spec(connectorId);
    const letter = await this.#store.deadLetters.discard(connectorId, deadLetterId, Date.now());
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

  /**
   * Says something to a person that answers none of their messages. A connector that is switched off or gone says
   * nothing: what it would have told of holds all the same.
   */
  async tell(connectorId: string, conversationId: string, text: string): Promise<void> {
    const isKnown = this.#connectors.ids().includes(connectorId);
    const instance = isKnown ? this.#connectors.running(connectorId) : null;
    if (instance === null) return;
    const asked = { connectorId, conversationId, envelopeId: ulid(), text, replyTo: null };
    await enqueueText(this.#store, instance, asked);
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
    if (adapter === undefined) {
      const state = this.#connectors.spec(connectorId).enabled ? "being started" : "disabled";
      return { ...nothing, message: `The connector is ${state}.` };
    }
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
    this.#changed();
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

function drainSentence({ processed, delivered }: DrainOutcome): string {
  if (processed === 0) return "Nothing was due to be sent.";
  if (processed === 1) return `The message was ${delivered === 1 ? "" : "not "}delivered.`;
  return `${delivered} of ${processed} messages were delivered.`;
}

function requireVisible(connectorId: string): void {
  if (availabilityOf(connectorId) !== "deferred") return;
  throw new PalyraError("validation_error", `The provider of ${connectorId} is not available yet.`, {
    nextStep: "Use a provider that is supported, such as discord.",
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
