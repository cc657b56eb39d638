import assert from "node:assert/strict";
import type { LogLine } from "../../../src/contracts/services.ts";
import { channelLine } from "../../../src/views/channel-line.ts";

describe("A line in a service's output channel", () => {
  const written = new Date(2026, 4, 7, 9, 3, 2, 45).getTime();
  const line: LogLine = {
    unix_ms: written,
    service: "gateway",
    stream: "stdout",
    level: "info",
    line: "palyrad is ready",
  };

  it("has one time, that at which it was written, however late it is fetched", () => {
    const shown = channelLine(line);
    assert.equal(shown, "2026-05-07 09:03:02.045 [info] palyrad is ready");
    assert.equal(shown.match(/\d\d:\d\d:\d\d/g)?.length, 1);
  });

  it("says when the control center speaks and not the service", () => {
    assert.match(
      channelLine({ ...line, stream: "supervisor", level: "warn" }),
      /\[warn\] \[control center\] palyrad/,
    );
  });
});
