import assert from "node:assert/strict";
import type {
  ConnectorStore,
  OutboxRow,
  ResumableSession,
} from "../../../../src/connectors/connector-store.ts";
import { describeApprovals } from "./contract/approvals.ts";
import { describeBindings } from "./contract/bindings.ts";
import { ContractStore } from "./contract/contract-store.ts";
import { describeConversationNotes } from "./contract/conversation-notes.ts";
import { describeDeadLetters } from "./contract/dead-letters.ts";
import { describeEvents } from "./contract/events-and-metrics.ts";
import { describeInstances } from "./contract/instances.ts";
import { describePairing } from "./contract/pairing.ts";
import { describeQueueControl } from "./contract/queue-control.ts";
import { envelopeId, sampleEvent, sampleReply } from "./sample-messages.ts";

/** Makes stores for the contract suite. */
export interface StoreFixture {
  readonly store: ConnectorStore;
  /** Ends the store as a crash would and opens it again over the same data. */
  restart(): Promise<ConnectorStore>;
  dispose(): Promise<void>;
}

const connector = "discord:default";
const other = "discord:second";
const day = 86_400_000;
const lease = 60_000;
const session: ResumableSession = {
  sessionId: "s1",
  sequence: 7,
  resumeUrl: "wss://resume.example",
  details: { shardId: 0, shardCount: 1 },
};

