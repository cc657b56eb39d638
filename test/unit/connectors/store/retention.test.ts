import assert from "node:assert/strict";
import { connectorMigrations } from "../../../../src/connectors/store/connector-schema.ts";
import { prunedTables } from "../../../../src/connectors/store/prune.ts";
import { retention } from "../../../../src/connectors/store/retention.ts";
import { SqliteConnectorStore } from "../../../../src/connectors/store/sqlite-connector-store.ts";
import { FaultyDisk } from "./faulty-disk.ts";
import { openNumbers } from "./numbered-rows.ts";
import { envelopeId, sampleEvent } from "./sample-messages.ts";

/** One row, or a bounded number of rows, for each connector. */
const boundedByNature = [
  "connector_instances",
  "connector_queue_state",
  "sessions",
  "counters",
  "ignored_reasons",
  "command_sync",
];

describe("Retention", () => {
  it("covers every table of the store", async () => {
    const database = await openNumbers(new FaultyDisk().layer, { migrations: connectorMigrations });
    const tables = database
      .read("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .map(({ name }) => String(name));
    assert.deepEqual(tables.sort(), [...boundedByNature, ...prunedTables].sort());
    await database.close();
  });

  it("deletes the oldest rows beyond the number of a table, whatever their age, without being asked", async () => {
    const database = await openNumbers(new FaultyDisk().layer, { migrations: connectorMigrations });
    const store = new SqliteConnectorStore(database);
    const limit = retention.inboxIgnored.maxRows;
    for (let n = 1; n <= limit + 2_000; n += 1) {
      await store.acceptInbound(sampleEvent(n), null, n);
      await store.ignoreInbound(envelopeId(n), "no_mention", n);
    }
    const [row] = database.read("SELECT COUNT(*) AS n, MAX(accepted_at) AS newest FROM inbox");
    assert.ok(Number(row?.n) <= limit + 1_000, `${row?.n} rows are left`);
    assert.equal(row?.newest, limit + 2_000);
    await store.prune(limit + 2_000);
    const [after] = database.read("SELECT COUNT(*) AS n, MIN(accepted_at) AS oldest FROM inbox");
    assert.deepEqual([after?.n, after?.oldest], [limit, 2_001]);
    await store.close();
  });

  it("says when it cannot delete, and the store works on", async () => {
    const database = await openNumbers(new FaultyDisk().layer, { migrations: connectorMigrations });
    const told: string[] = [];
    const store = new SqliteConnectorStore(database, ({ kind, message }) => told.push(`${kind}: ${message}`));
    await database.write((tx) =>
      tx.run(`CREATE TRIGGER stubborn BEFORE DELETE ON inbound_dedupe BEGIN SELECT RAISE(ABORT, 'no'); END`),
    );
    for (let n = 1; n <= 600; n += 1) {
      await store.acceptInbound(sampleEvent(n, { conversation_id: `c${n}` }), null, n === 500 ? 1e12 : n);
    }
    await store.close();
    assert.deepEqual(told, ["prune_failed: Old rows could not be deleted: no"]);
  });
});
