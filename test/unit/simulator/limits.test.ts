import assert from "node:assert/strict";
import { Faults } from "../../../src/simulator/faults.ts";
import { SessionStarts } from "../../../src/simulator/gateway/session-starts.ts";
import { NonceMemory } from "../../../src/simulator/rest/nonce-memory.ts";
import { InvalidRequests, RateLimits } from "../../../src/simulator/rest/rate-limits.ts";

describe("Counting on the simulated Discord", () => {
  it("opens a new rate-limit window only after the old one has ended (Rate Limits: Header Format)", () => {
    const limits = new RateLimits(50);
    const rule = { limit: 2, windowMs: 1000 };
    const at = (ms: number) => limits.take("bot", "messages", "channel", rule, ms);
    assert.deepEqual(
      [at(0).exceeded, at(999).exceeded, at(999).exceeded, at(1000).exceeded],
      [false, false, true, false],
    );
  });

  it("keeps bots, buckets and channels apart", () => {
    const limits = new RateLimits(50);
    const rule = { limit: 1, windowMs: 1000 };
    const take = (who: string, bucket: string, channel: string) =>
      limits.take(who, bucket, channel, rule, 0).exceeded;
    assert.deepEqual(
      [
        take("a", "x", "1"),
        take("b", "x", "1"),
        take("a", "y", "1"),
        take("a", "x", "2"),
        take("a", "x", "1"),
      ],
      [false, false, false, false, true],
    );
  });

  it("does not count a refused request against the global limit", () => {
    const limits = new RateLimits(1);
    assert.equal(limits.takeGlobal("bot", 0), null);
    assert.equal(limits.takeGlobal("bot", 400), 600);
    assert.equal(limits.takeGlobal("bot", 1000), null);
  });

  it("forgets invalid requests after the window (Rate Limits: Invalid Request Limit)", () => {
    const invalid = new InvalidRequests(2, 1000);
    invalid.note(0);
    invalid.note(500);
    assert.equal(invalid.bannedForMs(600), 400);
    assert.equal(invalid.bannedForMs(1000), null);
  });

  it("remembers a nonce per author for its lifetime (Create Message: enforce_nonce)", () => {
    const memory = new NonceMemory(1000);
    memory.remember("a", "n", { messageId: "1", channelId: "c", atMs: 0 });
    assert.equal(memory.find("a", "n", 999)?.messageId, "1");
    assert.equal(memory.find("b", "n", 999), undefined);
    assert.equal(memory.find("a", "n", 1000), undefined);
  });

  it("refills session starts after a day (Gateway: Session Start Limit Object)", () => {
    const starts = new SessionStarts({ total: 2, maxConcurrency: 1, intervalMs: 5000 });
    assert.deepEqual(
      [starts.take(0, 0), starts.take(4999, 0), starts.take(5000, 0), starts.take(10_000, 0)],
      ["granted", "tooSoon", "granted", "exhausted"],
    );
    assert.equal(starts.take(86_400_000, 0), "granted");
  });

  it("lets shards of different concurrency keys start together (Gateway: Max Concurrency)", () => {
    const starts = new SessionStarts({ total: 10, maxConcurrency: 2, intervalMs: 5000 });
    assert.deepEqual(
      [starts.take(0, 0), starts.take(0, 1), starts.take(0, 2)],
      ["granted", "granted", "tooSoon"],
    );
  });

  it("ends a fault after as many requests as it was meant for", () => {
    const faults = new Faults();
    faults.add({ kind: "serverError", method: "POST", pathIncludes: "/messages", times: 1 });
    assert.equal(faults.take("GET", "/channels/1/messages").length, 0);
    assert.equal(faults.take("POST", "/channels/1/typing").length, 0);
    assert.equal(faults.take("POST", "/channels/1/messages").length, 1);
    assert.equal(faults.take("POST", "/channels/1/messages").length, 0);
  });
});
