import assert from "node:assert/strict";
import { settle } from "../../../src/connectors/outbound-settlement.ts";
import { rateLimitDelay, retryDelay, retryLimits } from "../../../src/connectors/retry-policy.ts";
import type { DeliveryOutcome } from "../../../src/contracts/connector.ts";

const row = { attempts: 0, createdAt: 1_000, firstAttemptAt: 1_000 };
const facts = { now: 2_000, connected: true, random: 0.5 };
const network: DeliveryOutcome = {
  kind: "retry",
  class: "transient_network",
  reason: "reset",
  retry_after_ms: null,
};
const limited: DeliveryOutcome = {
  kind: "retry",
  class: "rate_limit",
  reason: "429",
  retry_after_ms: 90_000,
};

describe("After an attempt to send", () => {
  it("a delivered message is done", () => {
    const outcome = { kind: "delivered", native_message_id: "7" } as const;
    assert.deepEqual(settle(row, outcome, facts), { kind: "delivered", nativeMessageId: "7" });
  });

  it("a network fault is tried again and spends an attempt", () => {
    const settlement = settle(row, network, facts);
    assert.deepEqual(settlement, { kind: "retry", counted: true, reason: "reset", delayMs: 1_000 });
  });

  it("a network fault while the connection is down spends none", () => {
    const settlement = settle({ ...row, attempts: 99 }, network, { ...facts, connected: false });
    assert.equal(settlement.kind === "retry" && settlement.counted, false);
  });

  it("a rate limit is waited for in full and spends no attempt", () => {
    const settlement = settle({ ...row, attempts: 99 }, limited, facts);
    assert.ok(settlement.kind === "retry");
    assert.equal(settlement.counted, false);
    assert.ok(settlement.delayMs >= 90_000);
  });

  it("a rate limit that lasts longer than messages are kept ends with the message, not after it", () => {
    const forYears = { ...limited, retry_after_ms: 999_999_999_000 };
    const settlement = settle(row, forYears, facts);
    assert.ok(settlement.kind === "retry");
    const then = { ...facts, now: facts.now + settlement.delayMs };
    assert.deepEqual(settle(row, forYears, then), { kind: "dead", reason: "expired: 429" });
    const before = { ...then, now: then.now - 1 };
    assert.equal(settle(row, forYears, before).kind, "retry");
  });

  it("a message is not given up for the time that it waited in a paused queue", () => {
    const afterDays = { ...facts, now: row.createdAt + 3 * retryLimits.maxAgeMs };
    for (const outcome of [limited, network]) {
      const settlement = settle({ ...row, firstAttemptAt: null }, outcome, afterDays);
      assert.equal(settlement.kind, "retry");
    }
    const tried = { ...row, firstAttemptAt: afterDays.now };
    const inTime = { ...facts, now: afterDays.now + retryLimits.maxAgeMs };
    assert.equal(settle(tried, limited, inTime).kind, "retry");
    assert.equal(settle(tried, limited, { ...inTime, now: inTime.now + 1 }).kind, "dead");
  });

  it("a dead letter that was brought back has its time anew", () => {
    const broughtBack = { ...row, createdAt: row.createdAt + 2 * retryLimits.maxAgeMs };
    assert.equal(settle(broughtBack, limited, { ...facts, now: broughtBack.createdAt + 5 }).kind, "retry");
  });

  it("a refused token is no fault of the message: it waits for a better one", () => {
    const outcome = { kind: "permanent_failure", class: "auth_failed", reason: "401" } as const;
    const settlement = settle(row, outcome, facts);
    assert.equal(settlement.kind === "retry" && settlement.counted, false);
  });

  it("a message that Discord refuses, or that failed too often or too long, is given up with its reason", () => {
    const refused = { kind: "permanent_failure", class: "missing_access", reason: "no" } as const;
    assert.deepEqual(settle(row, refused, facts), { kind: "dead", reason: "missing_access: no" });
    const last = { ...row, attempts: retryLimits.outboundAttempts - 1 };
    assert.deepEqual(settle(last, network, facts), { kind: "dead", reason: "attempts_exhausted: reset" });
    const late = { ...facts, now: row.createdAt + retryLimits.maxAgeMs + 1 };
    assert.deepEqual(settle(row, limited, late), { kind: "dead", reason: "expired: 429" });
  });
});

describe("The wait before a retry", () => {
  it("doubles up to a minute and is spread", () => {
    assert.deepEqual(
      [1, 2, 3, 7, 40].map((attempts) => retryDelay(attempts, 0.5)),
      [1_000, 2_000, 4_000, 60_000, 60_000],
    );
    assert.equal(retryDelay(1, 0), 500);
    assert.ok(retryDelay(1, 0.999) < 1_500);
  });

  it("is never shorter than what the provider asked for", () => {
    for (const random of [0, 0.5, 0.999]) {
      assert.ok(rateLimitDelay(5_000, random) >= 5_000);
      assert.ok(rateLimitDelay(null, random) >= 1_000);
    }
  });
});
