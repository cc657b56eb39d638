import assert from "node:assert/strict";
import { connectorMigrations } from "../../../../src/connectors/store/connector-schema.ts";
import type { DurableDatabase } from "../../../../src/connectors/store/durable-database.ts";
import type { SqlValue } from "../../../../src/connectors/store/sql-value.ts";
import { SqliteConnectorStore } from "../../../../src/connectors/store/sqlite-connector-store.ts";
import { sampleApproval } from "./contract/approvals.ts";
import { FaultyDisk } from "./faulty-disk.ts";
import { openNumbers } from "./numbered-rows.ts";
import { envelopeId, sampleEvent, sampleReply } from "./sample-messages.ts";

const connector = "discord:default";

type Fixture = readonly (readonly [sql: string, ...params: SqlValue[]])[];

/** Rows as each version of the schema stored them, in its own columns. Versions are added, never changed. */
const rowsOfVersion: readonly Fixture[] = [
  [
    [
      `INSERT INTO inbox (envelope_id, connector_id, conversation_id, state, event_json, due_at, accepted_at)
       VALUES (?, ?, ?, 'received', ?, 5, 5)`,
      envelopeId(1),
      connector,
      "discord:channel:1",
      JSON.stringify(sampleEvent(1)),
    ],
    [
      "INSERT INTO inbound_dedupe (connector_id, provider_message_id, seen_at) VALUES (?, '1000001', 5)",
      connector,
    ],
    [
      `INSERT INTO outbox (connector_id, conversation_id, envelope_id, sequence, answers_inbound, state,
         request_json, attempts, first_attempt_at, reason, created_at, finished_at)
       VALUES (?, 'discord:channel:1', ?, 1, 1, 'dead', ?, 3, 6, 'gone', 6, 7)`,
      connector,
      envelopeId(2),
      JSON.stringify(sampleReply(sampleEvent(2), 1)),
    ],
    [
      `INSERT INTO outbox (connector_id, conversation_id, envelope_id, sequence, answers_inbound, state,
         request_json, due_at, created_at)
       VALUES (?, 'discord:channel:1', ?, 0, 1, 'pending', ?, 8, 8)`,
      connector,
      envelopeId(3),
      JSON.stringify(sampleReply(sampleEvent(3))),
    ],
    [
      "INSERT INTO dead_letters (connector_id, outbox_id, request_json, reason, created_at) VALUES (?, 1, ?, 'gone', 7)",
      connector,
      JSON.stringify(sampleReply(sampleEvent(2), 1)),
    ],
    [
      `INSERT INTO sessions (connector_id, session_json, updated_at) VALUES (?, ?, 5)`,
      connector,
      JSON.stringify({ sessionId: "s1", sequence: 7, resumeUrl: "wss://r", details: {} }),
    ],
    [
      `INSERT INTO watermarks (connector_id, conversation_id, provider_message_id, sent_at, gap_after, updated_at)
       VALUES (?, 'discord:channel:1', '1000001', 1, NULL, 5)`,
      connector,
    ],
    [
      `INSERT INTO counters (connector_id, received, answered, dead_lettered, inbox_pending, outbox_pending, dead_letters)
       VALUES (?, 9, 4, 1, 1, 1, 1)`,
      connector,
    ],
  ],
  [
    [
      `INSERT INTO connector_instances (connector_id, kind, principal, egress_allowlist_json, enabled, readiness,
         liveness, created_at, updated_at) VALUES (?, 'discord', 'p', '["discord.com"]', 1, 'ready', 'running', 1, 2)`,
      connector,
    ],
    [
      "INSERT INTO connector_queue_state (connector_id, paused, pause_reason, updated_at) VALUES (?, 1, 'why', 3)",
      connector,
    ],
    [
      `INSERT INTO connector_events (connector_id, event_type, level, message, created_at, last_at)
       VALUES (?, 'queue.paused', 'info', 'paused', 3, 3)`,
      connector,
    ],
    [
      "INSERT INTO ignored_reasons (connector_id, reason, count) VALUES (?, 'mention_required', 5)",
      connector,
    ],
  ],
  [
    [
      `INSERT INTO pairing_entries (connector_id, kind, entry_key, entry_json, began_at, forget_at)
       VALUES (?, 'grants', 'u1', ?, 1, 1000)`,
      connector,
      JSON.stringify({ sender: "u1", grantedBy: "owner", grantedAt: 1, expiresAt: 1_000 }),
    ],
    [
      `INSERT INTO session_bindings (session_key, connector_id, conversation_id, created_at, last_used_at)
       VALUES ('s1', ?, 'c1', 1, 2)`,
      connector,
    ],
    [
      `INSERT INTO command_sync (connector_id, catalog_hash, status, updated_at) VALUES (?, 'h', 'synced', 1)`,
      connector,
    ],
    [
      `INSERT INTO approval_bindings (approval_id, connector_id, digest, created_at, expires_at)
       VALUES ('a1', ?, 'd', 1, 1000)`,
      connector,
    ],
  ],
  [["UPDATE inbox SET deferred = 1"]],
  [
    [
      `INSERT INTO approvals (approval_id, connector_id, subject_type, subject_id, principal, digest, state,
         requested_at, expires_at, record_json)
       VALUES ('A1', ?, 'message', 'm', 'admin:local', 'd', 'pending', 1, 1000, ?)`,
      connector,
      JSON.stringify(sampleApproval()),
    ],
  ],
  [
    [
      "INSERT INTO conversation_notes (connector_id, conversation_id, note, updated_at) VALUES (?, 'c1', 'n', 1)",
      connector,
    ],
  ],
  [
    [
      `INSERT INTO webhook_deliveries (delivery_id, integration_id, delivery_key, state, facts_json, received_at,
         updated_at, keep_until) VALUES ('D1', ?, 'id:1', 'received', '{}', 1, 1, 1000)`,
      "one",
    ],
  ],
  [
    [
      `INSERT INTO webhook_deliveries (delivery_id, integration_id, delivery_key, state, facts_json, received_at,
         updated_at, keep_until, connector_id) VALUES ('D2', ?, 'id:2', 'done', '{}', 1, 1, 1000, 'discord:default')`,
      "one",
    ],
  ],
];

