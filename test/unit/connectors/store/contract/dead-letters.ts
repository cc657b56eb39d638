import assert from "node:assert/strict";
import { envelopeId, sampleEvent, sampleReply } from "../sample-messages.ts";
import { type ContractStore, connector, day, other } from "./contract-store.ts";

export function describeDeadLetters(contract: ContractStore): void {
  describe("dead letters", () => {
    const letters = () => contract.store.deadLetters.list(connector, { limit: 50 });
    const newest = async (): Promise<number> => {
      const [letter] = await letters();
      assert.ok(letter !== undefined);
      return letter.deadLetterId;
    };

    it("are sent again with no attempts spent, a new age and the nonce they had", async () => {
      await contract.answer(1, 1, 10);
      const first = await contract.claimOne(11);
      const retry = { counted: true, reason: "timeout", nextAttemptAt: 12 };
      await contract.store.scheduleRetry(first.outboxId, first.claim, retry, 11);
      await contract.bury(12, "attempts_exhausted");
      const [letter] = await letters();
      assert.deepEqual([letter?.attempts, letter?.reason], [1, "attempts_exhausted"]);
      const replayed = await contract.store.deadLetters.replay(connector, await newest(), 2 * day);
      assert.deepEqual(replayed, [letter]);
      await contract.restart();
      assert.deepEqual(await letters(), []);
      const row = await contract.claimOne(2 * day);
      assert.deepEqual(row.request, first.request);
      assert.deepEqual([row.attempts, row.createdAt], [0, 2 * day]);
      assert.deepEqual(
        [row.firstAttemptAt, row.outcomeUnknown],
        [11, true],
        "a copy that got through before can still be recognised",
      );
      await contract.store.markDelivered(row.outboxId, row.claim, "m", 2 * day + 1);
      assert.deepEqual(await contract.store.totals(), { received: 1, answered: 1, dead_letters: 1 });
      assert.deepEqual(await contract.store.queueDepth(connector), {
        inbox_pending: 0,
        outbox_pending: 0,
        dead_letters: 0,
      });
    });

    it("come back with the later chunks of their answer, in order, behind what waits already", async () => {
      await contract.answer(1, 3, 10);
      await contract.deliver(11);
      await contract.bury(12);
      await contract.answer(2, 1, 13);
      const [third, second] = await letters();
      assert.deepEqual([second?.request.sequence, third?.request.sequence], [1, 2]);
      assert.ok(second !== undefined);
      const replayed = await contract.store.deadLetters.replay(connector, second.deadLetterId, 20);
      assert.deepEqual(
        replayed.map(({ request }) => request.sequence),
        [1, 2],
      );
      const order: string[] = [];
      for (const now of [21, 22, 23]) {
        const { request } = await contract.deliver(now);
        order.push(`${request.envelope_id}/${request.sequence}`);
      }
      assert.deepEqual(order, [`${envelopeId(2)}/0`, `${envelopeId(1)}/1`, `${envelopeId(1)}/2`]);
      assert.equal((await contract.store.totals()).answered, 2);
    });

    it("can be sent again more than once when they die again", async () => {
      await contract.answer(1, 1, 10);
      for (let life = 0; life < 3; life += 1) {
        await contract.bury(20 + life);
        assert.equal((await letters()).length, 1);
        await contract.store.deadLetters.replay(connector, await newest(), 20 + life);
      }
      await contract.deliver(30);
      const metrics = await contract.store.metrics.of(connector);
      assert.deepEqual([metrics.deadLettered, metrics.replayed, metrics.delivered], [3, 3, 1]);
    });

    it("are not sent again while a message with their key is in the outbox: a conflict, and nothing changes", async () => {
      await contract.register();
      await contract.answer(1, 2, 10);
      await contract.bury(11);
      // The outbox of a removed connector is gone while its letters are kept: the keys are free again.
      await contract.store.instances.remove(connector, "keep");
      await contract.store.enqueueOutbound(sampleReply(sampleEvent(1), 1), 12);
      const before = await letters();
      const first = before.find(({ request }) => request.sequence === 0);
      assert.ok(first !== undefined);
      await assert.rejects(contract.store.deadLetters.replay(connector, first.deadLetterId, 13), {
        code: "conflict",
        nextStep: "Discard the dead letter.",
      });
      assert.deepEqual(await letters(), before);
      assert.equal((await contract.store.queueDepth(connector)).outbox_pending, 1);
      await contract.store.deadLetters.discard(connector, before[0]?.deadLetterId ?? 0, 200);
      await contract.store.deadLetters.replay(connector, first.deadLetterId, 14);
      assert.equal((await contract.store.queueDepth(connector)).outbox_pending, 2);
    });

    it("that are unknown, or belong to another connector, are not found", async () => {
      await contract.answer(1, 1, 10);
      await contract.bury(11);
      const id = await newest();
      const { deadLetters } = contract.store;
      for (const attempt of [
        () => deadLetters.get(other, id),
        () => deadLetters.replay(other, id, 12),
        () => deadLetters.discard(other, id, 200),
        () => deadLetters.get(connector, id + 1),
        () => deadLetters.replay(connector, id + 1, 12),
        () => deadLetters.discard(connector, id + 1, 200),
      ]) {
        await assert.rejects(attempt, { code: "not_found" });
      }
      assert.equal((await deadLetters.get(connector, id)).deadLetterId, id);
    });

    it("are let go one by one; their key stays taken", async () => {
      await contract.answer(1, 1, 10);
      await contract.bury(11);
      const id = await newest();
      const letter = await contract.store.deadLetters.discard(connector, id, 200);
      assert.equal(letter.request.envelope_id, envelopeId(1));
      await contract.restart();
      await assert.rejects(contract.store.deadLetters.discard(connector, id, 200), { code: "not_found" });
      assert.equal((await contract.store.queueDepth(connector)).dead_letters, 0);
      assert.equal(await contract.store.enqueueOutbound(sampleReply(sampleEvent(1)), 12), false);
    });

    it("are let go together up to an instant", async () => {
      for (const n of [1, 2, 3]) {
        await contract.answer(n, 1, n * 10);
        await contract.bury(n * 10);
      }
      assert.equal(await contract.store.deadLetters.purge(connector, 20, 200), 2);
      assert.equal(await contract.store.deadLetters.purge(connector, 20, 200), 0);
      assert.equal(await contract.store.deadLetters.purge(other, 100, 200), 0);
      assert.deepEqual(
        (await letters()).map(({ createdAt }) => createdAt),
        [30],
      );
      assert.equal((await contract.store.queueDepth(connector)).dead_letters, 1);
    });

    it("are listed in pages", async () => {
      for (const n of [1, 2, 3, 4, 5]) {
        await contract.answer(n, 1, n);
        await contract.bury(n);
      }
      const page = async (before?: number): Promise<number[]> => {
        const query = before === undefined ? { limit: 2 } : { limit: 2, before };
        return (await contract.store.deadLetters.list(connector, query)).map(
          ({ deadLetterId }) => deadLetterId,
        );
      };
      const pages = [await page()];
      for (let last = pages[0]?.at(-1); last !== undefined; last = pages.at(-1)?.at(-1)) {
        pages.push(await page(last));
      }
      const all = (await letters()).map(({ deadLetterId }) => deadLetterId);
      assert.deepEqual(pages.flat(), all);
      assert.equal(all.length, 5);
    });
  });
}
