import assert from "node:assert/strict";
import { localTime, preciseTime } from "../../../src/cli/output/local-time.ts";
import { duration } from "../../../src/cli/render-status.ts";
import { paintFor } from "../../../src/cli/terminal.ts";
import { momentOf } from "../../../src/supervisor/log-filter.ts";

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

  it("shows moments as the clock of the user does, and as --since takes them", () => {
    assert.equal(localTime(0, "Asia/Kolkata"), "1970-01-01 05:30:00");
    assert.equal(preciseTime(1_769_860_800_007, "UTC"), "2026-01-31 12:00:00.007");
    assert.equal(momentOf(localTime(1_769_860_800_000), 0), 1_769_860_800_000);
  });

  it("tells time spans in their two largest units", () => {
    const spans = [900, 61_000, 3_600_000, 90_000_000].map(duration);
    assert.deepEqual(spans, ["0 s", "1 min 1 s", "1 h 0 min", "1 d 1 h"]);
  });
});