/** Every promise of `ConnectorStore`, for any implementation. */
export function describeConnectorStore(name: string, open: () => Promise<StoreFixture>): void {
  describe(`Connector store: ${name}`, () => {
    let fixture: StoreFixture;
    let store: ConnectorStore;
    const contract = new ContractStore();

    beforeEach(async () => {
      fixture = await open();
      store = fixture.store;
      contract.use(store, () => fixture.restart());
    });
    afterEach(() => fixture.dispose());

    const accept = async (...numbers: number[]): Promise<void> => {
      for (const n of numbers) assert.ok(await store.acceptInbound(sampleEvent(n), null, n));
    };
    const claimedEvents = async (now: number, limit = 10): Promise<string[]> =>
      (await store.claimInbound(connector, now, limit)).map(({ event }) => event.envelope_id);
    /** Accepts event n and answers it with so many chunks. */
    const answer = async (n: number, chunks: number, now: number): Promise<void> => {
      await accept(n);
      await store.claimInbound(connector, now, 100);
      const replies = Array.from({ length: chunks }, (_, sequence) => sampleReply(sampleEvent(n), sequence));
      await store.completeInbound(envelopeId(n), replies, now);
    };
    const claimOne = async (now: number): Promise<OutboxRow> => {
      const [row, ...more] = await store.claimOutbound(connector, now, lease, 10);
      assert.ok(row !== undefined && more.length === 0, "exactly one row was expected");
      return row;
    };
    const claimNothing = async (now: number): Promise<void> =>
      assert.deepEqual(await store.claimOutbound(connector, now, lease, 10), []);

    describe("inbound", () => {
      it("gives an accepted event back unchanged", async () => {
        const event = sampleEvent(1, {
          sender_roles: ["9"],
          attachments: [
            {
              kind: "image",
              attachment_id: "a",
              url: "https://cdn.example/a.png",
              filename: "ä.png",
              content_type: "image/png",
              size_bytes: 12,
            },
          ],
        });
        await store.acceptInbound(event, null, 5);
        assert.deepEqual(await store.claimInbound(connector, 5, 1), [
          { event, state: "routing", attempts: 1 },
        ]);
      });

      it("accepts one provider message once per connector, whatever its envelope", async () => {
        await accept(1);
        assert.equal(
          await store.acceptInbound(sampleEvent(2, { provider_message_id: "1000001" }), null, 2),
          false,
        );
        assert.equal(
          await store.acceptInbound(
            sampleEvent(3, { provider_message_id: "1000001", connector_id: other }),
            null,
            3,
          ),
          true,
        );
        assert.equal((await store.queueDepth(connector)).inbox_pending, 1);
      });

      it("accepts only one of many simultaneous copies", async () => {
        const copies = Array.from({ length: 20 }, (_, n) =>
          store.acceptInbound(sampleEvent(n, { provider_message_id: "same" }), null, 1),
        );
        assert.equal((await Promise.all(copies)).filter(Boolean).length, 1);
      });

      it("still knows a message after six days and a restart, and forgets it after eight", async () => {
        await accept(1);
        store = await fixture.restart();
        const again = (n: number) => sampleEvent(n, { provider_message_id: "1000001" });
        assert.equal(await store.acceptInbound(again(2), null, 6 * day), false);
        assert.equal(await store.acceptInbound(again(3), null, 8 * day), true);
      });

      it("stores the session that delivered an event with it, for a duplicate too", async () => {
        await store.acceptInbound(sampleEvent(1), session, 1);
        assert.deepEqual(await store.loadSession(connector), session);
        const next = { ...session, sequence: 8 };
        assert.equal(await store.acceptInbound(sampleEvent(1), next, 2), false);
        store = await fixture.restart();
        assert.deepEqual(await store.loadSession(connector), next);
        await store.acceptInbound(sampleEvent(2), null, 3);
        assert.deepEqual(await store.loadSession(connector), next);
      });

      it("hands out one event of a conversation at a time, in the order of acceptance", async () => {
        await accept(1, 2, 3);
        assert.deepEqual(await claimedEvents(10), [envelopeId(1)]);
        assert.deepEqual(await claimedEvents(10), []);
        await store.ignoreInbound(envelopeId(1), "no_mention", 11);
        assert.deepEqual(await claimedEvents(11), [envelopeId(2)]);
        await store.failInbound(envelopeId(2), "broken", 12);
        assert.deepEqual(await claimedEvents(12), [envelopeId(3)]);
      });

      it("hands out conversations side by side, oldest first, at most as many as asked for", async () => {
        for (const n of [1, 2, 3, 4]) {
          await store.acceptInbound(sampleEvent(n, { conversation_id: `c${n}` }), null, n);
        }
        assert.deepEqual(await claimedEvents(10, 3), [1, 2, 3].map(envelopeId));
        assert.deepEqual(await claimedEvents(10, 0), []);
        assert.deepEqual(await claimedEvents(10, 3), [envelopeId(4)]);
      });

      it("does not hand out events of another connector", async () => {
        await accept(1);
        assert.deepEqual(await store.claimInbound(other, 10, 10), []);
      });

      it("hands a retried event out when it is due, counts the attempts, and holds its conversation until then", async () => {
        await accept(1, 2);
        await store.claimInbound(connector, 10, 1);
        await store.retryInbound(envelopeId(1), "model_busy", 500, 11);
        assert.deepEqual(await claimedEvents(499), []);
        assert.equal(await store.nextDueAt(connector, "inbound"), 500);
        const [row] = await store.claimInbound(connector, 500, 10);
        assert.equal(row?.event.envelope_id, envelopeId(1));
        assert.equal(row?.attempts, 2);
      });

      it("lets an event wait for more of its conversation, without spending an attempt", async () => {
        await accept(1);
        await store.claimInbound(connector, 10, 1);
        await store.deferInbound(envelopeId(1), 500, 11);
        store = await fixture.restart();
        assert.deepEqual(await claimedEvents(499), []);
        assert.equal(await store.nextDueAt(connector, "inbound"), 500);
        const [row] = await store.claimInbound(connector, 500, 10);
        assert.equal(row?.attempts, 1);
      });

      it("hands a waiting event out at once when the next one comes, but not one that waits for its retry", async () => {
        await accept(1);
        await store.claimInbound(connector, 10, 1);
        await store.deferInbound(envelopeId(1), 500, 11);
        await accept(2);
        assert.deepEqual(await claimedEvents(12), [envelopeId(1)]);
        await store.retryInbound(envelopeId(1), "busy", 900, 13);
        await accept(3);
        assert.deepEqual(await claimedEvents(899), []);
        assert.deepEqual(
          (await store.waitingBehind(envelopeId(1), 10)).map(({ envelope_id }) => envelope_id),
          [envelopeId(2), envelopeId(3)],
        );
        assert.equal((await store.waitingBehind(envelopeId(1), 1)).length, 1);
      });

      it("ends events together with the one whose answer is for them all", async () => {
        await accept(1, 2, 3);
        await store.acceptInbound(sampleEvent(4, { conversation_id: "c2" }), null, 4);
        await store.claimInbound(connector, 10, 1);
        const replies = [sampleReply(sampleEvent(1))];
        await assert.rejects(store.completeInbound(envelopeId(1), replies, 11, [envelopeId(4)]), {
          code: "conflict",
        });
        await store.completeInbound(envelopeId(1), replies, 11, [envelopeId(2)]);
        store = await fixture.restart();
        assert.deepEqual(await store.queueDepth(connector), {
          inbox_pending: 2,
          outbox_pending: 1,
          dead_letters: 0,
        });
        assert.deepEqual((await claimedEvents(12)).sort(), [envelopeId(3), envelopeId(4)]);
        const { routed, merged } = await store.metrics.of(connector);
        assert.deepEqual([routed, merged], [2, 1]);
      });

      it("ends events without an answer together with the one that was to answer them all", async () => {
        await accept(1, 2, 3);
        await store.claimInbound(connector, 10, 1);
        await store.ignoreInbound(envelopeId(1), "stopped_by_person", 11, [envelopeId(2)]);
        store = await fixture.restart();
        assert.deepEqual(await claimedEvents(12), [envelopeId(3)]);
        assert.equal((await store.queueDepth(connector)).outbox_pending, 0);
      });

      it("puts the replies into the outbox together with the end of the event", async () => {
        await answer(1, 2, 10);
        assert.deepEqual(await store.queueDepth(connector), {
          inbox_pending: 0,
          outbox_pending: 2,
          dead_letters: 0,
        });
        store = await fixture.restart();
        assert.deepEqual(await store.queueDepth(connector), {
          inbox_pending: 0,
          outbox_pending: 2,
          dead_letters: 0,
        });
      });

      it("completes an event only once, and keeps replies that exist already", async () => {
        await answer(1, 1, 10);
        await store.completeInbound(
          envelopeId(1),
          [sampleReply(sampleEvent(1)), sampleReply(sampleEvent(1), 1)],
          11,
        );
        assert.equal((await store.queueDepth(connector)).outbox_pending, 1);
        await accept(2);
        await store.enqueueOutbound(sampleReply(sampleEvent(2)), 12);
        await store.claimInbound(connector, 12, 1);
        await store.completeInbound(
          envelopeId(2),
          [sampleReply(sampleEvent(2)), sampleReply(sampleEvent(2), 1)],
          13,
        );
        assert.equal((await store.queueDepth(connector)).outbox_pending, 3);
      });

      it("refuses to end an event that it does not know", async () => {
        await assert.rejects(store.completeInbound(envelopeId(9), [], 1), { code: "not_found" });
        await assert.rejects(store.failInbound(envelopeId(9), "x", 1), { code: "not_found" });
        await assert.rejects(store.retryInbound(envelopeId(9), "x", 2, 1), { code: "not_found" });
      });
    });

    describe("outbound", () => {
      it("takes a message with one key once", async () => {
        const request = sampleReply(sampleEvent(1));
        assert.equal(await store.enqueueOutbound(request, 1), true);
        assert.equal(await store.enqueueOutbound({ ...request, text: "other" }, 2), false);
        assert.equal(await store.enqueueOutbound({ ...request, sequence: 1 }, 3), true);
        assert.equal(await store.enqueueOutbound({ ...request, connector_id: other }, 4), true);
        assert.deepEqual((await claimOne(10)).request, request);
      });

      it("takes several messages at once, and counts those that are new", async () => {
        const requests = [0, 1, 2].map((sequence) => sampleReply(sampleEvent(1), sequence));
        await store.enqueueOutbound(sampleReply(sampleEvent(1), 1), 1);
        assert.equal(await store.enqueueAll(requests, 2), 2);
        assert.equal(await store.enqueueAll(requests, 3), 0);
        assert.equal((await store.queueDepth(connector)).outbox_pending, 3);
      });

      it("knows as what messages were delivered in a conversation, from an instant on", async () => {
        const deliver = async (n: number, at: number, change: object = {}) => {
          await store.enqueueOutbound({ ...sampleReply(sampleEvent(n)), ...change }, at);
          const row = await claimOne(at);
          await store.markDelivered(row.outboxId, row.claim, `m${n}`, at);
        };
        await deliver(1, 10);
        await deliver(2, 20);
        await deliver(3, 30, { conversation_id: "discord:channel:elsewhere" });
        await store.enqueueOutbound(sampleReply(sampleEvent(4)), 40);
        const { conversation_id: conversation } = sampleReply(sampleEvent(1));
        const since = async (at: number) => [...(await store.deliveredSince(connector, conversation, at))];
        assert.deepEqual(await since(10), ["m1", "m2"]);
        assert.deepEqual(await since(11), ["m2"]);
        assert.deepEqual(await since(21), []);
      });

      it("takes messages of one envelope of a family only, and none of another", async () => {
        const of = (envelope_id: string, connector_id = connector) =>
          [0, 1].map((sequence) => ({ ...sampleReply(sampleEvent(1), sequence), envelope_id, connector_id }));
        assert.equal(await store.enqueueOnlyOf("key-1-", of("key-1-a"), 1), 2);
        assert.equal(await store.enqueueOnlyOf("key-1-", of("key-1-a"), 2), 0);
        assert.equal(await store.enqueueOnlyOf("key-1-", of("key-1-b"), 3), null);
        assert.equal(await store.enqueueOnlyOf("key-10-", of("key-10-b"), 4), 2);
        assert.equal(await store.enqueueOnlyOf("key-1-", of("key-1-b", other), 5), 2);
        assert.equal((await store.queueDepth(connector)).outbox_pending, 4);
      });

      it("tells what became of the messages of an envelope, and of no other", async () => {
        await answer(1, 3, 10);
        await store.enqueueOutbound({ ...sampleReply(sampleEvent(1)), connector_id: other }, 10);
        const told = async (id: string) =>
          (await store.outboundOf(connector, id)).map(({ sequence, state, nativeMessageId, reason }) => [
            sequence,
            state,
            nativeMessageId,
            reason,
          ]);
        const { envelope_id: id } = sampleReply(sampleEvent(1));
        const first = await claimOne(11);
        await store.markDelivered(first.outboxId, first.claim, "m0", 12);
        const second = await claimOne(13);
        const retry = { counted: true, reason: "timeout", nextAttemptAt: 20 };
        await store.scheduleRetry(second.outboxId, second.claim, retry, 14);
        assert.deepEqual(await told(id), [
          [0, "delivered", "m0", null],
          [1, "waiting", null, "timeout"],
          [2, "waiting", null, null],
        ]);
        const again = await claimOne(20);
        await store.moveToDeadLetter(again.outboxId, again.claim, "refused", 21);
        assert.deepEqual(await told(id), [
          [0, "delivered", "m0", null],
          [1, "dead", null, "refused"],
          [2, "dead", null, "refused"],
        ]);
        assert.deepEqual(await told("unknown"), []);
      });

      it("hands out the chunks of an answer one after another", async () => {
        await answer(1, 3, 10);
        for (const sequence of [0, 1, 2]) {
          const row = await claimOne(20);
          assert.equal(row.request.sequence, sequence);
          await claimNothing(20);
          assert.equal(await store.markDelivered(row.outboxId, row.claim, `m${sequence}`, 21), true);
        }
        await claimNothing(30);
      });

      it("hands out nothing behind a message that waits for its retry, but other conversations go on", async () => {
        await answer(1, 2, 10);
        const first = await claimOne(11);
        const retry = { counted: true, reason: "timeout", nextAttemptAt: 5_000 };
        assert.equal(await store.scheduleRetry(first.outboxId, first.claim, retry, 12), true);
        await claimNothing(4_999);
        await store.enqueueOutbound(sampleReply(sampleEvent(2, { conversation_id: "c2" })), 13);
        assert.equal((await claimOne(13)).request.conversation_id, "c2");
        const again = await claimOne(5_000);
        assert.equal(again.outboxId, first.outboxId);
        assert.notEqual(again.claim, first.claim);
      });

      it("counts only attempts that count, and remembers when the first was begun", async () => {
        await answer(1, 1, 10);
        const first = await claimOne(11);
        assert.deepEqual([first.attempts, first.firstAttemptAt, first.outcomeUnknown], [0, null, false]);
        await store.scheduleRetry(
          first.outboxId,
          first.claim,
          { counted: false, reason: "429", nextAttemptAt: 20 },
          12,
        );
        const second = await claimOne(20);
        assert.deepEqual([second.attempts, second.firstAttemptAt, second.outcomeUnknown], [0, 11, false]);
        await store.scheduleRetry(
          second.outboxId,
          second.claim,
          { counted: true, reason: "503", nextAttemptAt: 30 },
          21,
        );
        store = await fixture.restart();
        const third = await claimOne(30);
        assert.deepEqual([third.attempts, third.firstAttemptAt, third.outcomeUnknown], [1, 11, false]);
        assert.equal(third.createdAt, 10);
      });

      it("hands a row out again when its lease has run out, with the outcome unknown; the old claim is void", async () => {
        await answer(1, 1, 10);
        const lost = await claimOne(100);
        await claimNothing(100 + lease - 1);
        assert.equal(await store.nextDueAt(connector, "outbound"), 100 + lease);
        const taken = await claimOne(100 + lease);
        assert.deepEqual(
          [taken.outboxId, taken.firstAttemptAt, taken.outcomeUnknown],
          [lost.outboxId, 100, true],
        );
        const retry = { counted: true, reason: "late", nextAttemptAt: 1 };
        assert.equal(await store.markDelivered(lost.outboxId, lost.claim, "m", 200_000), false);
        assert.equal(await store.scheduleRetry(lost.outboxId, lost.claim, retry, 200_000), false);
        assert.equal(await store.moveToDeadLetter(lost.outboxId, lost.claim, "late", 200_000), false);
        assert.equal(await store.renewClaim(lost.outboxId, lost.claim, lease, 200_000), false);
        assert.equal(await store.markDelivered(taken.outboxId, taken.claim, "m", 200_000), true);
        assert.equal(await store.markDelivered(taken.outboxId, taken.claim, "m", 200_001), false);
      });

      it("keeps a renewed row for its holder", async () => {
        await answer(1, 1, 10);
        const row = await claimOne(100);
        assert.equal(await store.renewClaim(row.outboxId, row.claim, lease, 50_000), true);
        await claimNothing(100 + lease);
        assert.equal(await store.markDelivered(row.outboxId, row.claim, "m", 100_000), true);
      });

      it("goes on saying that an outcome is unknown until the row is settled", async () => {
        await answer(1, 1, 10);
        await claimOne(100);
        const unknown = await claimOne(100 + lease);
        const retry = { counted: true, reason: "refused", nextAttemptAt: 200_000 };
        await store.scheduleRetry(unknown.outboxId, unknown.claim, retry, 100_000);
        assert.equal((await claimOne(200_000)).outcomeUnknown, true);
      });

      it("moves a failed chunk and those after it to the dead letters, and lets the conversation go on", async () => {
        await answer(1, 3, 10);
        await store.enqueueOutbound(sampleReply(sampleEvent(2)), 11);
        const first = await claimOne(20);
        await store.markDelivered(first.outboxId, first.claim, "m0", 21);
        const second = await claimOne(22);
        assert.equal(
          await store.moveToDeadLetter(second.outboxId, second.claim, "unknown channel", 23),
          true,
        );
        const letters = await store.deadLetters.list(connector, { limit: 10 });
        assert.deepEqual(
          letters.map(({ request, reason, createdAt }) => [request.sequence, reason, createdAt]),
          [
            [2, "unknown channel", 23],
            [1, "unknown channel", 23],
          ],
        );
        assert.deepEqual(await store.deadLetters.list(connector, { limit: 1 }), letters.slice(0, 1));
        assert.deepEqual(await store.deadLetters.list(other, { limit: 10 }), []);
        assert.equal((await claimOne(24)).request.envelope_id, envelopeId(2));
        assert.deepEqual(await store.queueDepth(connector), {
          inbox_pending: 0,
          outbox_pending: 1,
          dead_letters: 2,
        });
      });
    });

    describe("over a restart", () => {
      it("gives interrupted work back once, in order, and marks sends whose outcome nobody knows", async () => {
        await answer(1, 2, 10);
        await accept(2, 3);
        await store.claimInbound(connector, 20, 1);
        const sending = await claimOne(21);
        store = await fixture.restart();
        assert.deepEqual(await store.recoverInterrupted(30), { inbound: 1, outbound: 1 });
        assert.deepEqual(await store.recoverInterrupted(30), { inbound: 0, outbound: 0 });
        const [event, ...moreEvents] = await store.claimInbound(connector, 30, 10);
        assert.deepEqual([event?.event.envelope_id, event?.attempts, moreEvents], [envelopeId(2), 2, []]);
        const row = await claimOne(30);
        assert.deepEqual(
          [row.outboxId, row.outcomeUnknown, row.firstAttemptAt],
          [sending.outboxId, true, 21],
        );
        assert.equal(await store.markDelivered(sending.outboxId, sending.claim, "m", 31), false);
      });

      it("does not let what waits behind another message wait for a clock that is set back", async () => {
        await answer(1, 2, 7_200_000);
        const first = await claimOne(7_200_001);
        await store.markDelivered(first.outboxId, first.claim, "m", 20);
        assert.equal((await claimOne(20)).request.sequence, 1);
        await accept(7_200_002, 7_200_003);
        await store.claimInbound(connector, 7_200_004, 1);
        await store.completeInbound(envelopeId(7_200_002), [], 30);
        assert.deepEqual(await claimedEvents(30), [envelopeId(7_200_003)]);
      });

      it("does not wait for a clock that was set back", async () => {
        await answer(1, 1, 7_200_000);
        const row = await claimOne(7_200_001);
        const retry = { counted: true, reason: "network", nextAttemptAt: 7_203_000 };
        await store.scheduleRetry(row.outboxId, row.claim, retry, 7_200_002);
        await accept(7_200_003);
        await store.claimInbound(connector, 7_200_004, 1);
        await store.retryInbound(envelopeId(7_200_003), "network", 7_204_000, 7_200_005);
        store = await fixture.restart();
        await store.recoverInterrupted(40);
        assert.equal((await claimOne(40)).outboxId, row.outboxId);
        assert.equal((await store.claimInbound(connector, 40, 10)).length, 1);
      });

      it("keeps waiting for what was to wait", async () => {
        await answer(1, 1, 10);
        const row = await claimOne(11);
        const retry = { counted: false, reason: "429", nextAttemptAt: 3_600_000 };
        await store.scheduleRetry(row.outboxId, row.claim, retry, 12);
        store = await fixture.restart();
        await store.recoverInterrupted(30);
        assert.equal(await store.nextDueAt(connector, "outbound"), 3_600_000);
      });

      it("keeps rows, numbers, dead letters and sessions", async () => {
        await answer(1, 1, 10);
        await answer(2, 1, 11);
        const row = await claimOne(12);
        await store.moveToDeadLetter(row.outboxId, row.claim, "gone", 13);
        const sent = await claimOne(14);
        await store.markDelivered(sent.outboxId, sent.claim, "m", 15);
        await store.saveSession(connector, session, 16);
        const before = await everything(store);
        store = await fixture.restart();
        assert.deepEqual(await everything(store), before);
        assert.deepEqual(await store.totals(), { received: 2, answered: 1, dead_letters: 1 });
      });
    });

    describe("what it can be asked", () => {
      it("says when the next claim can yield something, for each queue", async () => {
        assert.equal(await store.nextDueAt(connector, "inbound"), null);
        assert.equal(await store.nextDueAt(connector, "outbound"), null);
        await accept(5);
        assert.equal(await store.nextDueAt(connector, "inbound"), 5);
        await store.claimInbound(connector, 6, 1);
        assert.equal(await store.nextDueAt(connector, "inbound"), null);
        await store.completeInbound(envelopeId(5), [sampleReply(sampleEvent(5))], 7);
        assert.equal(await store.nextDueAt(connector, "outbound"), 7);
        assert.equal(await store.nextDueAt(other, "outbound"), null);
      });

      it("counts a message as answered when the last chunk of its answer was delivered", async () => {
        await answer(1, 2, 10);
        await store.enqueueOutbound(sampleReply(sampleEvent(2)), 11);
        for (const answered of [0, 1, 1]) {
          const row = await claimOne(20);
          await store.markDelivered(row.outboxId, row.claim, "m", 21);
          assert.equal((await store.totals()).answered, answered);
        }
      });

      it("shows recent messages newest first, shortened, with state and reason", async () => {
        await store.acceptInbound(sampleEvent(1, { body: "😀".repeat(300) }), null, 1);
        await store.acceptInbound(sampleEvent(2, { sender_display: null, conversation_id: "c2" }), null, 2);
        await store.claimInbound(connector, 3, 10);
        await store.ignoreInbound(envelopeId(2), "no_mention", 3);
        await store.completeInbound(envelopeId(1), [sampleReply(sampleEvent(1))], 4);
        const recent = await store.recentMessages(10);
        assert.deepEqual(
          recent.map(({ direction, state, reason, unix_ms }) => [direction, state, reason, unix_ms]),
          [
            ["outbound", "pending", null, 4],
            ["inbound", "ignored", "no_mention", 2],
            ["inbound", "done", null, 1],
          ],
        );
        assert.equal(recent[1]?.author, "discord:user:5");
        assert.equal(recent[2]?.author, "Ada");
        assert.equal(recent[2]?.text, `${"😀".repeat(279)}…`);
        assert.deepEqual(await store.recentMessages(1), recent.slice(0, 1));
      });

      it("forgets a session when told so", async () => {
        assert.equal(await store.loadSession(connector), null);
        await store.saveSession(connector, session, 1);
        await store.saveSession(other, { ...session, sessionId: "s2" }, 1);
        await store.saveSession(connector, null, 2);
        assert.equal(await store.loadSession(connector), null);
        assert.equal((await store.loadSession(other))?.sessionId, "s2");
      });

      it("knows the newest message of each conversation, also when an older one comes later", async () => {
        await accept(5, 3);
        await store.acceptInbound(sampleEvent(9, { conversation_id: "c2", connector_id: other }), null, 9);
        assert.deepEqual([...(await store.watermarks(connector))], [["discord:channel:1", "1000005"]]);
        const sameInstant = { provider_message_id: "999", sent_at_unix_ms: 5 };
        await store.acceptInbound(sampleEvent(6, sameInstant), null, 6);
        assert.deepEqual([...(await store.watermarks(connector)).values()], ["1000005"]);
        await store.acceptInbound(
          sampleEvent(7, { ...sameInstant, provider_message_id: "1000006" }),
          null,
          7,
        );
        assert.deepEqual([...(await store.watermarks(connector)).values()], ["1000006"]);
      });

      it("keeps the place where a gap began until it is filled, over new messages and restarts", async () => {
        await accept(1);
        await store.openGaps(connector, 2);
        await accept(4);
        store = await fixture.restart();
        await store.openGaps(connector, 5);
        assert.deepEqual([...(await store.watermarks(connector)).values()], ["1000001"]);
        await store.closeGap(connector, "discord:channel:1", 6);
        assert.deepEqual([...(await store.watermarks(connector)).values()], ["1000004"]);
      });
    });

    describe("retention", () => {
      it("deletes what is finished and old, and nothing that is still to do", async () => {
        await answer(1, 1, 10);
        const sent = await claimOne(11);
        await store.markDelivered(sent.outboxId, sent.claim, "m", 12);
        await answer(2, 1, 13);
        await accept(3);
        assert.equal(await store.prune(day), 0);
        assert.ok((await store.prune(400 * day)) > 0);
        assert.deepEqual(await store.queueDepth(connector), {
          inbox_pending: 1,
          outbox_pending: 1,
          dead_letters: 0,
        });
        assert.deepEqual(await claimedEvents(20), [envelopeId(3)]);
        assert.equal((await claimOne(20)).request.envelope_id, envelopeId(2));
        assert.equal(await store.prune(400 * day), 0);
        assert.deepEqual(await store.totals(), { received: 3, answered: 1, dead_letters: 0 });
      });

      it("lowers the number of dead letters when it deletes them", async () => {
        await answer(1, 2, 10);
        const row = await claimOne(11);
        await store.moveToDeadLetter(row.outboxId, row.claim, "gone", 12);
        assert.equal((await store.queueDepth(connector)).dead_letters, 2);
        await store.prune(100 * day);
        assert.deepEqual(await store.deadLetters.list(connector, { limit: 10 }), []);
        assert.equal((await store.queueDepth(connector)).dead_letters, 0);
        assert.equal((await store.totals()).dead_letters, 2);
      });
    });

    describeInstances(contract);
    describeQueueControl(contract);
    describeDeadLetters(contract);
    describeEvents(contract);
    describePairing(contract);
    describeBindings(contract);
    describeConversationNotes(contract);
    describeApprovals(contract);
  });
}

async function everything(store: ConnectorStore): Promise<unknown> {
  return {
    recent: await store.recentMessages(50),
    letters: await store.deadLetters.list(connector, { limit: 50 }),
    depth: await store.queueDepth(connector),
    totals: await store.totals(),
    session: await store.loadSession(connector),
    watermarks: [...(await store.watermarks(connector))],
    due: [await store.nextDueAt(connector, "inbound"), await store.nextDueAt(connector, "outbound")],
  };
}
