import type { InboundMessageEvent, OutboundMessageRequest, RoutedOutput } from "../contracts/connector.ts";
import { unlessAborted } from "../platform/unless-aborted.ts";
import type { AgentTurn } from "./agent-turn.ts";
import type { ConnectorAdapter } from "./connector-adapter.ts";
import type { ConnectorStore } from "./connector-store.ts";
import { outboundNonce } from "./nonce.ts";
import type { RoutePlan } from "./router/decide-route.ts";
import { beginsWithFence } from "./split-message.ts";

/** Longest turn of the agent, in milliseconds. */
const turnTimeoutMs = 120_000;
/** A turn that takes longer than this shows that an answer is being written, in milliseconds. */
const typingDelayMs = 700;

/** A code fence stays at the beginning of its line: elsewhere it is none. */
export function withPrefix(prefix: string, text: string): string {
  return beginsWithFence(text) ? `${prefix.trimEnd()}\n${text}` : `${prefix}${text}`;
}

export interface AnsweringOptions {
  readonly connectorId: string;
  readonly store: Pick<ConnectorStore, "enqueueAll">;
  readonly adapter: Pick<ConnectorAdapter, "split" | "showTyping" | "typingIntervalMs" | "react">;
  readonly turn: AgentTurn;
  /** Replies were put into the outbox. */
  readonly onReplies: () => void;
}

/** From a routed event to the messages that answer it. */
export class Answering {
  readonly #options: AnsweringOptions;

  constructor(options: AnsweringOptions) {
    this.#options = options;
  }

  /** Shows that the message was accepted, where the rule wants it. */
  async acknowledge(event: InboundMessageEvent, plan: RoutePlan): Promise<void> {
    const { adapter, connectorId, store, onReplies } = this.#options;
    if (plan.autoReaction !== null) {
      void adapter.react?.(event.conversation_id, event.provider_message_id, plan.autoReaction);
    }
    if (plan.autoAckText === null) return;
    // A group of its own with a fixed key: after a crash it is not sent twice.
    const envelopeId = `${event.envelope_id}:ack`;
    const parts = this.requests(event, [{ text: plan.autoAckText, in_reply_to_message_id: null }]);
    const requests = parts.map((request) => {
      const nonce = outboundNonce(connectorId, envelopeId, request.sequence);
      return { ...request, envelope_id: envelopeId, nonce };
    });
    await store.enqueueAll(requests, Date.now());
    onReplies();
  }

  /**
   * Has the agent answer. Rejects when that takes too long, fails, or is stopped.
   * @param stop ends the turn
   */
  async answer(
    event: InboundMessageEvent,
    plan: RoutePlan,
    stop: AbortSignal,
  ): Promise<OutboundMessageRequest[]> {
    const { turn } = this.#options;
    const stopTyping = this.#typeWhileWorking(event.conversation_id);
    try {
      const signal = AbortSignal.any([stop, AbortSignal.timeout(turnTimeoutMs)]);
      const outputs = await unlessAborted(turn(event, signal, plan), signal);
      const [first, ...others] = outputs;
      const { replyMentions, responsePrefix } = plan;
      const prefixed =
        first === undefined || responsePrefix === null
          ? outputs
          : [{ ...first, text: withPrefix(responsePrefix, first.text) }, ...others];
      const requests = this.requests(event, prefixed);
      if (replyMentions.length === 0) return requests;
      return requests.map((request) => ({ ...request, mentions: [...replyMentions] }));
    } finally {
      stopTyping();
    }
  }

  /** Messages of the provider's size, in order; only the first of each output replies to something. */
  requests(event: InboundMessageEvent, outputs: readonly RoutedOutput[]): OutboundMessageRequest[] {
    const { adapter, connectorId } = this.#options;
    const parts = outputs.flatMap((output) =>
      adapter.split(output.text).map((text, index) => ({
        text,
        in_reply_to_message_id: index === 0 ? output.in_reply_to_message_id : null,
        ...(index === 0 && output.attachments?.length ? { attachments: output.attachments } : {}),
      })),
    );
    return parts.map((part, sequence) => ({
      connector_id: connectorId,
      conversation_id: event.conversation_id,
      envelope_id: event.envelope_id,
      sequence,
      nonce: outboundNonce(connectorId, event.envelope_id, sequence),
      ...part,
    }));
  }

  #typeWhileWorking(conversationId: string): () => void {
    const { adapter } = this.#options;
    let timer: NodeJS.Timeout | null = null;
    const show = (): void => {
      void adapter.showTyping(conversationId);
      timer = setTimeout(show, adapter.typingIntervalMs);
    };
    timer = setTimeout(show, typingDelayMs);
    return () => {
      if (timer !== null) clearTimeout(timer);
    };
  }
}
