import { createHash } from "node:crypto";
import { ulid } from "ulid";
import type { ConnectorStore } from "../connectors/connector-store.ts";
import type { ConnectorSupervisor } from "../connectors/connector-supervisor.ts";
import { availabilityOf } from "../connectors/provider-registry.ts";
import type {
  ChannelStatusResponse,
  TestMessageRequest,
  TestMessageResponse,
  TestSendRequest,
  TestSendResponse,
} from "../contracts/http-channels.ts";
import { PalyraError } from "../platform/errors.ts";
import { sendText } from "./send-text.ts";

/** Messages by which an operator tries a connector, in and out. */
export class TestMessages {
  readonly #store: ConnectorStore;
  readonly #connectors: ConnectorSupervisor;
  readonly #status: (connectorId: string) => Promise<ChannelStatusResponse>;

  /** @param status of a connector, as it is told after each message */
  constructor(
    store: ConnectorStore,
    connectors: ConnectorSupervisor,
    status: (connectorId: string) => Promise<ChannelStatusResponse>,
  ) {
    this.#store = store;
    this.#connectors = connectors;
    this.#status = status;
  }

  /** Puts a message in as if a person had written it; it goes the way of every other. */
  async receive(connectorId: string, request: TestMessageRequest): Promise<TestMessageResponse> {
    if (availabilityOf(connectorId) === "internal_test_only") {
      throw new PalyraError(
        "failed_precondition",
        `${connectorId} is a connector for internal tests only; a test message needs a real one.`,
      );
    }
    const instance = this.#connectors.enabled(connectorId);
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
      status: await this.#status(connectorId),
    };
  }

  /**
   * Sends a text into a channel, through the outbox like every answer, and tells what became of it.
   * @param key a request that is made again under its key sends nothing a second time, and is told what became of
   *   the first one
   * @throws `idempotency_key_reused` when another request was made under the key
   */
  async send(connectorId: string, request: TestSendRequest, key: string | null): Promise<TestSendResponse> {
    if (this.#connectors.spec(connectorId).kind !== "discord") {
      throw new PalyraError("failed_precondition", `${connectorId} cannot send test messages.`);
    }
    const target = request.target.replace(/^(?:channel|thread):/, "");
    const replyTo = request.reply_to_message_id ?? null;
    const keyed = key === null ? null : `test-${digestOf(connectorId, key)}-`;
    const envelopeId = keyed === null ? ulid() : `${keyed}${digestOf(target, request.text, replyTo)}`;
    const sent = await sendText(this.#store, this.#connectors.enabled(connectorId), {
      connectorId,
      conversationId: `discord:channel:${target}`,
      envelopeId,
      text: request.text,
      replyTo,
      ...(keyed === null ? {} : { keyed }),
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
      status: await this.#status(connectorId),
    };
  }
}

/** 32 hexadecimal digits that stand for the parts. */
function digestOf(...parts: readonly (string | null)[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}
