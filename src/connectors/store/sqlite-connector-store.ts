import { randomUUID } from "node:crypto";
import type { InboundMessageEvent, OutboundMessageRequest } from "../../contracts/connector.ts";
import type { QueueDepth, RecentMessage } from "../../contracts/sidecar-status.ts";
import type {
  ConnectorStore,
  DeadLetter,
  InboxRow,
  OutboxRetry,
  OutboxRow,
  ResumableSession,
} from "../connector-store.ts";
import { depthOf, depthSql, totalsSql } from "./counters.ts";
import type { DurableDatabase, Transaction } from "./durable-database.ts";
import { acceptEvent, claimEvents, finishEvent, putBackEvent, recoverEvents } from "./inbox.ts";
import {
  addRequest,
  buryRequest,
  claimRequests,
  deliverRequest,
  parseRequest,
  recoverRequests,
  renewRequest,
  retryRequest,
} from "./outbox.ts";
import { pruneOnce, pruneRules } from "./prune.ts";
import { recentInboundSql, recentMessages, recentOutboundSql } from "./recent-messages.ts";
import { pruneBatch } from "./retention.ts";
import { raiseWatermark } from "./watermarks.ts";

/** The connector store on a `DurableDatabase` that was opened with `connectorMigrations`. */
export class SqliteConnectorStore implements ConnectorStore {
  readonly #database: DurableDatabase;
  /** Claims of one opening share this prefix, so that none survives a restart by chance. */
  readonly #claimPrefix = randomUUID();
  #claims = 0;

  constructor(database: DurableDatabase) {
    this.#database = database;
  }

