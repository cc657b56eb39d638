import assert from "node:assert/strict";
import { connectorMigrations } from "../../../src/connectors/store/connector-schema.ts";
import { SqliteConnectorStore } from "../../../src/connectors/store/sqlite-connector-store.ts";
import { undeliveredLimit, undeliveredTextLimit } from "../../../src/contracts/sidecar-status.ts";
import { StoreFigures } from "../../../src/gateway/store-figures.ts";
import { connector, other, sampleSpec } from "../connectors/store/contract/contract-store.ts";
import { FaultyDisk } from "../connectors/store/faulty-disk.ts";
import { openNumbers } from "../connectors/store/numbered-rows.ts";
import { sampleEvent, sampleReply } from "../connectors/store/sample-messages.ts";

describe("The numbers of the store in the gateway's status", () => {
  let store: SqliteConnectorStore;
  let figures: StoreFigures;

  beforeEach(async () => {
    store = new SqliteConnectorStore(
      await openNumbers(new FaultyDisk().layer, { migrations: connectorMigrations }),
    );
    await store.instances.upsert(sampleSpec(), 1);
    await store.instances.upsert(sampleSpec({ connectorId: other }), 1);
    figures = new StoreFigures({
      store,
      connectorIds: () => [connector, other],
      onChange: () => undefined,
      onFault: (thrown) => assert.fail(String(thrown)),
    });
  });

  afterEach(async () => {
    figures.close();
    await store.close();
  });

  /** Gives up a reply with this text. */
  async function bury(n: number, text: string, now: number, connectorId = connector): Promise<void> {
    await store.enqueueOutbound({ ...sampleReply(sampleEvent(n)), connector_id: connectorId, text }, now);
    const [row] = await store.claimOutbound(connectorId, now, 60_000, 1);
    assert.ok(row);
    await store.moveToDeadLetter(row.outboxId, row.claim, "missing_permissions: no", now);
  }

  it("count as recent also what a connector does before they were read the first time", async () => {
    await bury(1, "long ago", 10);
    await figures.begin([connector]);
    await bury(2, "at once", 20);
    await figures.read();
    assert.equal(figures.figuresOf(connector)?.outbound_sends_dead_letter, 2);
    assert.equal(figures.figuresOf(connector)?.recent?.outbound_sends_dead_letter, 1);
  });

  it("are not known before they were read", () => {
    assert.deepEqual([figures.totals, figures.undelivered, figures.figuresOf(connector)], [null, null, null]);
  });

  it("name the replies that were given up, the newest first, with why and a shortened text", async () => {
    await bury(1, "first", 10);
    await bury(2, "é".repeat(500), 20);
    await figures.read();
    const [newest, oldest, ...more] = figures.undelivered ?? [];
    assert.deepEqual(more, []);
    assert.deepEqual(
      [oldest?.text, oldest?.reason, oldest?.unix_ms],
      ["first", "missing_permissions: no", 10],
    );
    assert.equal(newest?.text, `${"é".repeat(undeliveredTextLimit - 1)}…`);
    assert.equal(figures.figuresOf(connector)?.outbound_sends_dead_letter, 2);
    assert.equal(figures.totals?.dead_letters, 2);
  });

  it("stay small however many were given up, over all connectors", async () => {
    for (let n = 1; n < undeliveredLimit; n += 1) await bury(n, `reply ${n}`, n);
    for (let n = undeliveredLimit; n < 2 * undeliveredLimit; n += 1) await bury(n, `reply ${n}`, n, other);
    await figures.read();
    assert.equal(figures.undelivered?.length, undeliveredLimit);
    assert.equal(figures.undelivered?.[0]?.text, `reply ${2 * undeliveredLimit - 1}`);
    assert.equal(figures.depthOf(connector).dead_letters, undeliveredLimit - 1);
  });
});
