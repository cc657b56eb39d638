import assert from "node:assert/strict";
import { descendantsOf } from "../../../src/platform/kill-tree.ts";
import { parseLinuxStat } from "../../../src/platform/process-identity.ts";

describe("The tree of processes", () => {
  it("holds children and grandchildren and no others", () => {
    const parents = new Map([
      [2, 1],
      [3, 2],
      [4, 3],
      [5, 3],
      [6, 1],
    ]);
    assert.deepEqual(descendantsOf(2, parents), [3, 4, 5]);
  });

  it("ends also when the table of parents has a circle", () => {
    const parents = new Map([
      [2, 3],
      [3, 2],
    ]);
    assert.deepEqual(descendantsOf(2, parents), [3]);
  });

  it("is read from /proc also when a name holds spaces and brackets", () => {
    const rest = "S 41 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 987654 0 0";
    assert.deepEqual(parseLinuxStat(`42 (a) b (c) ${rest}`), {
      state: "S",
      parent: 41,
      startTicks: "987654",
    });
    assert.equal(parseLinuxStat("42 (cut"), null);
  });
});
