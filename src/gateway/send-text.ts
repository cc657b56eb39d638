import type { ConnectorInstance } from "../connectors/connector-instance.ts";
import type { ConnectorStore } from "../connectors/connector-store.ts";
import { outboundNonce } from "../connectors/nonce.ts";
import type { Settlement } from "../connectors/outbound-settlement.ts";

/** How long somebody who asks what became of a text is kept waiting, in milliseconds. */
const waitMs = 5_000;

export interface TextToSend {
  readonly connectorId: string;
  readonly conversationId: string;
  /** The text with one id is sent once, however often it is asked for. */
  readonly envelopeId: string;
  readonly text: string;
  readonly replyTo: string | null;
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

/** Puts a text that answers nothing into the outbox. @returns the number of parts that are new there */
export async function enqueueText(
  store: ConnectorStore,
  instance: ConnectorInstance,
  asked: TextToSend,
): Promise<number> {
  const { connectorId, envelopeId } = asked;
  let added = 0;
  for (const [sequence, text] of instance.adapter.split(asked.text).entries()) {
    const isNew = await store.enqueueOutbound(
      {
        connector_id: connectorId,
        conversation_id: asked.conversationId,
        envelope_id: envelopeId,
        sequence,
        text,
        in_reply_to_message_id: sequence === 0 ? asked.replyTo : null,
        nonce: outboundNonce(connectorId, envelopeId, sequence),
      },
      Date.now(),
    );
    if (isNew) added += 1;
  }
  instance.wake();
  return added;
}

/**
 * Sends a text through the outbox and waits until all its parts are delivered, or one of them is not, or for five
 * seconds. Does not wait while the queue is paused or the connector cannot send: the text is kept until it can be.
 */
export async function sendText(
  store: ConnectorStore,
  instance: ConnectorInstance,
  asked: TextToSend,
): Promise<TextDelivery> {
  let settlements: Settlement[] = [];
  let changed: () => void = () => undefined;
  const unwatch = instance.watchSends(asked.envelopeId, (settlement) => {
    settlements = [...settlements, settlement];
    changed();
  });
  try {
    const enqueued = await enqueueText(store, instance, asked);
    const { paused } = await store.queues.snapshot(asked.connectorId, Date.now());
    if (enqueued > 0 && !paused && instance.state().canSend) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        changed = () => {
          if (settlements.length < enqueued && settlements.every(({ kind }) => kind === "delivered")) return;
          clearTimeout(timer);
          resolve();
        };
        changed();
      });
    }
    return deliveryOf(settlements, enqueued);
  } finally {
    unwatch();
  }
}

function deliveryOf(settlements: readonly Settlement[], enqueued: number): TextDelivery {
  const sent = settlements.filter((one) => one.kind === "delivered");
  const failed = settlements.find((one) => one.kind !== "delivered");
  // The parts behind one that is given up are given up with it.
  const deadLettered = failed?.kind === "dead" ? enqueued - sent.length : 0;
  return {
    enqueued,
    delivered: sent.length,
    deadLettered,
    waiting: enqueued - sent.length - deadLettered,
    nativeMessageId: sent[0]?.nativeMessageId ?? null,
    reason: failed?.reason ?? null,
  };
}