  acceptInbound(event: InboundMessageEvent, session: ResumableSession | null, now: number): Promise<boolean> {
    return this.#database.write((tx) => {
      if (session !== null) putSession(tx, event.connector_id, session, now);
      const accepted = acceptEvent(tx, event, now);
      if (accepted) raiseWatermark(tx, event, now);
      return accepted;
    });
  }

  claimInbound(connectorId: string, now: number, limit: number): Promise<InboxRow[]> {
    return this.#database.write((tx) => claimEvents(tx, connectorId, now, limit));
  }

  completeInbound(
    envelopeId: string,
    replies: readonly OutboundMessageRequest[],
    now: number,
  ): Promise<void> {
    return this.#database.write((tx) => {
      if (!finishEvent(tx, envelopeId, "done", null, now)) return;
      for (const reply of [...replies].sort((a, b) => a.sequence - b.sequence))
        addRequest(tx, reply, true, now);
    });
  }

  ignoreInbound(envelopeId: string, reason: string, now: number): Promise<void> {
    return this.#database.write((tx) => {
      finishEvent(tx, envelopeId, "ignored", reason, now);
    });
  }

  retryInbound(envelopeId: string, reason: string, nextAttemptAt: number, _now: number): Promise<void> {
    return this.#database.write((tx) => putBackEvent(tx, envelopeId, reason, nextAttemptAt));
  }

  failInbound(envelopeId: string, reason: string, now: number): Promise<void> {
    return this.#database.write((tx) => {
      finishEvent(tx, envelopeId, "failed", reason, now);
    });
  }

  enqueueOutbound(request: OutboundMessageRequest, now: number): Promise<boolean> {
    return this.#database.write((tx) => addRequest(tx, request, false, now));
  }

  claimOutbound(connectorId: string, now: number, leaseMs: number, limit: number): Promise<OutboxRow[]> {
    return this.#database.write((tx) =>
      claimRequests(tx, connectorId, now, leaseMs, limit, () => `${this.#claimPrefix}:${this.#claims++}`),
    );
  }

  renewClaim(outboxId: number, claim: string, leaseMs: number, now: number): Promise<boolean> {
    return this.#database.write((tx) => renewRequest(tx, outboxId, claim, now + leaseMs));
  }

  markDelivered(outboxId: number, claim: string, nativeMessageId: string, now: number): Promise<boolean> {
    return this.#database.write((tx) => deliverRequest(tx, outboxId, claim, nativeMessageId, now));
  }

  scheduleRetry(outboxId: number, claim: string, retry: OutboxRetry, _now: number): Promise<boolean> {
    return this.#database.write((tx) => retryRequest(tx, outboxId, claim, retry));
  }

  moveToDeadLetter(outboxId: number, claim: string, reason: string, now: number): Promise<boolean> {
    return this.#database.write((tx) => buryRequest(tx, outboxId, claim, reason, now));
  }

  async listDeadLetters(connectorId: string, limit: number): Promise<DeadLetter[]> {
    const rows = this.#database.read(
      `SELECT dead_letter_id, request_json, reason, created_at FROM dead_letters
       WHERE connector_id = ? ORDER BY dead_letter_id DESC LIMIT ?`,
      [connectorId, limit],
    );
    return rows.map((row) => ({
      deadLetterId: Number(row.dead_letter_id),
      request: parseRequest(row.request_json),
      reason: String(row.reason),
      createdAt: Number(row.created_at),
    }));
  }

  async nextDueAt(connectorId: string, queue: "inbound" | "outbound"): Promise<number | null> {
    const table = queue === "inbound" ? "inbox" : "outbox";
    const [row] = this.#database.read(
      `SELECT due_at FROM ${table} WHERE connector_id = ? AND due_at IS NOT NULL ORDER BY due_at LIMIT 1`,
      [connectorId],
    );
    return row === undefined ? null : Number(row.due_at);
  }

  recoverInterrupted(now: number): Promise<{ inbound: number; outbound: number }> {
    return this.#database.write((tx) => ({
      inbound: recoverEvents(tx, now),
      outbound: recoverRequests(tx, now),
    }));
  }

  async loadSession(connectorId: string): Promise<ResumableSession | null> {
    const [row] = this.#database.read("SELECT session_json FROM sessions WHERE connector_id = ?", [
      connectorId,
    ]);
    return row === undefined ? null : (JSON.parse(String(row.session_json)) as ResumableSession);
  }

  saveSession(connectorId: string, session: ResumableSession | null, now: number): Promise<void> {
    return this.#database.write((tx) => {
      if (session === null) tx.run("DELETE FROM sessions WHERE connector_id = ?", [connectorId]);
      else putSession(tx, connectorId, session, now);
    });
  }

  async watermarks(connectorId: string): Promise<ReadonlyMap<string, string>> {
    const rows = this.#database.read(
      `SELECT conversation_id, COALESCE(gap_after, provider_message_id) AS message_id FROM watermarks
       WHERE connector_id = ? ORDER BY conversation_id`,
      [connectorId],
    );
    return new Map(rows.map((row) => [String(row.conversation_id), String(row.message_id)]));
  }

  openGaps(connectorId: string, _now: number): Promise<void> {
    return this.#database.write((tx) => {
      tx.run(
        "UPDATE watermarks SET gap_after = provider_message_id WHERE connector_id = ? AND gap_after IS NULL",
        [connectorId],
      );
    });
  }

  closeGap(connectorId: string, conversationId: string, _now: number): Promise<void> {
    return this.#database.write((tx) => {
      tx.run("UPDATE watermarks SET gap_after = NULL WHERE connector_id = ? AND conversation_id = ?", [
        connectorId,
        conversationId,
      ]);
    });
  }

  async queueDepth(connectorId: string): Promise<QueueDepth> {
    return depthOf(this.#database.read(depthSql, [connectorId])[0]);
  }

  async totals(): Promise<{ received: number; answered: number; dead_letters: number }> {
    const [row] = this.#database.read(totalsSql);
    return {
      received: Number(row?.received),
      answered: Number(row?.answered),
      dead_letters: Number(row?.dead_letters),
    };
  }

  async recentMessages(limit: number): Promise<RecentMessage[]> {
    const inbound = this.#database.read(recentInboundSql, [limit]);
    return recentMessages(inbound, this.#database.read(recentOutboundSql, [limit]), limit);
  }

  async prune(now: number): Promise<number> {
    let deleted = 0;
    for (const rule of pruneRules) {
      for (let batch = pruneBatch; batch === pruneBatch; deleted += batch) {
        batch = await this.#database.write((tx) => pruneOnce(tx, rule, now));
      }
    }
    return deleted;
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}

function putSession(tx: Transaction, connectorId: string, session: ResumableSession, now: number): void {
  tx.run(
    `INSERT INTO sessions (connector_id, session_json, updated_at) VALUES (?, ?, ?)
     ON CONFLICT (connector_id) DO UPDATE SET session_json = excluded.session_json, updated_at = excluded.updated_at`,
    [connectorId, JSON.stringify(session), now],
  );
}
