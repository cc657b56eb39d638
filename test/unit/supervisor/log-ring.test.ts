import assert from "node:assert/strict";
import type { LogLine } from "../../../src/contracts/services.ts";
import { LogRing } from "../../../src/supervisor/log-ring.ts";

const line = (unix_ms: number, text = `line ${unix_ms}`): LogLine => ({
  unix_ms,
  service: "gateway",
  stream: "stdout",
  level: "info",
  line: text,
});

describe("The ring of log lines", () => {
  it("keeps the newest lines and counts the forgotten ones", () => {
    const ring = new LogRing(3);
    ring.add([1, 2, 3, 4, 5].map((at) => line(at)));
    assert.deepEqual(
      ring.lines.map(({ unix_ms }) => unix_ms),
      [3, 4, 5],
    );
    assert.equal(ring.dropped, 2);
  });

  it("leaves out blank lines", () => {
    const ring = new LogRing();
    assert.deepEqual(ring.add([line(1, "  "), line(2)]), [line(2)]);
  });

  it("merges a backlog of which it knows a part, in the order of time", () => {
    const ring = new LogRing();
    ring.add([line(2), line(4)]);
    assert.deepEqual(ring.merge([line(1), line(2), line(3)]), [line(1), line(3)]);
    assert.deepEqual(
      ring.lines.map(({ unix_ms }) => unix_ms),
      [1, 2, 3, 4],
    );
  });

  it("loses no newer line to a backlog that goes back further, and does not tell it a second time", () => {
    const ring = new LogRing(3);
    ring.add([1, 2, 3, 4, 5].map((at) => line(at)));
    assert.deepEqual(ring.merge([line(1), line(2), line(3), line(6)]), [line(6)]);
    assert.deepEqual(
      ring.lines.map(({ unix_ms }) => unix_ms),
      [4, 5, 6],
    );
  });
});
