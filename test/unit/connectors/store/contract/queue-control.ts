import assert from "node:assert/strict";
import { sampleEvent, sampleReply } from "../sample-messages.ts";
import { type ContractStore, connector, lease, other } from "./contract-store.ts";

export function describeQueueControl(contract: ContractStore): void {
  describe("pause and resume", () => {
    const claim = (now: number, ignorePause = false) =>
      contract.store.claimOutbound(connector, now, lease, 10, { ignorePause });

    it("hands nothing out while the queue is paused, also after a restart, and goes on after the resume", async () => {
      await contract.register();
      await contract.answer(1, 1, 10);
      await contract.store.queues.pause(connector, "maintenance", 11);
      await contract.restart();
      assert.deepEqual(await claim(20), []);
      assert.equal(await contract.store.nextDueAt(connector, "outbound"), null);
      await contract.store.queues.resume(connector, 21);
      assert.equal(await contract.store.nextDueAt(connector, "outbound"), 10);
      assert.equal((await claim(22)).length, 1);
    });

    it("hands rows of a paused queue out when the pause is to be ignored", async () => {
      await contract.register();
      await contract.answer(1, 1, 10);
      await contract.store.queues.pause(connector, null, 11);
      const [row] = await claim(20, true);
      assert.ok(row !== undefined);
      assert.equal(await contract.store.markDelivered(row.outboxId, row.claim, "m", 21), true);
    });

    it("goes on accepting and answering while paused, and leaves other connectors alone", async () => {
      await contract.register();
      await contract.register(other);
      await contract.store.queues.pause(connector, null, 1);
      await contract.answer(1, 1, 10);
      await contract.store.enqueueOutbound(sampleReply(sampleEvent(2, { connector_id: other })), 11);
      assert.equal((await contract.store.queueDepth(connector)).outbox_pending, 1);
      assert.equal((await contract.store.claimOutbound(other, 20, lease, 10)).length, 1);
    });

    it("refuses to pause or resume a connector that it does not know", async () => {
      await assert.rejects(contract.store.queues.pause("nobody", null, 1), { code: "not_found" });
      await assert.rejects(contract.store.queues.resume("nobody", 1), { code: "not_found" });
    });
  });

  describe("the queue at a glance", () => {
    it("is empty for a connector without rows", async () => {
      assert.deepEqual(await contract.store.queues.snapshot(connector, 5), {
        inboxPending: 0,
        pendingOutbox: 0,
        dueOutbox: 0,
        claimedOutbox: 0,
        deadLetters: 0,
        nextAttemptAt: null,
        oldestPendingCreatedAt: null,
        latestDeadLetterAt: null,
        paused: false,
        pauseReason: null,
        pauseUpdatedAt: null,
      });
    });

    it("tells what is due, being sent, waiting and dead, and the pause with its reason", async () => {
      await contract.register();
      await contract.answer(1, 1, 10, "c1");
      await contract.bury(20);
      await contract.answer(2, 1, 30, "c2");
      const row = await contract.claimOne(31);
      const retry = { counted: true, reason: "timeout", nextAttemptAt: 5_000 };
      await contract.store.scheduleRetry(row.outboxId, row.claim, retry, 32);
      await contract.answer(3, 2, 40, "c3");
      const before = await contract.store.queues.snapshot(connector, 41);
      assert.deepEqual([before.pendingOutbox, before.dueOutbox, before.claimedOutbox], [3, 1, 0]);
      await contract.claimOne(42);
      await contract.store.queues.pause(connector, "x".repeat(600), 2_000);
      assert.deepEqual(await contract.store.queues.snapshot(connector, 2_000), {
        inboxPending: 0,
        pendingOutbox: 3,
        dueOutbox: 0,
        claimedOutbox: 1,
        deadLetters: 1,
        nextAttemptAt: 5_000,
        oldestPendingCreatedAt: 30,
        latestDeadLetterAt: 20,
        paused: true,
        pauseReason: "x".repeat(512),
        pauseUpdatedAt: 2_000,
      });
      const late = await contract.store.queues.snapshot(connector, 42 + lease);
      assert.deepEqual([late.dueOutbox, late.claimedOutbox], [2, 0], "a lease that ran out is due again");
    });
  });
}
