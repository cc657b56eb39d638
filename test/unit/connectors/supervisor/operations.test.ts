import assert from "node:assert/strict";
import type { ConnectorEventInput } from "../../../../src/connectors/store/parts/event-store.ts";
import type { QueueSnapshot } from "../../../../src/connectors/store/parts/queue-control.ts";
import { ConnectorJournal } from "../../../../src/connectors/supervisor/connector-journal.ts";
import { type SaturationFacts, saturationOf } from "../../../../src/connectors/supervisor/saturation.ts";

const queue: QueueSnapshot = {
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
};
const facts: SaturationFacts = {
  enabled: true,
  readiness: "ready",
  queue,
  rateLimits: null,
  circuit: "closed",
};

describe("How much a connector is held up", () => {
  it("is said on one scale, the most telling reason first", () => {
    const cases: [Partial<SaturationFacts>, string, string[]][] = [
      [{}, "healthy", []],
      [{ queue: { ...queue, pendingOutbox: 1 } }, "retrying", ["pending_outbox=1"]],
      [{ queue: { ...queue, pendingOutbox: 9, dueOutbox: 9 } }, "backpressure", ["due_outbox=9"]],
      [{ circuit: "half_open" }, "circuit_open", ["circuit=half_open"]],
      [
        { rateLimits: { globalRetryAfterMs: 5, routes: [{ route: "r", retryAfterMs: 1 }] } },
        "rate_limited",
        ["global_retry_after_ms=5", "active_route_limits=1"],
      ],
      [{ queue: { ...queue, deadLetters: 2 }, circuit: "open" }, "dead_lettered", ["dead_letters=2"]],
      [{ readiness: "auth_failed", queue: { ...queue, deadLetters: 2 } }, "auth_failed", ["auth_failed"]],
      [
        { readiness: "auth_failed", queue: { ...queue, paused: true, pauseReason: "me" } },
        "paused",
        ["queue_paused", "pause_reason=me"],
      ],
      [{ enabled: false, queue: { ...queue, paused: true } }, "paused", ["connector_disabled"]],
    ];
    for (const [change, state, reasons] of cases) {
      assert.deepEqual(saturationOf({ ...facts, ...change }), { state, reasons });
    }
  });
});

describe("The events of a connector", () => {
  it("are limited in number, and the next one tells how many were left out", () => {
    const written: ConnectorEventInput[] = [];
    const store = {
      append: async (event: ConnectorEventInput) => {
        written.push(event);
      },
    };
    const journal = new ConnectorJournal("echo:a", store, (thrown) => assert.fail(String(thrown)));
    for (let n = 0; n < 500; n += 1) {
      journal.record({ type: "outbox.retry", level: "warn", message: `retry ${n}` }, 1_000);
    }
    assert.equal(written.length, 60);
    journal.record({ type: "outbox.retry", level: "warn", message: "later" }, 61_000);
    assert.deepEqual(written.at(-1)?.details, { events_left_out: 440 });
  });

  it("that cannot be stored break nothing, and are told", async () => {
    const faults: unknown[] = [];
    const store = { append: () => Promise.reject(new Error("disk full")) };
    const journal = new ConnectorJournal("echo:a", store, (thrown) => faults.push(thrown));
    journal.record({ type: "queue.paused", level: "info", message: "x" }, 0);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(faults.length, 1);
  });
});
