import assert from "node:assert/strict";
import { withPrefix } from "../../../src/connectors/answering.ts";
import { splitMessage } from "../../../src/connectors/split-message.ts";

describe("The text in front of every answer", () => {
  it("stands directly before the answer, with its own space", () => {
    assert.equal(withPrefix("[bot] ", "Hello"), "[bot] Hello");
    assert.equal(withPrefix("[bot] ", "`code` it is"), "[bot] `code` it is");
    assert.equal(withPrefix("[bot] ", "```inline``` it is"), "[bot] ```inline``` it is");
  });

  it("stands on a line of its own before code, so that a long answer keeps its code together", () => {
    const code = Array.from({ length: 30 }, (_, index) => `let a${index} = ${index};`);
    for (const [opening, closing] of [
      ["```js", "```"],
      ["~~~", "~~~"],
    ] as const) {
      const answer = [opening, ...code, closing, "That is all. ".repeat(20).trim()].join("\n");
      const messages = splitMessage(withPrefix("[bot] ", answer), 200);
      assert.ok(messages.length > 2);
      assert.ok(messages[0]?.startsWith(`[bot]\n${opening}\n`));
      assert.doesNotMatch(messages.at(-1) ?? "", /```|~~~/);
      assert.match(messages.at(-1) ?? "", /That is all\./);
    }
    assert.equal(withPrefix("[bot] ", "```js\r\nlet a;\r\n```"), "[bot]\n```js\r\nlet a;\r\n```");
  });
});
