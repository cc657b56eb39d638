import assert from "node:assert/strict";
import { connectorMigrations } from "../../../../src/connectors/store/connector-schema.ts";
import { retention } from "../../../../src/connectors/store/retention.ts";
import { SqliteConnectorStore } from "../../../../src/connectors/store/sqlite-connector-store.ts";
import { FaultyDisk } from "./faulty-disk.ts";
import { openNumbers } from "./numbered-rows.ts";

describe("A session nobody writes in", () => {
  it("is found with its conversation until it was idle for too long, and counts from its last use", async () => {
    const store = new SqliteConnectorStore(
      await openNumbers(new FaultyDisk().layer, { migrations: connectorMigrations }),
    );
    const thread = "discord:channel:1573888945341595655";
    const given = { sessionKey: "s", connectorId: "discord:default", conversationId: thread, senderId: null };
    const idle = retention.sessionBindings.maxAgeMs;
    await store.bindings.touch(given, 1_000);
    await store.bindings.touch(given, 1_050);
    await store.prune(1_049 + idle);
    assert.equal((await store.bindings.ofConversation("discord:default", thread)).length, 1);
    await store.prune(1_050 + idle);
    assert.deepEqual(await store.bindings.ofConversation("discord:default", thread), []);
    assert.equal((await store.bindings.touch(given, 1_052 + idle)).created, true);
    await store.close();
  });
});
