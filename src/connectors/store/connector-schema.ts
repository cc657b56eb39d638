import type { Migration } from "./durable-database.ts";
import { addConversationNotes } from "./migrations/conversation-notes.ts";
import { addDecidedApprovals } from "./migrations/decided-approvals.ts";
import { addDeliveryMessages } from "./migrations/delivery-messages.ts";
import { addMergedTurns } from "./migrations/merged-turns.ts";
import { addOperations } from "./migrations/operations.ts";
import { addPeople } from "./migrations/people.ts";
import { runAll } from "./migrations/run-all.ts";
import { addWebhookDeliveries } from "./migrations/webhook-deliveries.ts";

/**
 * The tables of the connector store, one migration for each version. A released migration is never changed.
 *
 * In both queues `due_at` is set exactly for the row that is first among the unfinished ones of its
 * conversation, and says when that row can be claimed. So a claim reads one index range and never looks at
 * rows that wait behind another, and no operation gets slower with the number of rows.
 */
export const connectorMigrations: readonly Migration[] = [
  (tx) =>
    runAll(tx, [
      `CREATE TABLE inbox (
        inbox_id INTEGER PRIMARY KEY AUTOINCREMENT,
        envelope_id TEXT NOT NULL UNIQUE,
        connector_id TEXT NOT NULL,
        conversation_id TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('received', 'routing', 'done', 'ignored', 'failed')),
        event_json TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        due_at INTEGER,
        reason TEXT,
        accepted_at INTEGER NOT NULL,
        finished_at INTEGER
      )`,
      `CREATE INDEX inbox_lane ON inbox (connector_id, conversation_id, inbox_id) WHERE finished_at IS NULL`,
      `CREATE INDEX inbox_due ON inbox (connector_id, due_at, inbox_id) WHERE due_at IS NOT NULL`,
      `CREATE INDEX inbox_finished ON inbox (state, finished_at) WHERE finished_at IS NOT NULL`,

      `CREATE TABLE inbound_dedupe (
        connector_id TEXT NOT NULL,
        provider_message_id TEXT NOT NULL,
        seen_at INTEGER NOT NULL,
        PRIMARY KEY (connector_id, provider_message_id)
      ) WITHOUT ROWID`,
      `CREATE INDEX inbound_dedupe_seen ON inbound_dedupe (seen_at)`,

      `CREATE TABLE outbox (
        outbox_id INTEGER PRIMARY KEY AUTOINCREMENT,
        connector_id TEXT NOT NULL,
        conversation_id TEXT NOT NULL,
        envelope_id TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        answers_inbound INTEGER NOT NULL CHECK (answers_inbound IN (0, 1)),
        state TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'delivered', 'dead')),
        request_json TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        first_attempt_at INTEGER,
        outcome_unknown INTEGER NOT NULL DEFAULT 0 CHECK (outcome_unknown IN (0, 1)),
        due_at INTEGER,
        claim TEXT,
        native_message_id TEXT,
        reason TEXT,
        created_at INTEGER NOT NULL,
        finished_at INTEGER,
        UNIQUE (connector_id, envelope_id, sequence)
      )`,
      `CREATE INDEX outbox_lane ON outbox (connector_id, conversation_id, outbox_id) WHERE finished_at IS NULL`,
      `CREATE INDEX outbox_due ON outbox (connector_id, due_at, outbox_id) WHERE due_at IS NOT NULL`,
      `CREATE INDEX outbox_sending ON outbox (outbox_id) WHERE state = 'sending'`,
      `CREATE INDEX outbox_finished ON outbox (state, finished_at) WHERE finished_at IS NOT NULL`,

      `CREATE TABLE dead_letters (
        dead_letter_id INTEGER PRIMARY KEY AUTOINCREMENT,
        connector_id TEXT NOT NULL,
        outbox_id INTEGER NOT NULL,
        request_json TEXT NOT NULL,
        reason TEXT NOT NULL,
        created_at INTEGER NOT NULL
      )`,
      `CREATE INDEX dead_letters_connector ON dead_letters (connector_id, dead_letter_id)`,
      `CREATE INDEX dead_letters_created ON dead_letters (created_at)`,

      `CREATE TABLE sessions (
        connector_id TEXT PRIMARY KEY,
        session_json TEXT NOT NULL,
        updated_at INTEGER NOT NULL
      ) WITHOUT ROWID`,

      `CREATE TABLE watermarks (
        connector_id TEXT NOT NULL,
        conversation_id TEXT NOT NULL,
        provider_message_id TEXT NOT NULL,
        sent_at INTEGER NOT NULL,
        gap_after TEXT,
        updated_at INTEGER NOT NULL,
        PRIMARY KEY (connector_id, conversation_id)
      ) WITHOUT ROWID`,
      `CREATE INDEX watermarks_updated ON watermarks (updated_at)`,

      `CREATE TABLE counters (
        connector_id TEXT PRIMARY KEY,
        received INTEGER NOT NULL,
        answered INTEGER NOT NULL,
        dead_lettered INTEGER NOT NULL,
        inbox_pending INTEGER NOT NULL,
        outbox_pending INTEGER NOT NULL,
        dead_letters INTEGER NOT NULL
      ) WITHOUT ROWID`,
    ]),
  addOperations,
  addPeople,
  addMergedTurns,
  addDecidedApprovals,
  addConversationNotes,
  addWebhookDeliveries,
  addDeliveryMessages,
];
