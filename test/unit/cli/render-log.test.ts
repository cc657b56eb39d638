import assert from "node:assert/strict";
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

  it("show time, service, level and who speaks", () => {
    const line = { unix_ms: 0, level: "warn", service: "gateway", stream: "supervisor", line: "x" } as const;
    assert.equal(
      renderLogLine(line, (_style, text) => text),
      "1970-01-01 00:00:00.000 palyrad         warn  control center: x",
    );
  });
});
