import assert from "node:assert/strict";
import { connectorMigrations } from "../../../src/connectors/store/connector-schema.ts";
import { SqliteConnectorStore } from "../../../src/connectors/store/sqlite-connector-store.ts";
import { enqueueText } from "../../../src/gateway/send-text.ts";
import { FaultyDisk, seededRandom } from "../connectors/store/faulty-disk.ts";
import { openNumbers } from "../connectors/store/numbered-rows.ts";

const asked = {
  connectorId: "discord:default",
  conversationId: "discord:channel:1573888945341595654",
  envelopeId: "told",
  text: "one|two|three",
  replyTo: null,
};
const instance = {
  adapter: { split: (text: string) => text.split("|") },
  wake: () => undefined,
  watchSends: () => () => undefined,
  state: () => assert.fail("nothing is sent"),
};

describe("A text of several messages", () => {
  const open = async (disk: FaultyDisk): Promise<SqliteConnectorStore> =>
    new SqliteConnectorStore(await openNumbers(disk.layer, { migrations: connectorMigrations }));

  /** Puts the text into an outbox whose disk is gone from one operation on. */
  const interrupted = async (operation: number): Promise<{ disk: FaultyDisk; stored: boolean }> => {
    const disk = new FaultyDisk();
    const store = await open(disk);
    disk.fault = { at: disk.operations.length + operation, mode: "dead", code: "EIO" };
    const stored = await enqueueText(store, instance, asked).then(
      () => true,
      () => false,
    );
    await store.close().catch(() => undefined);
    return { disk, stored };
  };

  it("is in the outbox whole or not at all, whenever the process or the power goes", async () => {
    const seen = new Set<number>();
    let wasStored = false;
    for (let operation = 1; !wasStored; operation += 1) {
      const { disk, stored } = await interrupted(operation);
      wasStored = stored;
      const survivors = [disk.afterKill(), ...[1, 2, 3, 4].map((n) => disk.afterPowerLoss(seededRandom(n)))];
      for (const survivor of survivors) {
        const store = await open(survivor);
        const parts = await store.outboundOf(asked.connectorId, asked.envelopeId);
        seen.add(parts.length);
        if (stored) assert.equal(parts.length, 3, "what was acknowledged is there");
        await store.close();
      }
    }
    assert.deepEqual([...seen].sort(), [0, 3]);
  });
});
