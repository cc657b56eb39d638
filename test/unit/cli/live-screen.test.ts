import assert from "node:assert/strict";
import fc from "fast-check";
import { fitScreen, LiveScreen } from "../../../src/cli/live-screen.ts";

describe("The screen of palyra up", () => {
  it("draws no more than the terminal can draw over, and keeps what it says at its end", () => {
    fc.assert(
      fc.property(fc.nat(60), fc.integer({ min: 5, max: 50 }), (count, rows) => {
        const lines = Array.from({ length: count }, (_, at) => `line ${at}`);
        const shown = fitScreen(lines, ["", "Ctrl-C leaves"], rows);
        assert.ok(shown.length < rows);
        assert.equal(shown.at(-1), "Ctrl-C leaves");
        const left = count - shown.filter((line) => line.startsWith("line")).length;
        assert.equal(
          left > 0,
          shown.some((line) => line.includes(`${left} more lines`)),
        );
      }),
    );
  });

  it("goes back over as many rows as it drew", () => {
    const written: string[] = [];
    const screen = new LiveScreen({ columns: 24, rows: 30, write: (text) => written.push(text) });
    screen.draw(["one two three four five six seven", "日本語"], "end");
    screen.draw([], "end");
    const rows = (written[0] ?? "").split("\n").length - 1;
    assert.ok(written[1]?.startsWith(`\u001b[${rows}A\u001b[0J`), JSON.stringify(written));
  });
});
