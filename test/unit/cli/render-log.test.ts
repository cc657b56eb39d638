import assert from "node:assert/strict";
import { styleText } from "node:util";
import { preciseTime } from "../../../src/cli/output/local-time.ts";
import { parseLogFile, renderLogLine } from "../../../src/cli/render-log.ts";

describe("Log lines in the terminal", () => {
  it("are read from a log file, without its cut first line", () => {
    const file = [
      'ut":1}',
      '{"level":"info","service":"palyrad","pid":1,"unix_ms":5,"port":7142,"message":"serving"}',
      "",
    ].join("\n");
    assert.deepEqual(parseLogFile("gateway", file), [
      { unix_ms: 5, level: "info", service: "gateway", stream: "stdout", line: "serving port=7142" },
    ]);
  });

  it("steer no terminal", () => {
    const line = "before\u001b[2J\u001b]0;title\u0007\u009b31m\r\b\u202eafter\tGrüße 🔑";
    const shown = renderLogLine(
      { unix_ms: 0, level: "info", service: "gateway", stream: "stderr", line },
      (style, text) => styleText(style, text, { validateStream: false }),
    );
    const [, text] = shown.split("before");
    assert.equal(text, "\\u001b[2J\\u001b]0;title\\u0007\\u009b31m\\u000d\\u0008\\u202eafter\tGrüße 🔑");
    assert.ok(shown.includes("\u001b[32m"), "our own colours stay");
  });

  it("show time, service, level and who speaks", () => {
    const line = { unix_ms: 0, level: "warn", service: "gateway", stream: "supervisor", line: "x" } as const;
    assert.equal(
      renderLogLine(line, (_style, text) => text),
      `${preciseTime(0)} palyrad         warn  control center: x`,
    );
  });
});
