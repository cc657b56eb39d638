import assert from "node:assert/strict";
import fc from "fast-check";
import { connectorMigrations } from "../../../../src/connectors/store/connector-schema.ts";
import { SqliteConnectorStore } from "../../../../src/connectors/store/sqlite-connector-store.ts";
import { sampleSpec } from "./contract/contract-store.ts";
import { FaultyDisk, seededRandom } from "./faulty-disk.ts";
import { openNumbers } from "./numbered-rows.ts";
import { envelopeId, sampleEvent, sampleReply } from "./sample-messages.ts";

const connector = "discord:default";
const lease = 100;

interface ModelEvent {
  readonly n: number;
  state: "received" | "routing";
  due: number;
  /** Waits for more of its conversation. */
  deferred: boolean;
}

interface ModelChunk {
  readonly key: string;
  readonly envelope: string;
  state: "pending" | "sending";
  due: number;
  unknown: boolean;
  attempts: number;
  /** A first attempt was begun, in this life or one before. */
  attempted: boolean;
  hold: { outboxId: number; claim: string } | null;
}

interface ModelLetter {
  readonly conversation: string;
  readonly key: string;
  readonly envelope: string;
  readonly attempted: boolean;
}

type Lanes<T> = Map<string, T[]>;

/**
 * The store beside a model of plain lists: one lane of events and one of chunks for each conversation. Every
 * answer of the store must be the model's; at the end both are drained and every message has its one end.
 */
class Pair {
  readonly inbox: Lanes<ModelEvent> = new Map();
  readonly outbox: Lanes<ModelChunk> = new Map();
  readonly seen = new Set<string>();
  readonly finished: string[] = [];
  readonly delivered = new Map<string, string[]>();
  letters: ModelLetter[] = [];
  /** Chunks that a person sent again go behind newer ones. */
  readonly sentAgain = new Set<string>();
  paused = false;
  now = 1;
  next = 1;
  expected = 0;
  disk = new FaultyDisk();
  store!: SqliteConnectorStore;

  async open(): Promise<void> {
    this.store = new SqliteConnectorStore(
      await openNumbers(this.disk.layer, { migrations: connectorMigrations, checkpointBytes: 3_000 }),
    );
    await this.store.instances.upsert(sampleSpec(), this.now);
  }

  async setPaused(paused: boolean): Promise<void> {
    this.paused = paused;
    if (paused) await this.store.queues.pause(connector, "test", this.now);
    else await this.store.queues.resume(connector, this.now);
  }

  async accept(conversation: string, repeatOf: number): Promise<void> {
    const n = this.next++;
    const provider = repeatOf > 0 && repeatOf < n ? `p${repeatOf}` : `p${n}`;
    const event = sampleEvent(n, { conversation_id: conversation, provider_message_id: provider });
    assert.equal(await this.store.acceptInbound(event, null, this.now), !this.seen.has(provider));
    if (this.seen.has(provider)) return;
    this.seen.add(provider);
    const lane = laneOf(this.inbox, conversation);
    const [first] = lane;
    if (first?.deferred === true) first.due = Math.min(first.due, this.now);
    lane.push({ n, state: "received", due: this.now, deferred: false });
  }

  async claimInbound(): Promise<void> {
    const claimed = await this.store.claimInbound(connector, this.now, 100);
    const due = heads(this.inbox).filter(({ state, due }) => state === "received" && due <= this.now);
    assert.deepEqual(
      claimed.map(({ event }) => event.envelope_id).sort(),
      due.map(({ n }) => envelopeId(n)).sort(),
    );
    for (const event of due) Object.assign(event, { state: "routing", deferred: false });
  }

