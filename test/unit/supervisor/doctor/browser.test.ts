import assert from "node:assert/strict";
import type { BrowserdStatus } from "../../../../src/contracts/sidecar-status.ts";
import type { DoctorContext } from "../../../../src/supervisor/doctor/check.ts";
import { browserCheck } from "../../../../src/supervisor/doctor/checks/browser.ts";
import { snapshot } from "../../views/sample-snapshot.ts";

type Browser = BrowserdStatus["browser"];

/** What the doctor sees when a new service would find no browser, and the running one says `browser`. */
function contextWith(browser: Browser | null): DoctorContext {
  const status: BrowserdStatus | null = browser && {
    service: "browserd",
    health: "ok",
    reasons: [],
    sessions: 0,
    browser,
  };
  const browserd = status && { received_at_unix_ms: 1, status };
  return {
    inspection: async () => ({ snapshot: snapshot({ browserd }), source: "owner" }),
    browserd: async () => ({
      browser: { path: null, source: null, problem: "No browser was found.", how_to_install: "Install one." },
    }),
  } as unknown as DoctorContext;
}

const known: Browser = { path: "/opt/chromium", source: "Chromium", searched: [], state: "idle" };

describe("The doctor's look at the browser", () => {
  for (const state of ["idle", "running"] as const) {
    it(`believes the running service that its browser is ${state}, whatever a new one would be told`, async () => {
      const { status, evidence } = await browserCheck.run(contextWith({ ...known, state }));
      assert.deepEqual([status, evidence], ["ok", "Chromium at /opt/chromium."]);
    });
  }

  for (const [what, browser] of [
    ["that has none", { ...known, path: null, source: null, state: "missing" }],
    ["whose browser failed", { ...known, state: "failed" }],
    ["that does not run", null],
  ] as const) {
    it(`looks itself beside a service ${what}`, async () => {
      const { status, nextStep } = await browserCheck.run(contextWith(browser));
      assert.deepEqual([status, nextStep], ["failed", "Install one."]);
    });
  }
});
