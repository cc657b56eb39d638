import assert from "node:assert/strict";
import type { LogLine } from "../../../src/contracts/services.ts";
import { logText, rowOf } from "../../../src/views/log-text.ts";

const line = (text: string): LogLine => ({
  unix_ms: 0,
  service: "gateway",
  stream: "supervisor",
  level: "warn",
  line: text,
});

describe("The text of the log search", () => {
  it("tells time, service, level and who said it", () => {
    assert.equal(
      logText(line("one\ntwo")),
      "1970-01-01T00:00:00.000Z palyrad         [warn] [control center] one\n    two",
    );
  });

  it("finds a line also behind others that take several rows", () => {
    const lines = ["one", "two\nthree\r\nfour", "five\rsix", "seven"].map(line);
    const rows = lines
      .map(logText)
      .join("\n")
      .split(/\r\n|\r|\n/);
    for (const [index, { line: text }] of lines.entries()) {
      assert.ok(rows[rowOf(lines, index)]?.endsWith(text.split(/[\r\n]/)[0] ?? ""));
    }
  });
});
