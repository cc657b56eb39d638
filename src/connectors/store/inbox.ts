import type { InboundMessageEvent } from "../../contracts/connector.ts";
import { PalyraError } from "../../platform/errors.ts";
import type { InboxRow } from "../connector-store.ts";
import { count, countIgnored, durationSince } from "./counters.ts";
import type { Transaction } from "./durable-database.ts";
import { retention } from "./retention.ts";

/** Stores an event as the last of its conversation; false when it was seen within the dedupe window. */
export function acceptEvent(tx: Transaction, event: InboundMessageEvent, now: number): boolean {
  const { connector_id, conversation_id, provider_message_id } = event;
  const seen = tx.get(
    "SELECT seen_at FROM inbound_dedupe WHERE connector_id = ? AND provider_message_id = ?",
    [connector_id, provider_message_id],
  );
  if (seen !== undefined && now - Number(seen.seen_at) < retention.inboundDedupe.maxAgeMs) {
    count(tx, connector_id, { duplicates: 1 });
    return false;
  }
  tx.run(
    `INSERT INTO inbound_dedupe (connector_id, provider_message_id, seen_at) VALUES (?, ?, ?)
     ON CONFLICT (connector_id, provider_message_id) DO UPDATE SET seen_at = excluded.seen_at`,
    [connector_id, provider_message_id, now],
  );
  const first = headOf(tx, connector_id, conversation_id);
  // It waited for what may come after it, and now something did.
  if (first?.deferred === 1 && Number(first.due_at) > now) {
    tx.run("UPDATE inbox SET due_at = ? WHERE inbox_id = ?", [now, first.inbox_id ?? null]);
  }
  const isFirst = first === undefined;
  tx.run(
    `INSERT INTO inbox (envelope_id, connector_id, conversation_id, state, event_json, due_at, accepted_at)
     VALUES (?, ?, ?, 'received', ?, ?, ?)`,
    [event.envelope_id, connector_id, conversation_id, JSON.stringify(event), isFirst ? now : null, now],
  );
  count(tx, connector_id, { received: 1, inboxPending: 1 }, { lastInboundAt: now });
  return true;
}

export function claimEvents(tx: Transaction, connectorId: string, now: number, limit: number): InboxRow[] {
  const rows = tx.all(
    `SELECT inbox_id, event_json, attempts FROM inbox
     WHERE connector_id = ? AND due_at IS NOT NULL AND due_at <= ? ORDER BY due_at, inbox_id LIMIT ?`,
    [connectorId, now, limit],
  );
  return rows.map(({ inbox_id, event_json, attempts }) => {
    tx.run(
      "UPDATE inbox SET state = 'routing', due_at = NULL, deferred = 0, attempts = attempts + 1 WHERE inbox_id = ?",
      [inbox_id ?? null],
    );
    return { event: parseEvent(event_json), state: "routing", attempts: Number(attempts) + 1 };
  });
}

/** Ends an event for good and lets the next one of its conversation be claimed; false when it had ended already. */
export function finishEvent(
  tx: Transaction,
  envelopeId: string,
  state: "done" | "ignored" | "failed",
  reason: string | null,
  now: number,
): boolean {
  const row = requireEvent(tx, envelopeId);
  if (row.finished_at !== null) return false;
  tx.run("UPDATE inbox SET state = ?, reason = ?, due_at = NULL, finished_at = ? WHERE inbox_id = ?", [
    state,
    reason,
    now,
    row.inbox_id ?? null,
  ]);
  const connectorId = String(row.connector_id);
  const next = headOf(tx, connectorId, String(row.conversation_id));
  if (next !== undefined && next.state === "received" && next.due_at === null) {
    // What was accepted before the clock was set back must not wait for the clock.
    tx.run("UPDATE inbox SET due_at = MIN(accepted_at, ?) WHERE inbox_id = ?", [now, next.inbox_id ?? null]);
  }
  countFinished(tx, connectorId, state, reason, durationSince(row.accepted_at, now));
  return true;
}

