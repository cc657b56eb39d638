import assert from "node:assert/strict";
import { stripVTControlCharacters, styleText } from "node:util";
import fc from "fast-check";
import stringWidth from "fast-string-width";
import { rowsOf, wrapLines } from "../../../src/cli/output/wrap-lines.ts";

const wordsOf = (text: string): string[] => stripVTControlCharacters(text).split(/\s+/).filter(Boolean);

describe("Long lines in a terminal", () => {
  it("are broken between words, and go on further in than they began", () => {
    assert.deepEqual(wrapLines(["  warning No browser was found here.", "short"], 24), [
      "  warning No browser",
      "    was found here.",
      "short",
    ]);
    assert.deepEqual(wrapLines(["anything"], Number.POSITIVE_INFINITY), ["anything"]);
  });

  it("keep addresses whole, so that they can be copied", () => {
    const address = `https://discord.com/oauth2/authorize?client_id=${"1".repeat(40)}`;
    assert.ok(wrapLines([`Invite it: ${address}`], 30).some((line) => line.trim() === address));
  });

  it("keep their colours, and nothing of a colour reaches into the next line's margin", () => {
    const red = (text: string): string => styleText("red", text, { validateStream: false });
    assert.deepEqual(wrapLines([`  ${red("one two three four five six")}`], 24), [
      `  ${red("one two three four")}`,
      `    ${red("five six")}`,
    ]);
  });

  it("lose no word in any width, and are as wide as the terminal at most, unless a word is wider", () => {
    const word = fc.stringMatching(/^[a-z日ö]{1,12}$/);
    const lines = fc.array(fc.tuple(fc.nat(8), fc.array(word, { minLength: 1, maxLength: 30 })), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(lines, fc.integer({ min: 50, max: 120 }), (given, columns) => {
        const text = given.map(([indent, words]) => " ".repeat(indent) + words.join(" "));
        const broken = wrapLines(text, columns);
        assert.deepEqual(broken.flatMap(wordsOf), text.flatMap(wordsOf));
        for (const line of broken) assert.ok(stringWidth(line) <= columns, line);
      }),
    );
  });

  it("are counted in rows of the terminal, in which some letters take two places", () => {
    assert.equal(rowsOf("", 10), 1);
    assert.equal(rowsOf("0123456789", 10), 1);
    assert.equal(rowsOf("日本語日本語", 10), 2);
  });
});
