import assert from "node:assert/strict";
import { connectorMigrations } from "../../../../src/connectors/store/connector-schema.ts";
import type { NewDelivery } from "../../../../src/connectors/store/parts/webhook-delivery-store.ts";
import { deliveryRetention } from "../../../../src/connectors/store/retention.ts";
import { SqliteConnectorStore } from "../../../../src/connectors/store/sqlite-connector-store.ts";
import { FaultyDisk, seededRandom } from "./faulty-disk.ts";
import { openNumbers } from "./numbered-rows.ts";

const now = 1_790_000_000_000;
const everybody = { kind: "except", ids: [] } as const;
const message = {
  connector_id: "discord:default",
  conversation_id: "c1",
  envelope_id: "D1",
  sequence: 0,
  text: "hello",
  in_reply_to_message_id: null,
  nonce: "n1",
};

function delivery(id: string, change: Partial<NewDelivery> = {}): NewDelivery {
  return {
    deliveryId: id,
    integrationId: "one",
    deliveryKey: `id:${id}`,
    signedAt: now,
    state: "received",
    reason: null,
    facts: {
      provider: "generic",
      event: "push",
      source: null,
      origin: "hook",
      signed: true,
      payloadBytes: 2,
      safetyAction: "allow",
      safetyCodes: [],
    },
    payload: "{}",
    keepUntil: now + deliveryRetention.maxAgeMs,
    ...change,
  };
}

describe("The store of deliveries", () => {
  let disk: FaultyDisk;
  let store: SqliteConnectorStore;
  const open = async (): Promise<void> => {
    store = new SqliteConnectorStore(await openNumbers(disk.layer, { migrations: connectorMigrations }));
  };
  beforeEach(async () => {
    disk = new FaultyDisk();
    await open();
  });
  afterEach(() => store.close());
  const loseThePower = async (): Promise<void> => {
    const survivor = disk.afterPowerLoss(seededRandom(1));
    await store.close();
    disk = survivor;
    await open();
  };
  const outbox = (): Promise<{ readonly outbox_pending: number }> => store.queueDepth("discord:default");

  it("takes a key once for each integration, also over a loss of power, and knows a sender's own retry", async () => {
    const first = await store.webhooks.accept(
      [delivery("D1"), delivery("D2", { deliveryKey: "id:D1" })],
      now,
    );
    assert.deepEqual(first, [{ kind: "accepted" }, { kind: "repeated", deliveryId: "D1", retry: false }]);
    await loseThePower();
    const again = (change: Partial<NewDelivery>) =>
      store.webhooks.accept([delivery("D3", { deliveryKey: "id:D1", ...change })], now);
    assert.deepEqual(await again({ integrationId: "two" }), [{ kind: "accepted" }]);
    assert.deepEqual(await again({ signedAt: now - 1 }), [
      { kind: "repeated", deliveryId: "D1", retry: false },
    ]);
    assert.deepEqual(await again({ signedAt: now + 1 }), [
      { kind: "repeated", deliveryId: "D1", retry: true },
    ]);
    assert.deepEqual(await again({ signedAt: now + 1 }), [
      { kind: "repeated", deliveryId: "D1", retry: false },
    ]);
    assert.deepEqual(await again({ signedAt: null }), [{ kind: "repeated", deliveryId: "D1", retry: false }]);
  });

  it("gives a delivery its effect once, in one step with the note that it is done", async () => {
    await store.webhooks.accept([delivery("D1")], now);
    assert.equal(await store.webhooks.complete("D1", [message], null, now), true);
    assert.equal(await store.webhooks.complete("D1", [{ ...message, sequence: 1 }], null, now), false);
    await loseThePower();
    assert.equal(await store.webhooks.complete("D1", [{ ...message, sequence: 2 }], null, now), false);
    assert.equal((await outbox()).outbox_pending, 1);
    assert.equal((await store.webhooks.get("D1"))?.state, "done");
    assert.deepEqual(await store.webhooks.due(everybody, now + 1, 10), []);
  });

  it("tries a failed delivery when it is due, and a dead or held one only after a replay", async () => {
    await store.webhooks.accept([delivery("D1"), delivery("D2", { state: "held" }), delivery("D3")], now);
    const due = async (at: number) =>
      (await store.webhooks.due(everybody, at, 10)).map(({ deliveryId }) => deliveryId);
    assert.deepEqual(await due(now), ["D1", "D3"]);
    await store.webhooks.fail("D1", "no", now + 50, now);
    await store.webhooks.fail("D3", "never", null, now);
    assert.deepEqual([await due(now), await store.webhooks.nextDueAt(everybody)], [[], now + 50]);
    assert.deepEqual(await due(now + 50), ["D1"]);
    assert.equal(await store.webhooks.complete("D3", [message], null, now), false);
    assert.deepEqual(
      [
        await store.webhooks.release("D3", now + 60),
        await store.webhooks.release("D2", now + 70),
        await store.webhooks.release("D1", now),
      ],
      [{ kind: "begun_again" }, { kind: "begun_again" }, null],
    );
    assert.deepEqual(await due(now + 70), ["D1", "D3", "D2"]);
    const { failed, received } = await store.webhooks.counts();
    assert.deepEqual([failed, received], [1, 2]);
  });

  it("lets go of what is not done, and of nothing that is", async () => {
    await store.webhooks.accept([delivery("D1"), delivery("D2")], now);
    await store.webhooks.complete("D2", [], null, now);
    assert.deepEqual(
      [await store.webhooks.discard("D1", "no", now), await store.webhooks.discard("D2", "no", now)],
      [true, false],
    );
    assert.equal(await store.webhooks.complete("D1", [message], null, now), false);
    assert.equal((await outbox()).outbox_pending, 0);
  });

  it("lists the newest first, in pages, by integration and state", async () => {
    const ids = ["D1", "D2", "D3", "D4"];
    await store.webhooks.accept(
      ids.map((id) => delivery(id, { integrationId: id === "D2" ? "two" : "one" })),
      now,
    );
    const list = async (query: object) =>
      (await store.webhooks.list({ limit: 2, ...query })).map(({ deliveryId }) => deliveryId);
    assert.deepEqual(await list({}), ["D4", "D3"]);
    assert.deepEqual(await list({ before: "D3" }), ["D2", "D1"]);
    assert.deepEqual(await list({ integrationId: "two" }), ["D2"]);
    assert.deepEqual(await list({ state: "done" }), []);
  });

  it("forgets finished deliveries when nobody can show them again, and open ones never", async () => {
    const old = now - 60_000;
    await store.webhooks.accept(
      [
        delivery("D1", { state: "done", keepUntil: old }),
        delivery("D2", { keepUntil: old }),
        delivery("D3", { state: "done" }),
      ],
      now,
    );
    await store.prune(now);
    const left = (await store.webhooks.list({ limit: 10 })).map(({ deliveryId }) => deliveryId);
    assert.deepEqual(left, ["D3", "D2"]);
  });

  it("keeps a large payload until the delivery is done, and no longer", async () => {
    const payload = JSON.stringify({ text: "x".repeat(20_000) });
    await store.webhooks.accept(
      [delivery("D1", { payload }), delivery("D2", { payload, state: "done" })],
      now,
    );
    assert.equal((await store.webhooks.get("D1"))?.payload, payload);
    await store.webhooks.complete("D1", [], null, now);
    assert.deepEqual(
      [(await store.webhooks.get("D1"))?.payload, (await store.webhooks.get("D2"))?.payload],
      [null, null],
    );
  });
});