/** A disk that was written by one program after another, up to the one that knew only so many migrations. */
async function diskOfVersion(version: number, compacted: boolean): Promise<FaultyDisk> {
  const disk = new FaultyDisk();
  for (const [index, rows] of rowsOfVersion.slice(0, version).entries()) {
    const migrations = connectorMigrations.slice(0, index + 1);
    const database = await openNumbers(disk.layer, { migrations });
    await database.write((tx) => {
      for (const [sql, ...params] of rows) tx.run(sql, params);
    });
    if (compacted) await database.checkpoint();
    await database.close();
  }
  return disk;
}

function openToday(disk: FaultyDisk): Promise<DurableDatabase> {
  return openNumbers(disk.layer, { migrations: connectorMigrations });
}

describe("A store that an older version wrote", () => {
  it("is covered for every version of the schema", () => {
    assert.equal(rowsOfVersion.length, connectorMigrations.length);
  });

  for (const [index] of connectorMigrations.entries()) {
    const version = index + 1;
    for (const compacted of [false, true]) {
      it(`keeps its rows and works on: schema ${version}, ${compacted ? "with an image" : "journal only"}`, async () => {
        const disk = await diskOfVersion(version, compacted);
        const database = await openToday(disk);
        assert.equal(database.findFault(), null);
        const store = new SqliteConnectorStore(database);
        await requireRowsOfFirst(store);
        if (version >= 2) await requireRowsOfSecond(store);
        if (version >= 3) await requireRowsOfThird(store);
        if (version >= 5) assert.equal((await store.approvals.pending(9)).first[0]?.approvalId, "A1");
        if (version >= 7) assert.equal((await store.webhooks.get("D1"))?.messages, null);
        await store.close();
        const again = new SqliteConnectorStore(await openToday(disk));
        assert.equal((await again.queueDepth(connector)).outbox_pending, 2, "the replayed letter is there");
        await again.close();
      });
    }
  }
});

async function requireRowsOfFirst(store: SqliteConnectorStore): Promise<void> {
  assert.deepEqual(await store.queueDepth(connector), {
    inbox_pending: 1,
    outbox_pending: 1,
    dead_letters: 1,
  });
  assert.deepEqual(await store.totals(), { received: 9, answered: 4, dead_letters: 1 });
  assert.equal((await store.loadSession(connector))?.sessionId, "s1");
  assert.deepEqual([...(await store.watermarks(connector)).values()], ["1000001"]);
  assert.equal(await store.acceptInbound(sampleEvent(1), null, 10), false, "it is still known");
  const [event] = await store.claimInbound(connector, 10, 10);
  assert.deepEqual(event?.event, sampleEvent(1));
  const [letter] = await store.deadLetters.list(connector, { limit: 10 });
  assert.deepEqual([letter?.attempts, letter?.reason, letter?.request.sequence], [3, "gone", 1]);
  assert.ok(letter !== undefined);
  await store.deadLetters.replay(connector, letter.deadLetterId, 11);
  const [row] = await store.claimOutbound(connector, 12, 100, 10, { ignorePause: true });
  assert.equal(row?.request.envelope_id, envelopeId(3));
  await store.markDelivered(row.outboxId, row.claim, "m", 13);
  const [replayed] = await store.claimOutbound(connector, 14, 100, 10, { ignorePause: true });
  assert.deepEqual([replayed?.request.envelope_id, replayed?.firstAttemptAt], [envelopeId(2), 6]);
  await store.enqueueOutbound(sampleReply(sampleEvent(4, { conversation_id: "c4" })), 15);
}

async function requireRowsOfSecond(store: SqliteConnectorStore): Promise<void> {
  const record = await store.instances.get(connector);
  assert.deepEqual(
    [record?.readiness, record?.liveness, record?.egressAllowlist],
    ["ready", "running", ["discord.com"]],
  );
  const snapshot = await store.queues.snapshot(connector, 20);
  assert.deepEqual([snapshot.paused, snapshot.pauseReason, snapshot.pauseUpdatedAt], [true, "why", 3]);
  assert.equal((await store.events.list({ limit: 5 }))[0]?.type, "queue.paused");
  assert.deepEqual((await store.metrics.of(connector)).ignoredByReason, [
    { reason: "mention_required", count: 5 },
  ]);
}

async function requireRowsOfThird(store: SqliteConnectorStore): Promise<void> {
  const { grants } = await store.pairing.read(connector);
  assert.deepEqual(grants, [{ sender: "u1", grantedBy: "owner", grantedAt: 1, expiresAt: 1_000 }]);
  assert.equal((await store.bindings.get("s1"))?.conversationId, "c1");
  assert.equal((await store.commandSync.get(connector))?.status, "synced");
}
