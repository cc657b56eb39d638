import type { InboundMessageEvent, OutboundMessageRequest } from "../../../../src/contracts/connector.ts";

/** An inbound event whose ids are made of a number; `n` also is the instant at which it was sent. */
export function sampleEvent(n: number, more: Partial<InboundMessageEvent> = {}): InboundMessageEvent {
  return {
    envelope_id: envelopeId(n),
    connector_id: "discord:default",
    provider_message_id: String(1_000_000 + n),
    conversation_id: "discord:channel:1",
    parent_conversation_id: null,
    guild_id: "77",
    sender_id: "discord:user:5",
    sender_display: "Ada",
    sender_roles: [],
    body: `message ${n}`,
    is_direct_message: false,
    mentions_bot: true,
    attachments: [],
    sent_at_unix_ms: n,
    received_at_unix_ms: n,
    ...more,
  };
}

export function envelopeId(n: number): string {
  return `01J${String(n).padStart(23, "0")}`;
}

/** One chunk of the answer to an event. */
export function sampleReply(
  event: Pick<InboundMessageEvent, "connector_id" | "conversation_id" | "envelope_id">,
  sequence = 0,
): OutboundMessageRequest {
  return {
    connector_id: event.connector_id,
    conversation_id: event.conversation_id,
    envelope_id: event.envelope_id,
    sequence,
    text: `answer ${event.envelope_id} part ${sequence}`,
    in_reply_to_message_id: null,
    nonce: `n${Number(event.envelope_id.slice(3))}.${sequence}`,
  };
}
