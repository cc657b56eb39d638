import type { InboundMessageEvent } from "../../contracts/connector.ts";
import type { RecentMessage } from "../../contracts/sidecar-status.ts";
import { parseRequest } from "./outbox.ts";
import type { Row } from "./sql-value.ts";

/** Longest text of a recent message, in characters. */
const textLimit = 280;

export const recentInboundSql =
  "SELECT state, event_json, reason, accepted_at FROM inbox ORDER BY inbox_id DESC LIMIT ?";
export const recentOutboundSql =
  "SELECT state, request_json, reason, created_at FROM outbox ORDER BY outbox_id DESC LIMIT ?";

/** Newest first; at one instant an answer counts as newer than its question. */
export function recentMessages(
  inbound: readonly Row[],
  outbound: readonly Row[],
  limit: number,
): RecentMessage[] {
  return [...outbound.map(outboundMessage), ...inbound.map(inboundMessage)]
    .sort((a, b) => b.unix_ms - a.unix_ms)
    .slice(0, limit);
}

function inboundMessage(row: Row): RecentMessage {
  const event = JSON.parse(String(row.event_json)) as InboundMessageEvent;
  return {
    trace_id: event.envelope_id,
    connector_id: event.connector_id,
    conversation: event.conversation_id,
    direction: "inbound",
    author: event.sender_display ?? event.sender_id,
    text: shortened(event.body),
    state: String(row.state) as RecentMessage["state"],
    reason: textOrNull(row.reason),
    unix_ms: Number(row.accepted_at),
  };
}

function outboundMessage(row: Row): RecentMessage {
  const request = parseRequest(row.request_json);
  return {
    trace_id: request.envelope_id,
    connector_id: request.connector_id,
    conversation: request.conversation_id,
    direction: "outbound",
    author: "Palyra",
    text: shortened(request.text),
    state: row.state === "sending" ? "pending" : (String(row.state) as RecentMessage["state"]),
    reason: textOrNull(row.reason),
    unix_ms: Number(row.created_at),
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function shortened(text: string): string {
  if (text.length <= textLimit) return text;
  const characters = [...text];
  return characters.length <= textLimit ? text : `${characters.slice(0, textLimit - 1).join("")}…`;
}
