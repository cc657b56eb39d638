import assert from "node:assert/strict";
import { durationWords } from "../../../src/views/wording.ts";

describe("A duration in words", () => {
  it("is told in its two largest units", () => {
    assert.equal(durationWords(-5), "< 1 min");
    assert.equal(durationWords(59_999), "< 1 min");
    assert.equal(durationWords(60_000), "1 min");
    assert.equal(durationWords(3_600_000), "1 h 0 min");
    assert.equal(durationWords(7_500_000), "2 h 5 min");
    assert.equal(durationWords(90_000_000), "1 d 1 h");
  });
});
