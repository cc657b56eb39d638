import assert from "node:assert/strict";
import { type PlanOptions, planTorture } from "../../torture/plan.ts";

const fiveMinutes: PlanOptions = { seed: 1, durationMs: 300_000, conversations: 10, people: 5 };

describe("The plan of a torture run", () => {
  it("is the same for the same seed and another for another seed", () => {
    assert.deepEqual(planTorture(fiveMinutes), planTorture(fiveMinutes));
    for (const part of ["writes", "killGapsMs", "faults"] as const) {
      const other = planTorture({ ...fiveMinutes, seed: 2 });
      assert.notDeepEqual(planTorture(fiveMinutes)[part], other[part], part);
    }
  });

  it("has well over a hundred kills in five minutes, whatever the seed", () => {
    for (let seed = 0; seed < 200; seed += 1) {
      const { killGapsMs } = planTorture({ ...fiveMinutes, seed });
      assert.ok(killGapsMs.length > 115, `${killGapsMs.length} kills with the seed ${seed}`);
    }
  });

  it("has every kind of fault, every kind of message and every conversation in five minutes", () => {
    const { faults, writes } = planTorture(fiveMinutes);
    assert.deepEqual([...new Set(faults.map(({ fault }) => fault.kind))].sort(), [
      "close",
      "cut",
      "half_open",
      "invalid_session",
      "latency",
      "lost_response",
      "no_heartbeat_acks",
      "no_response",
      "rate_limit",
      "reconnect",
      "server_error",
    ]);
    assert.equal(new Set(writes.map((write) => write.kind)).size, 3);
    assert.equal(new Set(writes.map((write) => write.conversation)).size, 10);
    assert.equal(new Set(writes.map((write) => write.person)).size, 5);
  });

  it("keeps within its time, in the order of time", () => {
    const { faults, writes } = planTorture(fiveMinutes);
    for (const steps of [faults, writes]) {
      const times = steps.map((step) => step.atMs);
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      );
      assert.ok((times.at(-1) ?? Number.POSITIVE_INFINITY) < 300_000);
    }
  });
});
