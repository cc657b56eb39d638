import assert from "node:assert/strict";
import fc from "fast-check";
import {
  compareSnowflakes,
  isSnowflake,
  SnowflakeSource,
  snowflakeAt,
  snowflakeTime,
} from "../../../src/simulator/world/snowflake.ts";

describe("Simulated ids (Reference: Snowflakes)", () => {
  it("carry their creation time", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_420_070_400_000, max: 4_000_000_000_000 }), (ms) => {
        assert.equal(snowflakeTime(snowflakeAt(ms)), ms);
      }),
    );
  });

  it("match the documented example", () => {
    assert.equal(snowflakeTime("175928847299117063"), 1_462_015_105_796);
  });

  it("grow strictly, whatever the clock does", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1_600_000_000_000, max: 1_600_000_000_003 }), { minLength: 2 }),
        (times) => {
          let index = 0;
          const source = new SnowflakeSource(() => times[index++] ?? 0);
          const ids = times.map(() => source.next());
          for (const [at, id] of ids.entries()) {
            const before = ids[at - 1];
            if (before !== undefined) assert.equal(compareSnowflakes(before, id), -1);
          }
        },
      ),
    );
  });

  it("grow strictly beyond 4096 in one millisecond", () => {
    const source = new SnowflakeSource(() => 1_600_000_000_000);
    const ids = new Set(Array.from({ length: 10_000 }, () => source.next()));
    assert.equal(ids.size, 10_000);
  });

  it("are ordered as numbers", () => {
    const id = fc.bigInt({ min: 0n, max: (1n << 63n) - 1n });
    fc.assert(
      fc.property(id, id, (a, b) => {
        assert.equal(compareSnowflakes(a.toString(), b.toString()), a < b ? -1 : a > b ? 1 : 0);
        assert.equal(compareSnowflakes(`00${a}`, a.toString()), 0);
      }),
    );
  });

  it("are told from other text", () => {
    for (const wrong of ["", "abc", "12a", "-1", "1.5", "99999999999999999999", 5, null])
      assert.equal(isSnowflake(wrong), false);
    assert.equal(isSnowflake("175928847299117063"), true);
  });
});
