import assert from "node:assert/strict";
import { OutboundPipeline } from "../../../src/connectors/outbound-pipeline.ts";
import { connectorMigrations } from "../../../src/connectors/store/connector-schema.ts";
import { SqliteConnectorStore } from "../../../src/connectors/store/sqlite-connector-store.ts";
import { FairSlots } from "../../../src/connectors/supervisor/fair-slots.ts";
import type { DeliveryOutcome, OutboundMessageRequest } from "../../../src/contracts/connector.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";
import { sampleSpec } from "./store/contract/contract-store.ts";
import { FaultyDisk } from "./store/faulty-disk.ts";
import { openNumbers } from "./store/numbered-rows.ts";
import { sampleEvent, sampleReply } from "./store/sample-messages.ts";

const connector = "discord:default";
const leaseMs = 150;

describe("Sending from the outbox", () => {
  let store: SqliteConnectorStore;
  let pipeline: OutboundPipeline;
  let sent: OutboundMessageRequest[] = [];
  let warnings: string[] = [];
  /** Ids of equal messages that the provider has. */
  let there: string[] = [];
  let answer: () => Promise<DeliveryOutcome>;
  let letAnswer: () => void = () => undefined;
  const delivered: DeliveryOutcome = { kind: "delivered", native_message_id: "7" };
  /** An answer of the provider that comes when the test says so. */
  const pending = (): Promise<DeliveryOutcome> =>
    new Promise((resolve) => {
      letAnswer = () => resolve(delivered);
    });
  const depth = async () => (await store.queueDepth(connector)).outbox_pending;

  beforeEach(async () => {
    sent = [];
    warnings = [];
    there = [];
    store = new SqliteConnectorStore(
      await openNumbers(new FaultyDisk().layer, { migrations: connectorMigrations }),
    );
    const silent = () => undefined;
    pipeline = new OutboundPipeline({
      connectorId: connector,
      store,
      adapter: {
        send: (request) => {
          sent.push(request);
          return answer();
        },
        findSent: async (_request, _notBefore, others) => there.find((id) => !others.has(id)) ?? null,
        state: () => ({
          readiness: "ready",
          liveness: "running",
          identity: null,
          connected: true,
          canSend: true,
          sessionsStarted: 1,
          sessionsResumed: 0,
          lastError: null,
        }),
      },
      log: { debug: silent, info: silent, warn: (message) => void warnings.push(message), error: silent },
      journal: { record: () => true },
      slots: new FairSlots(16),
      onActivity: silent,
      onStoreFault: (thrown) => {
        throw thrown;
      },
      leaseMs,
    });
  });
  afterEach(async () => {
    letAnswer();
    await pipeline.stop(1_000);
    await store.close();
  });

  it("that takes longer than a claim lasts keeps its claim, and nobody sends the message a second time", async () => {
    const first = pending();
    answer = () => first;
    await store.enqueueOutbound(sampleReply(sampleEvent(1)), Date.now());
    pipeline.start();
    await waitUntil("the message to be on its way", () => sent.length === 1);
    const firstEnd = (await store.nextDueAt(connector, "outbound")) ?? 0;
    await waitUntil("a claim that was extended twice", async () => {
      const end = (await store.nextDueAt(connector, "outbound")) ?? 0;
      return end > firstEnd + leaseMs;
    });
    pipeline.wake();
    assert.deepEqual(await store.claimOutbound(connector, Date.now(), leaseMs, 10), []);
    assert.equal(sent.length, 1);
    letAnswer();
    await waitUntil("the end of the message", async () => (await depth()) === 0);
    assert.equal(sent.length, 1);
    assert.deepEqual(warnings, []);
  });

  it("goes on with the other messages when a claim was lost, and does not settle what another one sends", async () => {
    const first = pending();
    answer = () => (sent.length === 1 ? first : Promise.resolve(delivered));
    await store.enqueueOutbound(sampleReply(sampleEvent(1)), Date.now());
    pipeline.start();
    await waitUntil("the message to be on its way", () => sent.length === 1);
    const [other] = await store.claimOutbound(connector, Date.now() + leaseMs * 10, 60_000, 10);
    assert.ok(other?.outcomeUnknown);
    await store.enqueueOutbound(sampleReply(sampleEvent(2, { conversation_id: "c2" })), Date.now());
    letAnswer();
    await waitUntil("the lost claim to be noticed", () =>
      warnings.some((text) => /claim .* lost/.test(text)),
    );
    pipeline.wake();
    await waitUntil("the other message", () => sent.length === 2);
    await waitUntil("one message that is left to who has it", async () => (await depth()) === 1);
    assert.ok(await store.markDelivered(other.outboxId, other.claim, "8", Date.now()));
  });

  it("does not take the part before for a part that says the same and may not have arrived", async () => {
    const longAgo = Date.now() - 10 * 60_000;
    const claim = async () => {
      const [row] = await store.claimOutbound(connector, longAgo, leaseMs, 1);
      assert.ok(row);
      return row;
    };
    await store.enqueueAll(
      [0, 1].map((part) => sampleReply(sampleEvent(1), part)),
      longAgo,
    );
    const first = await claim();
    await store.markDelivered(first.outboxId, first.claim, "m0", longAgo);
    await claim();
    there = ["m0"];
    answer = async () => ({ kind: "delivered", native_message_id: "m1" });
    pipeline.start();
    await waitUntil("the second part", async () => (await depth()) === 0);
    assert.deepEqual(
      sent.map(({ sequence }) => sequence),
      [1],
    );
  });

  it("takes no more messages than it sends at once, so that none waits under a claim", async () => {
    const first = pending();
    answer = () => first;
    for (let n = 1; n <= 12; n += 1) {
      await store.enqueueOutbound(sampleReply(sampleEvent(n, { conversation_id: `c${n}` })), Date.now());
    }
    pipeline.start();
    await waitUntil("the first messages to be on their way", () => sent.length > 0);
    const queue = await store.queues.snapshot(connector, Date.now());
    assert.equal(queue.claimedOutbox, sent.length);
    assert.equal(queue.dueOutbox, 12 - sent.length);
    assert.ok(sent.length <= 4);
    letAnswer();
    await waitUntil("all messages", async () => (await depth()) === 0);
    assert.equal(new Set(sent.map(({ nonce }) => nonce)).size, 12);
    assert.equal(sent.length, 12);
  });

  it("of a paused queue by hand sends no more messages than were asked for", async () => {
    answer = async () => delivered;
    const now = Date.now();
    await store.instances.upsert(sampleSpec({ connectorId: connector }), now);
    await store.queues.pause(connector, "hold", now);
    for (let n = 1; n <= 6; n += 1) {
      await store.enqueueOutbound(sampleReply(sampleEvent(n, { conversation_id: `c${n}` })), now);
    }
    const one = await pipeline.drain(1);
    assert.deepEqual([one.processed, one.delivered, sent.length], [1, 1, 1]);
    const four = await pipeline.drain(4);
    assert.deepEqual([four.processed, four.delivered, sent.length], [4, 4, 5]);
    assert.equal(await depth(), 1);
  });
});
