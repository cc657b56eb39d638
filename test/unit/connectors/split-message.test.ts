import assert from "node:assert/strict";
import fc from "fast-check";
import { splitMessage } from "../../../src/connectors/split-message.ts";

const isFence = (line: string): boolean => /^ {0,3}(`{3,}|~{3,})/.test(line);
/** Fence lines of the simple kind used below: each one opens or closes. */
const fenceLines = (text: string): number => text.split("\n").filter(isFence).length;
/** What a reader gets: everything but white space and fences. */
const readable = (text: string): string =>
  text
    .split("\n")
    .filter((line) => !isFence(line))
    .join("")
    .replace(/\s/g, "");

describe("A long text", () => {
  it("within the limit stays one message, unchanged", () => {
    assert.deepEqual(splitMessage("  hello\n\nworld ", 100), ["  hello\n\nworld "]);
  });

  it("that is blank is no message", () => {
    assert.deepEqual(splitMessage(" \n\t "), []);
    assert.deepEqual(splitMessage(" ".repeat(3_000)), []);
  });

  it("is split at line ends before words are split", () => {
    const line = "a b c d e f g h i j".repeat(2);
    assert.deepEqual(splitMessage(`${line}\n${line}\n${line}`, 80), [`${line}\n${line}`, line]);
  });

  it("is split at spaces where a line is too long, and inside words only when it must be", () => {
    assert.deepEqual(splitMessage("aaaa bbbb cccc", 10), ["aaaa bbbb", "cccc"]);
    assert.deepEqual(splitMessage("abcdefghijklmnop", 10), ["abcdefghij", "klmnop"]);
  });

  it("with a code fence that spans messages has it closed and opened again on its own line", () => {
    const code = Array.from({ length: 10 }, (_, index) => `line ${index};`).join("\n");
    const messages = splitMessage(`before\n\`\`\`js\n${code}\n\`\`\`\nafter`, 60);
    assert.ok(messages.length > 1);
    for (const message of messages) {
      assert.ok(message.length <= 60);
      assert.equal(fenceLines(message) % 2, 0, message);
    }
    assert.ok(messages[1]?.startsWith("```js\nline"));
    assert.equal(readable(messages.join("\n")), readable(`before\n${code}\nafter`));
  });

  it("never has an empty code block where a fence begins at the end of a message", () => {
    const messages = splitMessage(`${"x".repeat(50)}\n\`\`\`js\n${"y".repeat(40)}\n\`\`\``, 60);
    for (const message of messages) assert.ok(!/```js\n```/.test(message), message);
  });

  it("is never cut inside a character of two units", () => {
    for (const message of splitMessage("😀".repeat(50), 11)) assert.doesNotMatch(message, /\p{Surrogate}/u);
  });

  it("is never cut inside what a reader takes for one character, where that fits into a message", () => {
    const signs = ["👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "👍🏽", "e\u0301", "क्षि", "각", "a", "\u3042"];
    const graphemes = (text: string): string[] =>
      [...new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text)].map(({ segment }) => segment);
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...signs), { minLength: 1, maxLength: 120 }),
        fc.integer({ min: 24, max: 90 }),
        (word, limit) => {
          const text = word.join("");
          const messages = splitMessage(text, limit);
          assert.equal(messages.join(""), text);
          for (const message of messages) assert.ok(message.length <= limit);
          assert.deepEqual(messages.flatMap(graphemes), graphemes(text));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("goes on however long one character is", () => {
    const zalgo = `a${"\u0301".repeat(500)}`;
    const messages = splitMessage(`${zalgo}${zalgo}`, 100);
    assert.equal(messages.join(""), `${zalgo}${zalgo}`);
    for (const message of messages) assert.ok(message.length <= 100);
  });

  it("is split at tabs and wide spaces too", () => {
    assert.deepEqual(splitMessage("aaaa\tbbbb\tcccc", 10), ["aaaa\tbbbb", "cccc"]);
    assert.deepEqual(splitMessage("ああ\u3000いいいい", 5), ["ああ", "いいいい"]);
  });

  it("with nested fences of both kinds stays within the limit, balanced and complete", () => {
    const line = fc.oneof(
      fc.constantFrom(
        "```",
        "````md",
        "~~~",
        "~~~~ts",
        "   ```py",
        "    ```",
        "``",
        "",
        "text",
        "😀 word 😀",
      ),
      fc.stringMatching(/^[a-z]{0,30}$/),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), fc.integer({ min: 48, max: 160 }), (lines, limit) => {
        const text = lines.join("\n");
        const messages = splitMessage(text, limit);
        for (const message of messages) {
          assert.ok(message.length <= limit, `${message.length} > ${limit}`);
          assert.ok([...message].length <= limit);
          assert.doesNotMatch(message, /\p{Surrogate}/u);
          if (messages.length > 1) assert.equal(openFences(message), 0, message);
        }
        assert.equal(words(messages.join("\n")), words(text));
      }),
      { numRuns: 500 },
    );
  });

  it("in code is never glued to the line that opens the fence again", () => {
    const text = `\`\`\`ts\n${"x".repeat(500)}\n\`\`\``;
    const messages = splitMessage(text, 100);
    assert.ok(messages.length > 4);
    for (const message of messages) {
      const lines = message.split("\n");
      assert.equal(lines[0], "```ts");
      assert.match(lines[1] ?? "", /^x+$/);
      assert.equal(lines.at(-1), "```");
    }
    assert.equal(messages.map((message) => message.split("\n")[1]).join(""), "x".repeat(500));
  });

  it("keeps the lines of its code exactly, with their indentation and the blank ones between them", () => {
    const codeLine = fc.oneof(
      fc.stringMatching(/^ {0,8}[a-z(){};=.]{0,20} {0,2}$/),
      fc.constantFrom("", "\t", "  ", "# not a title", "> no quote"),
    );
    fc.assert(
      fc.property(
        fc.array(codeLine, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 48, max: 120 }),
        fc.constantFrom("```ts", "~~~", "````"),
        (lines, limit, opening) => {
          const marker = opening.replace("ts", "");
          const messages = splitMessage([opening, ...lines, marker].join("\n"), limit);
          const code = messages.flatMap((message) => {
            const [first, ...rest] = message.split("\n");
            assert.deepEqual([first, rest.pop()], [opening, marker]);
            return rest;
          });
          assert.deepEqual(code, lines);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("keeps its content, the limit and balanced fences, whatever it is", () => {
    const line = fc.oneof(
      fc.stringMatching(/^[a-z ]{0,120}$/),
      fc.constantFrom("```", "```js", "~~~", "", "`inline`", "😀😀😀"),
      fc.string({ unit: "grapheme", maxLength: 40 }),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), fc.integer({ min: 40, max: 200 }), (lines, limit) => {
        const text = lines
          .filter((one) => !one.includes("~~~"))
          .join("\n")
          .replaceAll("\r", "");
        const messages = splitMessage(text, limit);
        for (const message of messages) {
          assert.ok(message.length <= limit);
          assert.notEqual(message.trim(), "");
          if (messages.length > 1) assert.equal(openFences(message), 0);
        }
        assert.equal(readable(messages.join("\n")), readable(text));
      }),
      { numRuns: 500 },
    );
  });
});

/** Fences left open, by the rules of CommonMark. */
function openFences(text: string): number {
  let open: string | null = null;
  for (const line of text.split("\n")) {
    const match = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line);
    const marker = match?.[1];
    if (marker === undefined) continue;
    if (open === null) {
      if (!(marker.startsWith("`") && match?.[2]?.includes("`"))) open = marker;
    } else if (marker[0] === open[0] && marker.length >= open.length && match?.[2]?.trim() === "")
      open = null;
  }
  return open === null ? 0 : 1;
}

/** Everything but fence lines and white space. */
function words(text: string): string {
  return text
    .split("\n")
    .filter((line) => !/^ {0,3}(?:`{3,}|~{3,})/.test(line))
    .join("")
    .replace(/\s/g, "");
}
