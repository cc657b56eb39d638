import { randomUUID } from "node:crypto";
import type { InboundMessageEvent, OutboundMessageRequest } from "../../contracts/connector.ts";
import type { QueueDepth, RecentMessage } from "../../contracts/sidecar-status.ts";
import type {
  ClaimOptions,
  ConnectorStore,
  InboxRow,
  OutboundPart,
  OutboxRetry,
  OutboxRow,
  ResumableSession,
} from "../connector-store.ts";
import { SqliteApprovals } from "./approvals.ts";
import { SqliteCommandSync } from "./command-sync.ts";
import { SqliteConversationNotes } from "./conversation-notes.ts";
import { depthOf, depthSql, totalsSql } from "./counters.ts";
import { SqliteDeadLetters } from "./dead-letters.ts";
import type { DurableDatabase, Transaction } from "./durable-database.ts";
import { SqliteEvents } from "./events.ts";
import { digestsOf, heldFilesSql } from "./held-files.ts";
import {
  acceptEvent,
  claimEvents,
  deferEvent,
  finishEvent,
  mergeEvents,
  parseEvent,
  putBackEvent,
  recoverEvents,
  waitingBehindSql,
} from "./inbox.ts";
import { SqliteInstances } from "./instances.ts";
import { SqliteMetrics } from "./metrics.ts";
import {
  addRequest,
  buryRequest,
  claimRequests,
  deliveredSinceSql,
  deliverRequest,
  hasOtherOf,
  partOf,
  partsSql,
  recoverRequests,
  renewRequest,
  retryRequest,
} from "./outbox.ts";
import { SqlitePairing } from "./pairing.ts";
import { isPaused, pausedSql, SqliteQueueControl } from "./queue-control.ts";
import { recentInboundSql, recentMessages, recentOutboundSql } from "./recent-messages.ts";
import { SqliteSessionBindings } from "./session-bindings.ts";
import type { StoreEvent } from "./store-events.ts";
import { Upkeep } from "./upkeep.ts";
import { raiseWatermark } from "./watermarks.ts";
import { SqliteWebhookDeliveries } from "./webhook-deliveries.ts";

/** The connector store on a `DurableDatabase` that was opened with `connectorMigrations`. */
export class SqliteConnectorStore implements ConnectorStore {
  readonly instances: SqliteInstances;
  readonly queues: SqliteQueueControl;
  readonly deadLetters: SqliteDeadLetters;
  readonly events: SqliteEvents;
  readonly metrics: SqliteMetrics;
  readonly pairing: SqlitePairing;
  readonly bindings: SqliteSessionBindings;
  readonly commandSync: SqliteCommandSync;
  readonly notes: SqliteConversationNotes;
  readonly approvals: SqliteApprovals;
  readonly webhooks: SqliteWebhookDeliveries;
  readonly #database: DurableDatabase;
  readonly #upkeep: Upkeep;
  /** Claims of one opening share this prefix, so that none survives a restart by chance. */
  readonly #claimPrefix = randomUUID();
  #claims = 0;

