import assert from "node:assert/strict";
import fc from "fast-check";
import { ActionBudget } from "../../../src/browserd/action-budget.ts";
import { effectiveValue, truncateUtf8 } from "../../../src/browserd/limits.ts";
import { crashMemoryMs, RelaunchPolicy, relaunchLimit } from "../../../src/browserd/relaunch-policy.ts";

describe("limits", () => {
  const bound = { default: 50, min: 10, max: 100 };
  for (const [requested, value, clamped] of [
    [undefined, 50, false],
    [0, 50, false],
    [20, 20, false],
    [100, 100, false],
    [101, 100, true],
    [5, 10, true],
    [-1, 10, true],
    [20.5, 20, true],
  ] as const) {
    it(`${requested} becomes ${value}${clamped ? ", and that is said" : ""}`, () =>
      assert.deepEqual(effectiveValue(requested, bound), { value, clamped }));
  }

  it("cuts text between characters and never above the limit", () => {
    assert.deepEqual(truncateUtf8("añb", 2), { text: "a", truncated: true });
    assert.deepEqual(truncateUtf8("añb", 4), { text: "añb", truncated: false });
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat(40), (text, max) => {
        const cut = truncateUtf8(text, max);
        assert.ok(Buffer.byteLength(cut.text) <= max);
        assert.ok(text.startsWith(cut.text));
        assert.equal(cut.truncated, cut.text !== text);
      }),
    );
  });
});

describe("budget of actions", () => {
  const limits = { actionsPerSession: 3, actionsPerWindow: 2, actionWindowMs: 1_000 };

  it("refuses a burst, says when to come back, and ends with the session's last action", () => {
    let budget = new ActionBudget(limits);
    const spend = (now: number): string => {
      const decision = budget.spend(now);
      if (decision.allowed) budget = decision.budget;
      return decision.allowed ? "yes" : JSON.stringify(decision);
    };
    assert.equal(spend(0), "yes");
    assert.equal(spend(100), "yes");
    assert.match(spend(400), /"rate_limited","retryAfterMs":600/);
    assert.equal(spend(1_000), "yes");
    assert.match(spend(9_000), /budget_exhausted/);
  });
});

describe("relaunch policy", () => {
  it("allows three relaunches and not a fourth", () => {
    let policy = RelaunchPolicy.initial;
    for (let crash = 0; crash < relaunchLimit; crash += 1) {
      policy = policy.afterCrash(crash);
      assert.equal(policy.mayLaunch(crash), true);
    }
    policy = policy.afterCrash(10);
    assert.equal(policy.mayLaunch(10), false);
    assert.equal(policy.crashes(10), relaunchLimit + 1);
  });

  it("forgets crashes that are long ago, and changes no earlier value", () => {
    const once = RelaunchPolicy.initial.afterCrash(0);
    const often = once.afterCrash(1).afterCrash(2).afterCrash(3);
    assert.equal(often.mayLaunch(4), false);
    assert.equal(once.mayLaunch(4), true);
    assert.equal(often.mayLaunch(crashMemoryMs + 4), true);
  });
});
