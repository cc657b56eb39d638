import assert from "node:assert/strict";
import type { ServiceKind } from "../../../src/contracts/services.ts";
import { rotationIsDue, suspicionPauseMs, TokenRotation } from "../../../src/supervisor/token-rotation.ts";

const day = 86_400_000;
const now = 1_800_000_000_000;

describe("The age of a token", () => {
  it("asks for a new one after the days that the user set, and never with 0", () => {
    assert.equal(rotationIsDue(now - 30 * day, 30, now), true);
    assert.equal(rotationIsDue(now - 30 * day + 1, 30, now), false);
    assert.equal(rotationIsDue(now - 400 * day, 0, now), false);
    assert.equal(rotationIsDue(null, 0, now), false);
  });

  it("asks for a new one when it is unknown or lies in the future", () => {
    assert.equal(rotationIsDue(null, 30, now), true);
    assert.equal(rotationIsDue(now + 1, 30, now), true);
  });
});

describe("Tokens that are replaced by themselves", () => {
  let time = now;
  let created: Record<ServiceKind, number | null>;
  let rotated: string[];
  let failures: string[];
  let fail = false;
  const rotation = (): TokenRotation =>
    new TokenRotation({
      days: () => 30,
      createdAt: (service) => created[service],
      rotate: async (service, reason) => {
        if (fail) throw new Error("no store");
        rotated.push(`${service}: ${reason}`);
        created[service] = time;
      },
      failed: (service) => failures.push(service),
      now: () => time,
    });
  beforeEach(() => {
    time = now;
    created = { gateway: now - 31 * day, browserd: now - day };
    rotated = [];
    failures = [];
    fail = false;
  });

  it("are the old ones only, once", () => {
    const schedule = rotation();
    schedule.check();
    schedule.check();
    assert.deepEqual(rotated, ["gateway: it is 30 days old"]);
  });

  it("are tried again at the next look when it failed", async () => {
    const schedule = rotation();
    fail = true;
    schedule.check();
    await Promise.resolve();
    assert.deepEqual(failures, ["gateway"]);
    fail = false;
    schedule.check();
    assert.equal(rotated.length, 1);
  });

  it("are replaced at once on suspicion, and not again and again for the same leak", () => {
    const schedule = rotation();
    schedule.suspect("browserd", "it was seen");
    schedule.suspect("browserd", "it was seen");
    time += suspicionPauseMs;
    schedule.suspect("browserd", "it was seen again");
    assert.deepEqual(rotated, ["browserd: it was seen", "browserd: it was seen again"]);
  });
});
