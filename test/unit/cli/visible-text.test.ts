import assert from "node:assert/strict";
import fc from "fast-check";
import { visibleData, visibleJson, visibleText } from "../../../src/cli/visible-text.ts";

const texts = fc.string({ unit: "binary" });

describe("Foreign text in the terminal", () => {
  it("holds no character that steers the terminal or turns the text around", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const left = visibleText(text).replace(/[\t\n]/g, "");
        assert.doesNotMatch(left, /\p{Cc}|\p{Bidi_Control}/u);
      }),
    );
    assert.equal(visibleText("\u001b[31mred\u202e\u009b"), "\\u001b[31mred\\u202e\\u009b");
  });

  it("stays as it is otherwise: tabs, lines, umlauts, emoji", () => {
    const text = "a\tb\nGrüße 👩‍👩‍👧 漢字 \\u001b";
    assert.equal(visibleText(text), text);
  });

  it("is shown in every part of data, and is the same data when it is JSON", () => {
    const data = { a: ["x\u001b", { b: "\u202e\u0085" }], c: 1, d: null };
    assert.deepEqual(visibleData(data), { a: ["x\\u001b", { b: "\\u202e\\u0085" }], c: 1, d: null });
    fc.assert(
      fc.property(texts, (text) => {
        const json = visibleJson([text]);
        assert.doesNotMatch(json, /\p{Cc}|\p{Bidi_Control}/u);
        assert.deepEqual(JSON.parse(json), [text]);
      }),
    );
  });
});
