import assert from "node:assert/strict";
import { renderApprovals } from "../../../src/cli/commands/approvals.ts";

describe("Approvals in the terminal", () => {
  const plain = (_style: string, text: string): string => text;
  const first = [
    {
      approval_id: "A1",
      sentence: "Delete “evil\u001b[2J”.",
      risk: "critical",
      requested_by: "agent:main\u202e",
      requested_at_unix_ms: 0,
      expires_at_unix_ms: 90_000,
    },
  ] as const;

  it("say what would happen, who asks, how long there is, and how to answer", () => {
    const lines = renderApprovals({ count: 3, first: [...first] }, 30_000, plain);
    const text = lines.join("\n");
    assert.match(text, /^3 actions wait for your decision:/);
    assert.match(text, /A1 {2}critical risk\n {4}Delete/);
    assert.match(text, /asked by agent:main.*, 1 min 0 s left/);
    assert.match(text, /2 more wait/);
    assert.match(text, /palyra approvals allow ID/);
    assert.deepEqual(renderApprovals({ count: 0, first: [] }, 0, plain), [
      "Nothing waits for your decision.",
    ]);
  });

  it("never let foreign text steer the terminal", () => {
    const text = renderApprovals({ count: 1, first: [...first] }, 0, plain).join("\n");
    assert.ok(text.includes("evil\\u001b[2J") && text.includes("\\u202e"));
    assert.ok(!text.includes("\u001b") && !text.includes("\u202e"));
  });
});
