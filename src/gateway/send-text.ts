import type { ConnectorInstance } from "../connectors/connector-instance.ts";
import type { ConnectorStore, OutboundPart } from "../connectors/connector-store.ts";
import { outboundNonce } from "../connectors/nonce.ts";
import { PalyraError } from "../platform/errors.ts";

/** How long somebody who asks what became of a text is kept waiting, in milliseconds. */
const waitMs = 5_000;

/** What sending a text needs of a connector. */
type TextConnector = Pick<ConnectorInstance, "wake" | "watchSends" | "state"> & {
  readonly adapter: Pick<ConnectorInstance["adapter"], "split">;
};

export interface TextToSend {
  readonly connectorId: string;
  readonly conversationId: string;
  /** The text with one id is sent once, however often it is asked for. */
  readonly envelopeId: string;
  readonly text: string;
  readonly replyTo: string | null;
  /** What the ids of all texts under one key begin with: only one of them is sent. */
  readonly keyed?: string;
}

/** What became of a text, in parts of the provider's size. */
export interface TextDelivery {
  /** New parts in the outbox: none when the text was asked for before. */
  readonly enqueued: number;
  readonly delivered: number;
  /** Given up; for good unless somebody sends them again. */
  readonly deadLettered: number;
  /** Still in the outbox: sent as soon as that is possible. */
  readonly waiting: number;
  /** The provider's id of the first part. */
  readonly nativeMessageId: string | null;
  /** Why the first part that was not delivered was not. */
  readonly reason: string | null;
}

/**
 * Puts a text that answers nothing into the outbox, all its parts or none of them.
 * @returns the number of parts that are new there
 * @throws `idempotency_key_reused` when another text was sent under the key
 */
export async function enqueueText(
  store: Pick<ConnectorStore, "enqueueAll" | "enqueueOnlyOf">,
  instance: TextConnector,
  asked: TextToSend,
): Promise<number> {
  const { connectorId, envelopeId } = asked;
  const requests = instance.adapter.split(asked.text).map((text, sequence) => ({
    connector_id: connectorId,
    conversation_id: asked.conversationId,
    envelope_id: envelopeId,
    sequence,
    text,
    in_reply_to_message_id: sequence === 0 ? asked.replyTo : null,
    nonce: outboundNonce(connectorId, envelopeId, sequence),
  }));
  const now = Date.now();
  const added =
    asked.keyed === undefined
      ? await store.enqueueAll(requests, now)
      : await store.enqueueOnlyOf(asked.keyed, requests, now);
  if (added === null) {
    throw new PalyraError(
      "idempotency_key_reused",
      "Another message was sent under this Idempotency-Key; nothing was sent now.",
    );
  }
  instance.wake();
  return added;
}

/**
 * Sends a text through the outbox and waits until all its parts are delivered, or one of them is not, or for five
 * seconds. Does not wait while the queue is paused or the connector cannot send: the text is kept until it can be.
 * A text that was asked for before is not sent again; what has become of it is told.
 * @throws `idempotency_key_reused` when another text was sent under the key
 */
export async function sendText(
  store: ConnectorStore,
  instance: TextConnector,
  asked: TextToSend,
): Promise<TextDelivery> {
  const { connectorId, envelopeId } = asked;
  let changed: () => void = () => undefined;
  const unwatch = instance.watchSends(envelopeId, () => changed());
  try {
    const enqueued = await enqueueText(store, instance, asked);
    const { paused } = await store.queues.snapshot(connectorId, Date.now());
    const deadline = Date.now() + waitMs;
    for (;;) {
      const next = new Promise<void>((resolve) => {
        changed = resolve;
      });
      const delivery = deliveryOf(await store.outboundOf(connectorId, envelopeId), enqueued);
      const left = deadline - Date.now();
      const isOver = delivery.waiting === 0 || delivery.reason !== null || left <= 0;
      if (isOver || paused || !instance.state().canSend) return delivery;
      await withTimeout(next, left);
    }
  } finally {
    unwatch();
  }
}

async function withTimeout(change: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([change, late]);
  clearTimeout(timer);
}

function deliveryOf(parts: readonly OutboundPart[], enqueued: number): TextDelivery {
  const count = (state: OutboundPart["state"]): number => parts.filter((part) => part.state === state).length;
  return {
    enqueued,
    delivered: count("delivered"),
    deadLettered: count("dead"),
    waiting: count("waiting"),
    nativeMessageId: parts[0]?.nativeMessageId ?? null,
    reason: parts.find(({ reason }) => reason !== null)?.reason ?? null,
  };
}
