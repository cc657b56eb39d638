import type { OutboundMessageRequest } from "../../contracts/connector.ts";
import type { OutboundPart, OutboxRetry, OutboxRow } from "../connector-store.ts";
import { count, durationSince } from "./counters.ts";
import { deliveryGivenUp } from "./delivery-messages.ts";
import type { Transaction } from "./durable-database.ts";
import type { Row } from "./sql-value.ts";

/**
 * Adds a message as the last of its conversation; false when its key exists already.
 * @param attemptedAt when an earlier life of the message began its first attempt (ms); null when there was none
 */
export function addRequest(
  tx: Transaction,
  request: OutboundMessageRequest,
  answersInbound: boolean,
  now: number,
  attemptedAt: number | null = null,
): boolean {
  const { connector_id, conversation_id, envelope_id, sequence } = request;
  // Due is only the first of a conversation: the others follow one by one.
  const added = tx.run(
    `INSERT INTO outbox (connector_id, conversation_id, envelope_id, sequence, answers_inbound, state,
       request_json, first_attempt_at, outcome_unknown, due_at, created_at)
     VALUES (?, ?, ?, ?, ?, 'pending', ?, ?, ?,
       CASE WHEN EXISTS (SELECT 1 FROM outbox WHERE connector_id = ? AND conversation_id = ?
         AND finished_at IS NULL) THEN NULL ELSE ? END, ?)
     ON CONFLICT (connector_id, envelope_id, sequence) DO NOTHING`,
    [
      connector_id,
      conversation_id,
      envelope_id,
      sequence,
      answersInbound ? 1 : 0,
      JSON.stringify(request),
      attemptedAt,
      attemptedAt === null ? 0 : 1,
      connector_id,
      conversation_id,
      now,
      now,
    ],
  );
  if (added > 0) count(tx, connector_id, { outboxPending: 1 });
  return added > 0;
}

/** Whether there is a message of another envelope whose id begins with `family`. */
export function hasOtherOf(tx: Transaction, family: string, request: OutboundMessageRequest): boolean {
  const other = tx.get(
    `SELECT 1 FROM outbox WHERE connector_id = ? AND envelope_id >= ? AND envelope_id < ? || char(1114111)
       AND envelope_id <> ? LIMIT 1`,
    [request.connector_id, family, family, request.envelope_id],
  );
  return other !== undefined;
}

/** @param nextClaim makes a claim that no other claim has */
export function claimRequests(
  tx: Transaction,
  connectorId: string,
  now: number,
  leaseMs: number,
  limit: number,
  nextClaim: () => string,
): OutboxRow[] {
  const rows = tx.all(
    `SELECT outbox_id, request_json, attempts, first_attempt_at, outcome_unknown, state, created_at FROM outbox
     WHERE connector_id = ? AND due_at IS NOT NULL AND due_at <= ? ORDER BY due_at, outbox_id LIMIT ?`,
    [connectorId, now, limit],
  );
  return rows.map((row) => {
    const claim = nextClaim();
    // A row still marked as being sent has a lease that ran out: nobody told what became of that attempt.
    const outcomeUnknown = row.outcome_unknown === 1 || row.state === "sending";
    tx.run(
      `UPDATE outbox SET state = 'sending', claim = ?, due_at = ?, outcome_unknown = ?,
         first_attempt_at = COALESCE(first_attempt_at, ?) WHERE outbox_id = ?`,
      [claim, now + leaseMs, outcomeUnknown ? 1 : 0, now, row.outbox_id ?? null],
    );
    return {
      outboxId: Number(row.outbox_id),
      request: parseRequest(row.request_json),
      attempts: Number(row.attempts),
      firstAttemptAt: row.first_attempt_at === null ? null : Number(row.first_attempt_at),
      outcomeUnknown,
      claim,
      createdAt: Number(row.created_at),
    };
  });
}

export function renewRequest(tx: Transaction, outboxId: number, claim: string, leaseUntil: number): boolean {
  if (claimed(tx, outboxId, claim) === undefined) return false;
  tx.run("UPDATE outbox SET due_at = ? WHERE outbox_id = ?", [leaseUntil, outboxId]);
  return true;
}

export function deliverRequest(
  tx: Transaction,
  outboxId: number,
  claim: string,
  nativeMessageId: string,
  now: number,
): boolean {
  const row = claimed(tx, outboxId, claim);
  if (row === undefined) return false;
  tx.run(
    `UPDATE outbox SET state = 'delivered', native_message_id = ?, reason = NULL, claim = NULL, due_at = NULL,
       finished_at = ? WHERE outbox_id = ?`,
    [nativeMessageId, now, outboxId],
  );
  promoteNext(tx, row, now);
  const answered = row.answers_inbound === 1 && !hasUndelivered(tx, row) ? 1 : 0;
  const ms = durationSince(row.created_at, now);
  const added = { outboxPending: -1, delivered: 1, answered, deliveryMs: ms, deliveryCount: 1 };
  count(tx, String(row.connector_id), added, { deliveryMsMax: ms, lastOutboundAt: now });
  return true;
}