  async settleInbound(
    how: "complete" | "ignore" | "fail" | "retry" | "defer",
    chunks: number,
    pick: number,
  ): Promise<void> {
    const routing = [...this.inbox].filter(([, lane]) => lane[0]?.state === "routing");
    const [conversation, lane] = routing[pick % Math.max(1, routing.length)] ?? [];
    const event = lane?.[0];
    if (conversation === undefined || lane === undefined || event === undefined) return;
    const envelope = envelopeId(event.n);
    if (how === "retry") {
      await this.store.retryInbound(envelope, "busy", this.now + 30, this.now);
      Object.assign(event, { state: "received", due: this.now + 30 });
      return;
    }
    if (how === "defer") {
      await this.store.deferInbound(envelope, this.now + 40, this.now);
      Object.assign(event, { state: "received", due: this.now + 40, deferred: true });
      return;
    }
    if (how === "ignore") await this.store.ignoreInbound(envelope, "no_mention", this.now);
    if (how === "fail") await this.store.failInbound(envelope, "broken", this.now);
    if (how === "complete") {
      const source = sampleEvent(event.n, { conversation_id: conversation });
      const replies = Array.from({ length: chunks }, (_, sequence) => sampleReply(source, sequence));
      const behind = await this.store.waitingBehind(envelope, pick);
      const merged = behind.map(({ envelope_id }) => envelope_id);
      assert.deepEqual(
        merged,
        lane.slice(1, 1 + pick).map(({ n }) => envelopeId(n)),
      );
      await this.store.completeInbound(envelope, replies, this.now, merged);
      lane.splice(1, merged.length);
      this.finished.push(...merged);
      this.expected += chunks;
      for (const { sequence } of replies) {
        const key = `${envelope}/${sequence}`;
        const fresh = {
          key,
          envelope,
          state: "pending",
          due: this.now,
          unknown: false,
          attempts: 0,
          attempted: false,
          hold: null,
        } as const;
        laneOf(this.outbox, conversation).push({ ...fresh });
      }
    }
    lane.shift();
    this.finished.push(envelope);
  }

  async claimOutbound(ignorePause = false): Promise<void> {
    const claimed = await this.store.claimOutbound(connector, this.now, lease, 100, { ignorePause });
    const yields = ignorePause || !this.paused;
    const due = heads(this.outbox).filter(({ due }) => yields && due <= this.now);
    const facts = claimed.map(({ request, outcomeUnknown, attempts }) => [
      `${request.envelope_id}/${request.sequence}`,
      outcomeUnknown,
      attempts,
    ]);
    const expected = due.map(({ key, unknown, state, attempts }) => [
      key,
      unknown || state === "sending",
      attempts,
    ]);
    assert.deepEqual(facts.sort(), expected.sort());
    for (const chunk of due) {
      const row = claimed.find(({ request }) => `${request.envelope_id}/${request.sequence}` === chunk.key);
      assert.ok(row);
      chunk.unknown ||= chunk.state === "sending";
      Object.assign(chunk, {
        state: "sending",
        due: this.now + lease,
        attempted: true,
        hold: { outboxId: row.outboxId, claim: row.claim },
      });
    }
  }

  async settleOutbound(how: "deliver" | "retry" | "defer" | "bury" | "renew", pick: number): Promise<void> {
    const sending = [...this.outbox].filter(([, lane]) => lane[0]?.state === "sending");
    const [conversation, lane] = sending[pick % Math.max(1, sending.length)] ?? [];
    const chunk = lane?.[0];
    if (conversation === undefined || lane === undefined || !chunk?.hold) return;
    const { outboxId, claim } = chunk.hold;
    if (how === "renew") {
      assert.ok(await this.store.renewClaim(outboxId, claim, lease, this.now));
      chunk.due = this.now + lease;
    } else if (how === "deliver") {
      assert.ok(await this.store.markDelivered(outboxId, claim, "native", this.now));
      laneOf(this.delivered, conversation).push(chunk.key);
      lane.shift();
    } else if (how === "bury") {
      assert.ok(await this.store.moveToDeadLetter(outboxId, claim, "gone", this.now));
      // Wherever they wait: a chunk that was sent again may stand further back in the lane.
      const gone = lane.filter(({ envelope, key }) => envelope === chunk.envelope && key >= chunk.key);
      for (const { key, envelope, attempted } of gone.sort((a, b) => (a.key < b.key ? -1 : 1))) {
        lane.splice(
          lane.findIndex((other) => other.key === key),
          1,
        );
        this.letters.push({ conversation, key, envelope, attempted });
        this.expected -= 1;
      }
    } else {
      const counted = how === "retry";
      const retry = { counted, reason: how, nextAttemptAt: this.now + 20 };
      assert.ok(await this.store.scheduleRetry(outboxId, claim, retry, this.now));
      Object.assign(chunk, { state: "pending", due: this.now + 20, hold: null });
      if (counted) chunk.attempts += 1;
    }
    // Whoever reports late with a claim that is over is told so, and nothing changes.
    if (how !== "renew")
      assert.equal(await this.store.markDelivered(outboxId, claim, "late", this.now), false);
  }

