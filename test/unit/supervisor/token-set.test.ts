import assert from "node:assert/strict";
import { tokenRotationGraceMs } from "../../../src/contracts/control-link.ts";
import { TokenSet } from "../../../src/sidecar/token-set.ts";

describe("Tokens that were rotated out", () => {
  it("keep their own end when others are rotated after them", () => {
    let now = 0;
    const tokens = new TokenSet(["first"], () => now);
    tokens.replace(["second"], ["first"]);
    now = tokenRotationGraceMs / 2;
    tokens.replace(["second", "third"], []);
    tokens.replace(["third"], ["second", "first"]);
    now = tokenRotationGraceMs - 1;
    assert.deepEqual(tokens.valid().sort(), ["first", "second", "third"]);
    now = tokenRotationGraceMs;
    assert.ok(!tokens.accepts("first"));
    assert.ok(tokens.accepts("second"));
    now = tokenRotationGraceMs * 1.5;
    assert.deepEqual(tokens.valid(), ["third"]);
  });

  it("stay valid without an end when they are current again", () => {
    let now = 0;
    const tokens = new TokenSet(["first"], () => now);
    tokens.replace(["second"], ["first"]);
    tokens.replace(["first"], []);
    now = tokenRotationGraceMs;
    assert.deepEqual(tokens.valid(), ["first"]);
  });

  it("do not come back as current ones that are no longer named", () => {
    const tokens = new TokenSet(["first"], () => 0);
    tokens.replace(["second"], []);
    assert.ok(!tokens.accepts("first"));
  });

  it("ends an old token on time, also when the clock of the machine is set back meanwhile", () => {
    const { now } = Date;
    let steady = 1_000;
    const { now: steadyNow } = performance;
    try {
      performance.now = () => steady;
      const tokens = new TokenSet(["first"]);
      tokens.replace(["second"], ["first"]);
      Date.now = () => now() - 3_600_000;
      steady += tokenRotationGraceMs;
      assert.deepEqual(tokens.valid(), ["second"]);
    } finally {
      Object.assign(Date, { now });
      Object.assign(performance, { now: steadyNow });
    }
  });
});
