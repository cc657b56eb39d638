import assert from "node:assert/strict";
import { eventsPerConnector, retention } from "../../../../../src/connectors/store/retention.ts";
import { envelopeId, sampleEvent } from "../sample-messages.ts";
import { type ContractStore, connector, day, hour, other } from "./contract-store.ts";

export function describeEvents(contract: ContractStore): void {
  describe("events", () => {
    const append = (now: number, more: Partial<Parameters<typeof contract.store.events.append>[0]> = {}) =>
      contract.store.events.append(
        { connectorId: connector, type: "inbound.poll_error", level: "warn", message: "it failed", ...more },
        now,
      );
    const list = (more: { before?: number; connectorId?: string } = {}) =>
      contract.store.events.list({ limit: 50, ...more });

    it("are listed newest first, with their details, over a restart", async () => {
      await append(1, { type: "a", level: "info", message: "first", details: { n: 1, list: ["x"] } });
      await append(2, { type: "b", connectorId: other, level: "error", message: "second" });
      await contract.restart();
      const events = await list();
      assert.deepEqual(events, [
        {
          eventId: 2,
          connectorId: other,
          type: "b",
          level: "error",
          message: "second",
          details: null,
          count: 1,
          createdAt: 2,
          lastAt: 2,
        },
        {
          eventId: 1,
          connectorId: connector,
          type: "a",
          level: "info",
          message: "first",
          details: { n: 1, list: ["x"] },
          count: 1,
          createdAt: 1,
          lastAt: 1,
        },
      ]);
      assert.deepEqual(await list({ connectorId: other }), events.slice(0, 1));
      assert.deepEqual(await list({ before: 2 }), events.slice(1));
      assert.deepEqual(await contract.store.events.list({ limit: 1 }), events.slice(0, 1));
      assert.deepEqual(await contract.store.events.list({ limit: 5, minLevel: "warn" }), events.slice(0, 1));
    });

    it("that repeat every second make one row an hour and not sixty a minute", async () => {
      for (let second = 0; second < 7_200; second += 1) await append(second * 1_000);
      const events = await list();
      assert.deepEqual(
        events.map(({ count, createdAt, lastAt }) => [count, createdAt, lastAt]),
        [
          [3_600, hour, 2 * hour - 1_000],
          [3_600, 0, hour - 1_000],
        ],
      );
    });

    it("that differ in one word, or come after a minute of silence, make rows of their own", async () => {
      await append(0);
      await append(1, { message: "it failed differently" });
      await append(2, { message: "it failed differently", details: { n: 1 } });
      await append(3, { message: "it failed differently", details: { n: 1 }, level: "error" });
      await append(4, { connectorId: other });
      await append(5, { type: "outbox.retry" });
      await append(60_004, { connectorId: other });
      assert.deepEqual(
        (await list()).map(({ count }) => count),
        [1, 1, 1, 1, 1, 1, 1],
      );
    });

    it("are cut to their bounds", async () => {
      await append(1, {
        type: "t".repeat(300),
        message: "m".repeat(3_000),
        details: { much: "x".repeat(10_000) },
      });
      const [event] = await list();
      assert.deepEqual([event?.type.length, event?.message.length], [128, 1_024]);
      assert.match(String(event?.details?.omitted), /^100\d\d bytes/);
    });

    it("are forgotten by age, and by number without one connector pushing out another", async () => {
      await append(1, { connectorId: other });
      for (let n = 0; n < eventsPerConnector + 300; n += 1) await append(2, { message: `${n}` });
      await contract.store.prune(3);
      const kept = await contract.store.events.list({ connectorId: connector, limit: 10_000 });
      assert.equal(kept.length, eventsPerConnector);
      assert.equal(kept[0]?.message, String(eventsPerConnector + 299));
      assert.equal((await list({ connectorId: other })).length, 1);
      await contract.store.prune(retention.events.maxAgeMs + 2);
      assert.deepEqual(await list(), []);
    });
  });

  describe("figures", () => {
    it("are all zero for a connector that did nothing", async () => {
      const { ignoredByReason, answerTime, deliveryTime, ...numbers } =
        await contract.store.metrics.of(connector);
      assert.ok(Object.values(numbers).every((value) => value === 0));
      assert.deepEqual(ignoredByReason, []);
      assert.deepEqual([answerTime, deliveryTime], [zero, zero]);
    });

    it("count what becomes of messages, with their times, over a restart", async () => {
      const { store } = contract;
      for (const n of [1, 2, 3, 4, 5]) {
        await store.acceptInbound(sampleEvent(n, { conversation_id: `c${n}` }), null, 100);
      }
      await store.acceptInbound(sampleEvent(1), null, 101);
      await store.claimInbound(connector, 110, 10);
      await store.ignoreInbound(envelopeId(1), "mention_required", 120);
      await store.ignoreInbound(envelopeId(2), "mention_required", 120);
      await store.ignoreInbound(envelopeId(3), "sender_denied", 120);
      await store.retryInbound(envelopeId(4), "busy", 121, 120);
      await store.failInbound(envelopeId(4), "broken", 130);
      await store.completeInbound(envelopeId(5), [], 140);
      await contract.answer(6, 2, 200);
      const row = await contract.claimOne(210);
      const put = (counted: boolean, now: number) =>
        store.scheduleRetry(row.outboxId, row.claim, { counted, reason: "r", nextAttemptAt: now }, now);
      await put(false, 211);
      const again = await contract.claimOne(211);
      await store.scheduleRetry(
        again.outboxId,
        again.claim,
        { counted: true, reason: "r", nextAttemptAt: 212 },
        211,
      );
      await contract.deliver(250);
      await contract.deliver(300);
      await contract.restart();
      assert.deepEqual(await contract.store.metrics.of(connector), {
        received: 6,
        duplicates: 1,
        routed: 2,
        merged: 0,
        ignored: 3,
        ignoredByReason: [
          { reason: "mention_required", count: 2 },
          { reason: "sender_denied", count: 1 },
        ],
        failed: 1,
        inboundRetries: 1,
        answered: 1,
        delivered: 2,
        retries: 1,
        deferrals: 1,
        deadLettered: 0,
        replayed: 0,
        answerTime: { sumMs: 40, count: 2, maxMs: 40 },
        deliveryTime: { sumMs: 150, count: 2, maxMs: 100 },
      });
    });

    it("stay small when reasons are free texts", async () => {
      for (let n = 1; n <= 80; n += 1) {
        await contract.store.acceptInbound(sampleEvent(n, { conversation_id: `c${n}` }), null, n);
        await contract.store.ignoreInbound(envelopeId(n), `reason ${n}`, n);
      }
      const { ignored, ignoredByReason } = await contract.store.metrics.of(connector);
      assert.equal(ignored, 80);
      assert.equal(ignoredByReason.length, 65);
      assert.deepEqual(ignoredByReason[0], { reason: "other", count: 16 });
    });

    it("do not shrink when what they counted is forgotten", async () => {
      await contract.answer(1, 1, 10);
      await contract.deliver(11);
      const before = await contract.store.metrics.of(connector);
      await contract.store.prune(400 * day);
      assert.deepEqual(await contract.store.metrics.of(connector), before);
    });
  });
}

const zero = { sumMs: 0, count: 0, maxMs: 0 };