  /** A person deals with one of the dead letters. */
  async settleLetter(how: "replay" | "discard", pick: number): Promise<void> {
    const letter = this.letters[pick % Math.max(1, this.letters.length)];
    if (letter === undefined) return;
    const stored = await this.store.deadLetters.list(connector, { limit: 1_000 });
    const keyOf = ({ request }: { request: { envelope_id: string; sequence: number } }): string =>
      `${request.envelope_id}/${request.sequence}`;
    assert.deepEqual(stored.map(keyOf).sort(), this.letters.map(({ key }) => key).sort());
    const id = stored.find((candidate) => keyOf(candidate) === letter.key)?.deadLetterId ?? 0;
    if (how === "discard") {
      assert.equal(keyOf(await this.store.deadLetters.discard(connector, id, this.now)), letter.key);
      this.letters = this.letters.filter((candidate) => candidate !== letter);
      return;
    }
    const back = this.letters
      .filter(({ envelope, key }) => envelope === letter.envelope && key >= letter.key)
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    const replayed = await this.store.deadLetters.replay(connector, id, this.now);
    assert.deepEqual(
      replayed.map(keyOf),
      back.map(({ key }) => key),
    );
    this.letters = this.letters.filter((candidate) => !back.includes(candidate));
    for (const { conversation, key, envelope, attempted } of back) {
      const again = { key, envelope, state: "pending", due: this.now, attempts: 0, attempted } as const;
      laneOf(this.outbox, conversation).push({ ...again, unknown: attempted, hold: null });
      this.sentAgain.add(key);
      this.expected += 1;
    }
  }

  async crash(power: boolean, seed: number): Promise<void> {
    const survivor = power ? this.disk.afterPowerLoss(seededRandom(seed)) : this.disk.afterKill();
    await this.store.close();
    this.disk = survivor;
    await this.open();
    const routing = heads(this.inbox).filter(({ state }) => state === "routing");
    const sending = heads(this.outbox).filter(({ state }) => state === "sending");
    assert.deepEqual(await this.store.recoverInterrupted(this.now), {
      inbound: routing.length,
      outbound: sending.length,
    });
    for (const event of routing) Object.assign(event, { state: "received", due: this.now });
    for (const chunk of sending) {
      Object.assign(chunk, { state: "pending", due: this.now, unknown: true, hold: null });
    }
  }

  async check(): Promise<void> {
    const depth = await this.store.queueDepth(connector);
    assert.equal(depth.inbox_pending, [...this.inbox.values()].flat().length);
    assert.equal(depth.outbox_pending, [...this.outbox.values()].flat().length);
    const earliest = (dues: number[]): number | null => (dues.length === 0 ? null : Math.min(...dues));
    const received = heads(this.inbox).filter(({ state }) => state === "received");
    assert.equal(await this.store.nextDueAt(connector, "inbound"), earliest(received.map(({ due }) => due)));
    const dues = heads(this.outbox).map(({ due }) => due);
    assert.equal(await this.store.nextDueAt(connector, "outbound"), this.paused ? null : earliest(dues));
    const snapshot = await this.store.queues.snapshot(connector, this.now);
    const held = heads(this.outbox).filter(({ state, due }) => state === "sending" && due > this.now);
    assert.deepEqual(
      [snapshot.dueOutbox, snapshot.claimedOutbox, snapshot.deadLetters, snapshot.nextAttemptAt],
      [dues.filter((due) => due <= this.now).length, held.length, this.letters.length, earliest(dues)],
    );
    assert.equal(snapshot.paused, this.paused);
  }

