import assert from "node:assert/strict";
import { duration } from "../../../src/cli/render-status.ts";
import { paintFor } from "../../../src/cli/terminal.ts";

describe("Output in the terminal", () => {
  const write = (): boolean => true;
  const isColoured = (isTTY: boolean, env: Record<string, string>, plain = false): boolean =>
    paintFor({ isTTY, write }, env, plain)("red", "x") !== "x";

  it("has colours only on a terminal and only when nobody minds", () => {
    assert.equal(isColoured(true, {}), true);
    assert.equal(isColoured(false, {}), false);
    assert.equal(isColoured(true, { NO_COLOR: "1" }), false);
    assert.equal(isColoured(true, { TERM: "dumb" }), false);
    assert.equal(isColoured(true, {}, true), false);
  });

  it("tells time spans in their two largest units", () => {
    const spans = [900, 61_000, 3_600_000, 90_000_000].map(duration);
    assert.deepEqual(spans, ["0 s", "1 min 1 s", "1 h 0 min", "1 d 1 h"]);
  });
});
