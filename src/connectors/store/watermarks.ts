import type { InboundMessageEvent } from "../../contracts/connector.ts";
import type { Transaction } from "./durable-database.ts";

/** Remembers the newest event of a conversation; one that was sent earlier (a back-filled one) changes nothing. */
export function raiseWatermark(tx: Transaction, event: InboundMessageEvent, now: number): void {
  const { connector_id, conversation_id, provider_message_id, sent_at_unix_ms } = event;
  const current = tx.get(
    "SELECT provider_message_id, sent_at FROM watermarks WHERE connector_id = ? AND conversation_id = ?",
    [connector_id, conversation_id],
  );
  if (current !== undefined) {
    const sentAt = Number(current.sent_at);
    if (sent_at_unix_ms < sentAt) return;
    if (sent_at_unix_ms === sentAt && !isLater(provider_message_id, String(current.provider_message_id)))
      return;
  }
  tx.run(
    `INSERT INTO watermarks (connector_id, conversation_id, provider_message_id, sent_at, updated_at)
     VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (connector_id, conversation_id) DO UPDATE SET
       provider_message_id = excluded.provider_message_id, sent_at = excluded.sent_at, updated_at = excluded.updated_at`,
    [connector_id, conversation_id, provider_message_id, sent_at_unix_ms, now],
  );
}

/** Numeric ids such as Discord's grow with time; ids of one length compare as text, longer ones are later. */
function isLater(id: string, other: string): boolean {
  return id.length === other.length ? id > other : id.length > other.length;
}
