import assert from "node:assert/strict";
import fc from "fast-check";
import { fitColumns } from "../../../src/cli/output/fit-columns.ts";
import { table } from "../../../src/cli/output/table.ts";

const paint = (_style: string, text: string): string => text;
const head = ["connector", "state", "problem"];
const rows = [
  ["discord:default", "auth failed", "Discord refused the token. Copy a new one from the developer portal."],
  ["discord:büro日本", "ready", ""],
];

describe("A table in a terminal", () => {
  it("is as wide as its content where there is room, whatever letters it has", () => {
    assert.deepEqual(table(head, [["discord:büro日本", "ready", "x"]], paint), [
      "CONNECTOR         STATE  PROBLEM",
      "discord:büro日本  ready  x",
    ]);
  });

  it("breaks its widest cells between words where it is too wide, and cuts nothing off", () => {
    const lines = table(head, rows, paint, 60);
    for (const line of lines) assert.ok(line.length <= 60, line);
    assert.match(lines[1] ?? "", /^discord:default {3}auth failed {2}Discord refused/);
    assert.equal(lines.join(" ").includes("…"), false);
    for (const word of "Discord refused the token. Copy a new one from the developer portal.".split(" ")) {
      assert.ok(
        lines.some((line) => line.includes(word)),
        word,
      );
    }
  });

  it("shows each row as names and values where even that is too wide", () => {
    assert.deepEqual(table(head, rows, paint, 24), [
      "  connector  discord:default",
      "  state      auth failed",
      `  problem    ${rows[0]?.[2]}`,
      "",
      "  connector  discord:büro日本",
      "  state      ready",
    ]);
  });

  it("takes as many words as there are", () => {
    const many = Array.from({ length: 1_000 }, (_, at) => [String(at), "ready", "a ".repeat(250)]);
    assert.ok(table(head, many, paint, 80).length > 1_000);
  });

  it("has columns that fit, none narrower than its longest word or wider than it wants", () => {
    const need = fc
      .tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 60 }))
      .map(([least, more]) => ({ least, natural: least + more }));
    fc.assert(
      fc.property(
        fc.array(need, { minLength: 1, maxLength: 7 }),
        fc.integer({ min: 1, max: 200 }),
        (needs, room) => {
          const widths = fitColumns(needs, room);
          const least = needs.reduce((sum, one) => sum + one.least, 0);
          if (widths === null) {
            assert.ok(least > room);
            return;
          }
          assert.ok(widths.reduce((sum, one) => sum + one, 0) <= room);
          widths.forEach((width, at) => {
            assert.ok(width >= (needs[at]?.least ?? 0) && width <= (needs[at]?.natural ?? 0));
          });
        },
      ),
    );
  });
});
