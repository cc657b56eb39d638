import assert from "node:assert/strict";
import { connectorMigrations } from "../../../../src/connectors/store/connector-schema.ts";
import { SqliteConnectorStore } from "../../../../src/connectors/store/sqlite-connector-store.ts";
import { sampleSpec } from "./contract/contract-store.ts";
import { FaultyDisk } from "./faulty-disk.ts";
import { openNumbers } from "./numbered-rows.ts";

describe("A row with a value that this version does not know", () => {
  it("is listed with the most careful value instead, says so, and does not hide the other connectors", async () => {
    const database = await openNumbers(new FaultyDisk().layer, { migrations: connectorMigrations });
    const store = new SqliteConnectorStore(database);
    await store.instances.upsert(sampleSpec({ connectorId: "discord:a" }), 1);
    await store.instances.upsert(sampleSpec({ connectorId: "discord:b" }), 1);
    await store.instances.setRuntimeState("discord:b", { readiness: "ready", liveness: "running" }, 1);
    await database.write((tx) =>
      tx.run(
        `UPDATE connector_instances SET readiness = 'dreaming', liveness = 'flying', kind = 'pigeon',
           egress_allowlist_json = '{"not": "a list"}' WHERE connector_id = 'discord:a'`,
      ),
    );
    const [broken, sound] = await store.instances.list();
    assert.deepEqual(
      [broken?.kind, broken?.readiness, broken?.liveness, broken?.egressAllowlist],
      ["pigeon", "unknown", "stopped", []],
    );
    assert.deepEqual(broken?.unreadable, ["egress_allowlist", "readiness", "liveness"]);
    assert.deepEqual([sound?.readiness, sound?.liveness, sound?.unreadable], ["ready", "running", []]);
    await store.instances.setRuntimeState("discord:a", { readiness: "ready" }, 2);
    const mended = await store.instances.get("discord:a");
    assert.deepEqual([mended?.readiness, mended?.unreadable], ["ready", ["egress_allowlist", "liveness"]]);
    await store.close();
  });

  it("does not hide events or the state of commands", async () => {
    const database = await openNumbers(new FaultyDisk().layer, { migrations: connectorMigrations });
    const store = new SqliteConnectorStore(database);
    const state = { connectorId: "c", catalogHash: "h", status: "synced", nativeRevision: null } as const;
    await store.commandSync.put({ ...state, lastError: null, updatedAt: 1 });
    await store.events.append({ connectorId: "c", type: "t", level: "info", message: "m" }, 1);
    await database.write((tx) => {
      tx.run("UPDATE command_sync SET status = 'teleported'");
      tx.run("UPDATE connector_events SET level = 'loud'");
    });
    assert.equal((await store.commandSync.get("c"))?.status, "pending");
    assert.equal((await store.events.list({ limit: 1 }))[0]?.level, "error");
    await store.close();
  });
});