  /** @param onEvent hears when the store cannot delete what is beyond its retention */
  constructor(database: DurableDatabase, onEvent: (event: StoreEvent) => void = () => undefined) {
    this.#database = database;
    this.#upkeep = new Upkeep(database, onEvent);
    this.instances = new SqliteInstances(database);
    this.queues = new SqliteQueueControl(database);
    this.deadLetters = new SqliteDeadLetters(database);
    const onAdded = (now: number): void => this.#upkeep.rowsAdded(1, now);
    this.events = new SqliteEvents(database, onAdded);
    this.metrics = new SqliteMetrics(database);
    this.pairing = new SqlitePairing(database);
    this.bindings = new SqliteSessionBindings(database, onAdded);
    this.commandSync = new SqliteCommandSync(database);
    this.notes = new SqliteConversationNotes(database, onAdded);
    this.approvals = new SqliteApprovals(database, onAdded);
    this.webhooks = new SqliteWebhookDeliveries(database, (rows, now) => this.#upkeep.rowsAdded(rows, now));
  }

  async acceptInbound(
    event: InboundMessageEvent,
    session: ResumableSession | null,
    now: number,
  ): Promise<boolean> {
    const isNew = await this.#database.write((tx) => {
      if (session !== null) putSession(tx, event.connector_id, session, now);
      const accepted = acceptEvent(tx, event, now);
      if (accepted) raiseWatermark(tx, event, now);
      return accepted;
    });
    // One row here and one in the memory of what was seen.
    if (isNew) this.#upkeep.rowsAdded(2, now);
    return isNew;
  }

  claimInbound(connectorId: string, now: number, limit: number): Promise<InboxRow[]> {
    return this.#database.write((tx) => claimEvents(tx, connectorId, now, limit));
  }

  async completeInbound(
    envelopeId: string,
    replies: readonly OutboundMessageRequest[],
    now: number,
    merged: readonly string[] = [],
  ): Promise<void> {
    await this.#database.write((tx) => {
      if (!finishEvent(tx, envelopeId, "done", null, now)) return;
      mergeEvents(tx, envelopeId, merged, now);
      for (const reply of [...replies].sort((a, b) => a.sequence - b.sequence))
        addRequest(tx, reply, true, now);
    });
    this.#upkeep.rowsAdded(replies.length, now);
  }

  ignoreInbound(
    envelopeId: string,
    reason: string,
    now: number,
    merged: readonly string[] = [],
  ): Promise<void> {
    return this.#database.write((tx) => {
      if (finishEvent(tx, envelopeId, "ignored", reason, now)) mergeEvents(tx, envelopeId, merged, now);
    });
  }

  retryInbound(envelopeId: string, reason: string, nextAttemptAt: number, _now: number): Promise<void> {
    return this.#database.write((tx) => putBackEvent(tx, envelopeId, reason, nextAttemptAt));
  }

  deferInbound(envelopeId: string, until: number, _now: number): Promise<void> {
    return this.#database.write((tx) => deferEvent(tx, envelopeId, until));
  }

  async waitingBehind(envelopeId: string, limit: number): Promise<InboundMessageEvent[]> {
    return this.#database
      .read(waitingBehindSql, [envelopeId, limit])
      .map(({ event_json }) => parseEvent(event_json));
  }

  failInbound(envelopeId: string, reason: string, now: number): Promise<void> {
    return this.#database.write((tx) => {
      finishEvent(tx, envelopeId, "failed", reason, now);
    });
  }

  async enqueueOutbound(request: OutboundMessageRequest, now: number): Promise<boolean> {
    return (await this.enqueueAll([request], now)) > 0;
  }

  async enqueueAll(requests: readonly OutboundMessageRequest[], now: number): Promise<number> {
    const added = await this.#database.write(
      (tx) => requests.filter((request) => addRequest(tx, request, false, now)).length,
    );
    this.#upkeep.rowsAdded(requests.length, now);
    return added;
  }

  async enqueueOnlyOf(
    family: string,
    requests: readonly OutboundMessageRequest[],
    now: number,
  ): Promise<number | null> {
    const added = await this.#database.write((tx) =>
      requests.some((request) => hasOtherOf(tx, family, request))
        ? null
        : requests.filter((request) => addRequest(tx, request, false, now)).length,
    );
    this.#upkeep.rowsAdded(requests.length, now);
    return added;
  }

  async outboundOf(connectorId: string, envelopeId: string): Promise<OutboundPart[]> {
    return this.#database.read(partsSql, [connectorId, envelopeId]).map(partOf);
  }

  async deliveredSince(
    connectorId: string,
    conversationId: string,
    since: number,
  ): Promise<ReadonlySet<string>> {
    const rows = this.#database.read(deliveredSinceSql, [since, connectorId, conversationId]);
    return new Set(rows.map(({ native_message_id }) => String(native_message_id)));
  }

  claimOutbound(
    connectorId: string,
    now: number,
    leaseMs: number,
    limit: number,
    options: ClaimOptions = {},
  ): Promise<OutboxRow[]> {
    return this.#database.write((tx) => {
      if (options.ignorePause !== true && isPaused(tx, connectorId)) return [];
      const nextClaim = (): string => `${this.#claimPrefix}:${this.#claims++}`;
      return claimRequests(tx, connectorId, now, leaseMs, limit, nextClaim);
    });
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

  async nextDueAt(connectorId: string, queue: "inbound" | "outbound"): Promise<number | null> {
    if (queue === "outbound" && this.#database.read(pausedSql, [connectorId])[0]?.paused === 1) return null;
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

  async heldFiles(): Promise<ReadonlySet<string>> {
    return digestsOf(this.#database.read(heldFilesSql));
  }

  async recentMessages(limit: number): Promise<RecentMessage[]> {
    const inbound = this.#database.read(recentInboundSql, [limit]);
    return recentMessages(inbound, this.#database.read(recentOutboundSql, [limit]), limit);
  }

  prune(now: number): Promise<number> {
    return this.#upkeep.prune(now);
  }

  async close(): Promise<void> {
    await this.#upkeep.close();
    await this.#database.close();
  }
}

function putSession(tx: Transaction, connectorId: string, session: ResumableSession, now: number): void {
  tx.run(
    `INSERT INTO sessions (connector_id, session_json, updated_at) VALUES (?, ?, ?)
     ON CONFLICT (connector_id) DO UPDATE SET session_json = excluded.session_json, updated_at = excluded.updated_at`,
    [connectorId, JSON.stringify(session), now],
  );
}
