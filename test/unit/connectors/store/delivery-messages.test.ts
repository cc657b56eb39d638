import assert from "node:assert/strict";
import fc from "fast-check";
import { connectorMigrations } from "../../../../src/connectors/store/connector-schema.ts";
import type { DeadLetter } from "../../../../src/connectors/store/parts/dead-letter-store.ts";
import type { TracedDelivery } from "../../../../src/connectors/store/parts/webhook-delivery-store.ts";
import { retention } from "../../../../src/connectors/store/retention.ts";
import { SqliteConnectorStore } from "../../../../src/connectors/store/sqlite-connector-store.ts";
import { FaultyDisk, seededRandom } from "./faulty-disk.ts";
import { openNumbers } from "./numbered-rows.ts";

const now = 1_790_000_000_000;
const connector = "discord:default";
const parts = 3;

describe("A delivery whose messages are in the outbox", () => {
  let disk: FaultyDisk;
  let store: SqliteConnectorStore;
  const open = async (): Promise<void> => {
    store = new SqliteConnectorStore(await openNumbers(disk.layer, { migrations: connectorMigrations }));
  };
  beforeEach(async () => {
    disk = new FaultyDisk();
    await open();
    await begin();
  });
  afterEach(() => store.close());

  const begin = async (): Promise<void> => {
    const facts = {
      provider: "generic",
      event: "push",
      source: null,
      origin: "hook",
      signed: true,
      payloadBytes: 2,
      safetyAction: "allow",
      safetyCodes: [],
    } as const;
    await store.webhooks.accept(
      [
        {
          deliveryId: "D1",
          integrationId: "one",
          deliveryKey: "id:1",
          signedAt: now,
          state: "received",
          reason: null,
          facts,
          payload: "{}",
          keepUntil: now + 1_000 * retention.deadLetters.maxAgeMs,
        },
      ],
      now,
    );
    const messages = Array.from({ length: parts }, (_, sequence) => ({
      connector_id: connector,
      conversation_id: "c1",
      envelope_id: "D1",
      sequence,
      text: `part ${sequence}`,
      in_reply_to_message_id: null,
      nonce: `n${sequence}`,
    }));
    await store.webhooks.complete("D1", messages, null, now);
  };
  /** What the connector does with the message that is next; the number of its part, null when there is none. */
  const next = async (how: "deliver" | "bury"): Promise<number | null> => {
    const [row] = await store.claimOutbound(connector, now, 1_000, 1);
    if (row === undefined) return null;
    if (how === "deliver") await store.markDelivered(row.outboxId, row.claim, "m", now);
    else await store.moveToDeadLetter(row.outboxId, row.claim, "no_permission: missing access", now);
    assert.equal(row.request.nonce, `n${row.request.sequence}`);
    return row.request.sequence;
  };
  const delivery = async (): Promise<TracedDelivery> => {
    const found = await store.webhooks.get("D1");
    assert.ok(found !== null);
    return found;
  };
  const letters = (): Promise<DeadLetter[]> => store.deadLetters.list(connector, { limit: 10 });

  it("tells how many of them wait, arrived and were given up, and why", async () => {
    assert.deepEqual((await delivery()).messages, { waiting: 3, delivered: 0, givenUp: 0 });
    await next("deliver");
    await next("bury");
    const dead = await delivery();
    assert.deepEqual(
      [dead.state, dead.reason, dead.messages],
      ["dead", "no_permission: missing access", { waiting: 0, delivered: 1, givenUp: 2 }],
    );
    assert.equal((await store.webhooks.counts()).dead, 1);
    const [listed] = await store.webhooks.list({ limit: 1, state: "dead" });
    assert.deepEqual(listed, dead);
  });

  it("is replayed with what was given up and nothing else, under the same nonces, also over a loss of power", async () => {
    await next("deliver");
    await next("bury");
    assert.deepEqual(await store.webhooks.release("D1", now), {
      kind: "sent_again",
      connectorId: connector,
    });
    const survivor = disk.afterPowerLoss(seededRandom(1));
    await store.close();
    disk = survivor;
    await open();
    assert.deepEqual([(await delivery()).state, (await delivery()).reason], ["done", null]);
    assert.equal(await store.webhooks.release("D1", now), null, "a second replay finds nothing to do");
    assert.deepEqual(await store.webhooks.due({ kind: "except", ids: [] }, now, 10), []);
    assert.deepEqual([await next("deliver"), await next("deliver"), await next("deliver")], [1, 2, null]);
    assert.deepEqual((await delivery()).messages, { waiting: 0, delivered: 3, givenUp: 0 });
  });

  it("follows what is done with the dead letters under their connector", async () => {
    await next("bury");
    const [, second] = (await letters()).reverse();
    await store.deadLetters.replay(connector, second?.deadLetterId ?? 0, now);
    assert.equal((await delivery()).state, "dead", "the first part is still a dead letter");
    const [first] = await letters();
    await store.deadLetters.replay(connector, first?.deadLetterId ?? 0, now);
    assert.equal((await delivery()).state, "done");
    await next("bury");
    assert.equal((await delivery()).state, "dead");
    for (const { deadLetterId } of await letters())
      await store.deadLetters.discard(connector, deadLetterId, now);
    assert.equal((await delivery()).state, "discarded");
    assert.equal(await store.webhooks.release("D1", now), null);
  });

  it("takes its dead letters with it when it is let go", async () => {
    await next("bury");
    assert.equal(await store.webhooks.discard("D1", "by the owner", now), true);
    assert.deepEqual([(await delivery()).state, await letters()], ["discarded", []]);
    assert.equal((await store.queueDepth(connector)).dead_letters, 0);
  });

  it("is never begun again when its dead letters are not kept any more, and says that", async () => {
    await next("deliver");
    await next("bury");
    const late = now + retention.deadLetters.maxAgeMs + 1;
    while ((await store.prune(late)) > 0);
    assert.deepEqual(await letters(), []);
    const { state, reason } = await delivery();
    assert.deepEqual([state, reason], ["discarded", "Its message is no longer kept."]);
    assert.equal(await store.webhooks.release("D1", late), null);
  });

  it("is dead exactly as long as one of them is a dead letter, whatever is done in which order", async () => {
    const step = fc.constantFrom("deliver", "bury", "replay", "replay letter", "discard letter", "discard");
    const property = fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.nat(), async (steps, pick) => {
      await store.close();
      disk = new FaultyDisk();
      await open();
      await begin();
      const arrived: number[] = [];
      for (const what of steps) {
        const all = await letters();
        const letter = all[pick % Math.max(1, all.length)];
        if (what === "deliver" || what === "bury") {
          const part = await next(what);
          if (what === "deliver" && part !== null) arrived.push(part);
        } else if (what === "replay") await store.webhooks.release("D1", now);
        else if (what === "discard") await store.webhooks.discard("D1", "no", now);
        else if (letter !== undefined && what === "replay letter")
          await store.deadLetters.replay(connector, letter.deadLetterId, now);
        else if (letter !== undefined) await store.deadLetters.discard(connector, letter.deadLetterId, now);
        const { state } = await delivery();
        const hasLetters = (await letters()).length > 0;
        assert.equal(state === "dead", hasLetters, steps.join(", "));
      }
      assert.equal(new Set(arrived).size, arrived.length, "nothing arrives twice");
    });
    await fc.assert(property, { numRuns: 60 });
  });
});