  /** Works everything off; a message that got stuck would keep this from ending. */
  async drain(): Promise<void> {
    await this.setPaused(false);
    for (let round = 0; round < 500; round += 1) {
      this.now += lease;
      await this.claimInbound();
      while (heads(this.inbox).some(({ state }) => state === "routing"))
        await this.settleInbound("complete", 1, 0);
      await this.claimOutbound();
      while (heads(this.outbox).some(({ state }) => state === "sending"))
        await this.settleOutbound("deliver", 0);
      if (heads(this.inbox).length + heads(this.outbox).length === 0) break;
    }
    assert.equal(new Set(this.finished).size, this.seen.size, "every accepted message came to an end");
    assert.equal(this.finished.length, this.seen.size, "none came to an end twice");
    const keys = [...this.delivered.values()].flat();
    assert.equal(new Set(keys).size, keys.length, "no chunk was delivered twice");
    assert.equal(keys.length, this.expected, "no chunk was lost");
    for (const lane of this.delivered.values()) {
      const first = lane.filter((key) => !this.sentAgain.has(key));
      assert.deepEqual(first, [...first].sort(), "chunks went in order");
    }
  }
}

function laneOf<T>(lanes: Lanes<T>, conversation: string): T[] {
  const lane = lanes.get(conversation) ?? [];
  lanes.set(conversation, lane);
  return lane;
}

function heads<T>(lanes: Lanes<T>): T[] {
  return [...lanes.values()].flatMap((lane) => lane[0] ?? []);
}

type Step = (pair: Pair) => Promise<void>;

const conversation = fc.constantFrom("a", "b", "c");
const pick = fc.nat({ max: 5 });
const inboundEnd = fc.constantFrom(
  "complete" as const,
  "complete" as const,
  "ignore" as const,
  "fail" as const,
  "retry" as const,
  "defer" as const,
);
const outboundEnd = fc.constantFrom(
  "deliver" as const,
  "retry" as const,
  "defer" as const,
  "bury" as const,
  "renew" as const,
);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(conversation, fc.nat({ max: 8 })).map(
    ([name, repeatOf]): Step =>
      (pair) =>
        pair.accept(name, repeatOf),
  ),
  fc.constant<Step>((pair) => pair.claimInbound()),
  fc.tuple(inboundEnd, fc.integer({ min: 0, max: 3 }), pick).map(
    ([how, chunks, which]): Step =>
      (pair) =>
        pair.settleInbound(how, chunks, which),
  ),
  fc.boolean().map(
    (force): Step =>
      (pair) =>
        pair.claimOutbound(force),
  ),
  fc.boolean().map(
    (paused): Step =>
      (pair) =>
        pair.setPaused(paused),
  ),
  fc.tuple(fc.constantFrom("replay" as const, "replay" as const, "discard" as const), pick).map(
    ([how, which]): Step =>
      (pair) =>
        pair.settleLetter(how, which),
  ),
  fc.tuple(outboundEnd, pick).map(
    ([how, which]): Step =>
      (pair) =>
        pair.settleOutbound(how, which),
  ),
  fc.integer({ min: 1, max: 150 }).map(
    (time): Step =>
      async (pair) => {
        pair.now += time;
      },
  ),
  fc.tuple(fc.boolean(), fc.integer()).map(
    ([power, seed]): Step =>
      (pair) =>
        pair.crash(power, seed),
  ),
);

describe("The connector store under any interleaving of work and crashes", () => {
  it("loses no message, repeats none, and keeps the order of every conversation", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60, size: "max" }), async (steps) => {
        const pair = new Pair();
        await pair.open();
        try {
          for (const run of steps) {
            await run(pair);
            await pair.check();
          }
          await pair.drain();
        } finally {
          await pair.store.close();
        }
      }),
      { numRuns: 60 },
    );
  }).timeout(60_000);
});
