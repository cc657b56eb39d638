import assert from "node:assert/strict";
import { spanWords } from "../../../src/contracts/failure-rate-words.ts";

describe("The time a failure rate is of", () => {
  it("is the last hour, or goes back to the start of a gateway that is younger", () => {
    assert.equal(spanWords({ window_ms: 60_000 }), "since the gateway started");
    assert.equal(spanWords({ window_ms: 3_599_999 }), "since the gateway started");
    assert.equal(spanWords({ window_ms: 3_600_000 }), "in the last hour");
  });
});
