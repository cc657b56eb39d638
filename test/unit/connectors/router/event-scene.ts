import type { InboundMessageEvent } from "../../../../src/contracts/connector.ts";

const start = 1_000_000;

/** The n-th message of a conversation; messages come 100 ms after each other. */
export function eventNumber(n: number, change: Partial<InboundMessageEvent> = {}): InboundMessageEvent {
  return {
    envelope_id: `01J${String(n).padStart(23, "0")}`,
    connector_id: "discord:default",
    provider_message_id: String(n),
    conversation_id: "discord:channel:7",
    parent_conversation_id: null,
    guild_id: null,
    sender_id: "discord:user:42",
    sender_display: "Ada",
    sender_roles: [],
    body: `part ${n}`,
    is_direct_message: true,
    mentions_bot: false,
    attachments: [],
    sent_at_unix_ms: start + n * 100,
    received_at_unix_ms: start + n * 100,
    ...change,
  };
}

export function image(id: string): InboundMessageEvent["attachments"][number] {
  return {
    kind: "image",
    attachment_id: id,
    url: null,
    filename: null,
    content_type: "image/png",
    size_bytes: 1,
  };
}

/** Instant at which the n-th message is received (Unix ms). */
export function receivedAt(n: number): number {
  return start + n * 100;
}
