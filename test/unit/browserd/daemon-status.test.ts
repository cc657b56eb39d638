import assert from "node:assert/strict";
import { describeStatus, toBrowserdStatus } from "../../../src/browserd/browser-daemon.ts";
import type { BrowserView } from "../../../src/browserd/browser-pool.ts";
import { BrowserdStatus } from "../../../src/contracts/sidecar-status.ts";

const idle: BrowserView = {
  state: "idle",
  search: { kind: "found", path: "/usr/bin/chromium", source: "Chromium" },
  pid: null,
  version: null,
  contexts: 0,
  launches: 0,
  crashes: 0,
  lastProblem: null,
  lastProbe: null,
};

describe("status of the browser daemon", () => {
  const cases: readonly [string, Partial<BrowserView>, string, RegExp][] = [
    ["ok when a browser is found", {}, "ok", /^$/],
    ["ok while it runs, also after an earlier crash", { state: "running", crashes: 2 }, "ok", /^$/],
    [
      "degraded without a browser, in one sentence",
      { state: "missing", search: { kind: "missing", searched: ["/a", "/b"], howToInstall: "Install one." } },
      "degraded",
      /^No Chrome, Chromium, Edge or Brave was found on this machine\.$/,
    ],
    [
      "degraded with a wrong path",
      {
        state: "missing",
        search: {
          kind: "invalid-path",
          path: "/x",
          reason: "there is no such file",
          howToInstall: "Correct it.",
        },
      },
      "degraded",
      /“\/x” cannot be used: there is no such file\.$/,
    ],
    [
      "degraded while the browser does not answer",
      { state: "running", lastProbe: { ok: false, milliseconds: 5_000, unixMs: 0 } },
      "degraded",
      /does not answer/,
    ],
    [
      "degraded after a crash until it runs again",
      { lastProblem: "The browser ended by signal SIGSEGV." },
      "degraded",
      /SIGSEGV\. The next call starts it again/,
    ],
    [
      "failed after too many crashes",
      { state: "failed", crashes: 4, lastProblem: "The browser ended with code 1." },
      "failed",
      /crashed too often.*code 1.*Restart the browser daemon/,
    ],
  ];
  for (const [title, change, health, reason] of cases) {
    it(`is ${title}`, () => {
      const status = describeStatus({ ...idle, ...change }, 3);
      assert.equal(status.health, health);
      assert.match(status.reasons.join(" "), reason);
      assert.equal(status.reasons.length === 0, health === "ok");
      const contract = BrowserdStatus.parse(toBrowserdStatus(status));
      assert.equal(contract.health, health === "failed" ? "unhealthy" : health);
      assert.equal(contract.reasons.length, status.reasons.length);
      assert.equal(contract.sessions, 3);
    });
  }

  it("leaves what to do about a wrong path with it, and where it searched for those who ask", () => {
    const searched = ["/a", "/b"];
    const missing = toBrowserdStatus(
      describeStatus(
        { ...idle, state: "missing", search: { kind: "missing", searched, howToInstall: "Install one." } },
        0,
      ),
    );
    assert.deepEqual(missing.browser.searched, searched);
    assert.ok(!JSON.stringify(missing.reasons).includes("/a"));
    const search = {
      kind: "invalid-path",
      path: "/x",
      reason: "no file",
      howToInstall: "Correct it.",
    } as const;
    const wrong = toBrowserdStatus(describeStatus({ ...idle, state: "missing", search }, 0));
    assert.equal(wrong.reasons[0]?.next_step, "Correct it.");
  });
});