function countFinished(
  tx: Transaction,
  connectorId: string,
  state: "done" | "ignored" | "failed",
  reason: string | null,
  ms: number,
): void {
  if (state === "done") {
    const added = { inboxPending: -1, routed: 1, answerMs: ms, answerCount: 1 };
    count(tx, connectorId, added, { answerMsMax: ms });
  } else if (state === "ignored") {
    count(tx, connectorId, { inboxPending: -1, ignored: 1 });
    countIgnored(tx, connectorId, reason ?? "unknown");
  } else {
    count(tx, connectorId, { inboxPending: -1, failed: 1 });
  }
}

/** Puts an event that is being routed back; it stays the first of its conversation. */
export function putBackEvent(
  tx: Transaction,
  envelopeId: string,
  reason: string,
  nextAttemptAt: number,
): void {
  const row = requireEvent(tx, envelopeId);
  if (row.state !== "routing") return;
  tx.run("UPDATE inbox SET state = 'received', reason = ?, due_at = ? WHERE inbox_id = ?", [
    reason,
    nextAttemptAt,
    row.inbox_id ?? null,
  ]);
  count(tx, String(row.connector_id), { inboundRetries: 1 });
}

/** Puts an event back that waits for more of its conversation; the attempt is not spent. */
export function deferEvent(tx: Transaction, envelopeId: string, until: number): void {
  const row = requireEvent(tx, envelopeId);
  if (row.state !== "routing") return;
  tx.run(
    `UPDATE inbox SET state = 'received', deferred = 1, due_at = ?, attempts = attempts - 1
     WHERE inbox_id = ?`,
    [until, row.inbox_id ?? null],
  );
}

/** Ends events of the same conversation together with the one that answers them all. */
export function mergeEvents(
  tx: Transaction,
  envelopeId: string,
  merged: readonly string[],
  now: number,
): void {
  const head = requireEvent(tx, envelopeId);
  for (const id of merged) {
    const row = requireEvent(tx, id);
    if (row.connector_id !== head.connector_id || row.conversation_id !== head.conversation_id) {
      throw new PalyraError("conflict", `Event ${id} is not of the conversation of ${envelopeId}.`);
    }
    if (finishEvent(tx, id, "done", `merged:${envelopeId}`, now))
      count(tx, String(row.connector_id), { merged: 1 });
  }
}

/** Events behind the given one that nobody works on, in order. */
export const waitingBehindSql = `SELECT other.event_json FROM inbox AS head
  JOIN inbox AS other ON other.connector_id = head.connector_id AND other.conversation_id = head.conversation_id
    AND other.inbox_id > head.inbox_id AND other.finished_at IS NULL AND other.state = 'received'
  WHERE head.envelope_id = ? ORDER BY other.inbox_id LIMIT ?`;

/** Makes events claimable again whose routing nobody will finish any more. Returns how many. */
export function recoverEvents(tx: Transaction, now: number): number {
  // Their times are of a clock that was set back since.
  tx.run("UPDATE inbox SET due_at = ? WHERE due_at > ? AND accepted_at > ? AND state = 'received'", [
    now,
    now,
    now,
  ]);
  return tx.run(
    "UPDATE inbox SET state = 'received', due_at = ? WHERE finished_at IS NULL AND state = 'routing'",
    [now],
  );
}

function headOf(tx: Transaction, connectorId: string, conversationId: string) {
  return tx.get(
    `SELECT inbox_id, state, due_at, deferred FROM inbox
     WHERE connector_id = ? AND conversation_id = ? AND finished_at IS NULL ORDER BY inbox_id LIMIT 1`,
    [connectorId, conversationId],
  );
}

function requireEvent(tx: Transaction, envelopeId: string) {
  const row = tx.get(
    "SELECT inbox_id, connector_id, conversation_id, state, accepted_at, finished_at FROM inbox WHERE envelope_id = ?",
    [envelopeId],
  );
  if (row === undefined) throw new PalyraError("not_found", `There is no inbound event ${envelopeId}.`);
  return row;
}

/** Stored events were checked when they were accepted; bounds that got tighter since must not block them. */
export function parseEvent(json: unknown): InboundMessageEvent {
  return JSON.parse(String(json)) as InboundMessageEvent;
}
