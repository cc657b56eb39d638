import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { ControlCenterSnapshot } from "../../../src/contracts/snapshot.ts";
import { SnapshotPublisher } from "../../../src/supervisor/snapshot-publisher.ts";
import { snapshot } from "../views/sample-snapshot.ts";

describe("New snapshots", () => {
  let reason = "";
  let published: number[];
  let publisher: SnapshotPublisher;

  beforeEach(() => {
    reason = "at first";
    published = [];
    publisher = new SnapshotPublisher({
      clock: { now: () => performance.now() },
      build: (revision): ControlCenterSnapshot => snapshot({ revision, overall_reason: reason }),
      published: () => published.push(performance.now()),
    });
  });

  afterEach(() => publisher.dispose());

  it("come at most ten times a second, however often something changes, and the last change is among them", async () => {
    const end = performance.now() + 1_000;
    for (let change = 0; performance.now() < end; change += 1) {
      reason = `change ${change}`;
      publisher.changed();
      await delay(2);
    }
    await publisher.published();
    assert.equal(publisher.latest.overall_reason, reason);
    assert.ok(published.length >= 5, `${published.length} is too few to be called live`);
    for (let index = 10; index < published.length; index += 1) {
      const span = (published[index] ?? 0) - (published[index - 10] ?? 0);
      assert.ok(span >= 950, `eleven came within ${Math.round(span)} ms`);
    }
    assert.ok(published.length <= 12, `${published.length} came in about a second`);
  });

  it("do not come when nothing but the time has changed", async () => {
    publisher.changed();
    await publisher.published();
    assert.deepEqual([published.length, publisher.latest.revision], [0, 0]);
  });
});