export function retryRequest(tx: Transaction, outboxId: number, claim: string, retry: OutboxRetry): boolean {
  const row = claimed(tx, outboxId, claim);
  if (row === undefined) return false;
  count(tx, String(row.connector_id), retry.counted ? { retries: 1 } : { deferrals: 1 });
  tx.run(
    `UPDATE outbox SET state = 'pending', claim = NULL, attempts = attempts + ?, reason = ?, due_at = ?
     WHERE outbox_id = ?`,
    [retry.counted ? 1 : 0, retry.reason, retry.nextAttemptAt, outboxId],
  );
  return true;
}

/** Gives up a row and the later chunks of its envelope: half an answer must not go on after a gap. */
export function buryRequest(
  tx: Transaction,
  outboxId: number,
  claim: string,
  reason: string,
  now: number,
): boolean {
  const row = claimed(tx, outboxId, claim);
  if (row === undefined) return false;
  const connectorId = String(row.connector_id);
  const chunks = tx.all(
    `SELECT outbox_id, request_json, sequence, answers_inbound, attempts, first_attempt_at FROM outbox
     WHERE connector_id = ? AND envelope_id = ? AND sequence >= ? AND finished_at IS NULL ORDER BY sequence`,
    [connectorId, row.envelope_id ?? null, row.sequence ?? null],
  );
  for (const chunk of chunks) {
    tx.run(
      `UPDATE outbox SET state = 'dead', reason = ?, claim = NULL, due_at = NULL, finished_at = ?
       WHERE outbox_id = ?`,
      [reason, now, chunk.outbox_id ?? null],
    );
    tx.run(
      `INSERT INTO dead_letters (connector_id, outbox_id, request_json, reason, envelope_id, sequence,
         answers_inbound, attempts, first_attempt_at, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [
        connectorId,
        chunk.outbox_id ?? null,
        chunk.request_json ?? null,
        reason,
        row.envelope_id ?? null,
        chunk.sequence ?? null,
        chunk.answers_inbound ?? null,
        chunk.attempts ?? null,
        chunk.first_attempt_at ?? null,
        now,
      ],
    );
  }
  promoteNext(tx, row, now);
  deliveryGivenUp(tx, connectorId, String(row.envelope_id), reason, now);
  const moved = chunks.length;
  count(tx, connectorId, { outboxPending: -moved, deadLettered: moved, deadLetters: moved });
  return true;
}

/** Makes rows due again whose sender is gone; what became of them is unknown. Returns how many. */
export function recoverRequests(tx: Transaction, now: number): number {
  // Their times are of a clock that was set back since.
  tx.run("UPDATE outbox SET due_at = ? WHERE due_at > ? AND created_at > ? AND state = 'pending'", [
    now,
    now,
    now,
  ]);
  return tx.run(
    `UPDATE outbox SET state = 'pending', claim = NULL, outcome_unknown = 1, due_at = ? WHERE state = 'sending'`,
    [now],
  );
}

export const deliveredSinceSql = `SELECT native_message_id FROM outbox
  WHERE state = 'delivered' AND finished_at >= ? AND connector_id = ? AND conversation_id = ?`;

export const partsSql = `SELECT sequence, state, native_message_id, reason FROM outbox
  WHERE connector_id = ? AND envelope_id = ? ORDER BY sequence`;

export function partOf(row: Row): OutboundPart {
  const { native_message_id: id, reason, sequence, state } = row;
  return {
    sequence: Number(sequence),
    state: state === "delivered" || state === "dead" ? state : "waiting",
    nativeMessageId: id == null ? null : String(id),
    reason: reason == null ? null : String(reason),
  };
}

export function parseRequest(json: unknown): OutboundMessageRequest {
  return JSON.parse(String(json)) as OutboundMessageRequest;
}

function claimed(tx: Transaction, outboxId: number, claim: string): Row | undefined {
  return tx.get(
    `SELECT connector_id, conversation_id, envelope_id, sequence, answers_inbound, created_at FROM outbox
     WHERE outbox_id = ? AND state = 'sending' AND claim = ?`,
    [outboxId, claim],
  );
}

function headOf(tx: Transaction, connectorId: string, conversationId: string): Row | undefined {
  return tx.get(
    `SELECT outbox_id, state, due_at FROM outbox
     WHERE connector_id = ? AND conversation_id = ? AND finished_at IS NULL ORDER BY outbox_id LIMIT 1`,
    [connectorId, conversationId],
  );
}

/** What was added before the clock was set back must not wait for the clock. */
function promoteNext(tx: Transaction, finished: Row, now: number): void {
  const next = headOf(tx, String(finished.connector_id), String(finished.conversation_id));
  if (next === undefined || next.due_at !== null) return;
  tx.run("UPDATE outbox SET due_at = MIN(created_at, ?) WHERE outbox_id = ?", [now, next.outbox_id ?? null]);
}

function hasUndelivered(tx: Transaction, row: Row): boolean {
  const other = tx.get(
    "SELECT 1 FROM outbox WHERE connector_id = ? AND envelope_id = ? AND state <> 'delivered' LIMIT 1",
    [row.connector_id ?? null, row.envelope_id ?? null],
  );
  return other !== undefined;
}
