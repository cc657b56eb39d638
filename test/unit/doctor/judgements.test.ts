import assert from "node:assert/strict";
import fc from "fast-check";
import type { CheckResult } from "../../../src/contracts/doctor.ts";
import type { DiscordFinding } from "../../../src/contracts/self-check.ts";
import { worstOf } from "../../../src/supervisor/doctor/check.ts";
import { judgeClock } from "../../../src/supervisor/doctor/checks/clock.ts";
import { judge } from "../../../src/supervisor/doctor/checks/discord.ts";
import { containsText, isWanted, momentOf } from "../../../src/supervisor/log-filter.ts";
import { BundleRedactor, looksRandom } from "../../../src/supervisor/support-bundle/bundle-redactor.ts";
import { reportText, summaryOf } from "../../../src/views/diagnostics-report.ts";

const account: DiscordFinding = {
  account: "default",
  outcome: "ok",
  bot: "palyra",
  problem: null,
  session_starts: { remaining: 900, total: 1000, reset_after_ms: 3_600_000 },
  clock_ahead_ms: 0,
};

describe("The doctor's judgement", () => {
  it("of session starts: few are a warning, none is a failure, and it says when Discord counts anew", () => {
    const left = (remaining: number) =>
      judge({ ...account, session_starts: { remaining, total: 1000, reset_after_ms: 5_400_000 } });
    assert.equal(left(50).status, "ok");
    assert.equal(left(49).status, "warning");
    assert.equal(left(0).status, "failed");
    assert.match(left(0).nextStep ?? "", /anew in 2 h/);
  });

  it("of an account: a missing intent and a refused token are failures, one switched off is fine", () => {
    assert.equal(judge({ ...account, outcome: "no_intent", problem: "off" }).status, "failed");
    assert.equal(
      judge({ ...account, outcome: "refused", problem: "no" }).remedy?.command,
      "palyra.setDiscordToken",
    );
    assert.equal(judge({ ...account, outcome: "disabled" }).status, "ok");
  });

  it("of the clock: half a minute is a warning, five minutes a failure, in both directions", () => {
    assert.equal(judgeClock(29_999, "theirs").status, "ok");
    assert.equal(judgeClock(-30_000, "theirs").status, "warning");
    assert.match(judgeClock(40_000, "theirs").evidence, /40 s behind theirs/);
    assert.match(judgeClock(-400_000, "theirs").evidence, /400 s ahead of theirs/);
    assert.equal(judgeClock(300_000, "theirs").status, "failed");
  });

  it("of several things is that of the worst", () => {
    assert.equal(worstOf(["ok", "unknown", "failed", "warning"]), "failed");
    assert.equal(worstOf(["ok", "unknown", "warning"]), "warning");
    assert.equal(worstOf(["ok", "unknown"]), "unknown");
    assert.equal(worstOf([]), "ok");
  });

  it("is shown with what failed first, and its repair below it", () => {
    const check = (id: string, status: CheckResult["status"]): CheckResult => ({
      id,
      title: id,
      status,
      evidence: `about ${id}.`,
      duration_ms: 1,
    });
    const broken = { ...check("store", "failed"), repair: { title: "Mend", preview: ["- a", "+ b"] } };
    const text = reportText({ checks: [check("clock", "ok"), broken], repairs: [] });
    assert.match(
      text,
      /Failed: store\n {4}about store\.\n {4}Repair: Mend\n {8}- a\n {8}\+ b\n[\s\S]*Fine: clock/,
    );
    assert.equal(summaryOf([check("clock", "ok")]), "All 1 checks are done and found nothing wrong.");
  });
});

describe("The redactor of support bundles", () => {
  it("takes out every token of ours, also one that nobody knows any more", () => {
    const redactor = new BundleRedactor();
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.string(), (bytes, around) => {
        const token = Buffer.from(bytes).toString("base64url");
        fc.pre(looksRandom(token));
        assert.ok(!redactor.redact(`${around} ${token} ${around}`).includes(token));
      }),
    );
  });

  it("leaves words, numbers, paths, versions and the ids of messages as they are", () => {
    const harmless =
      "/home/someone/.local/state/palyra/store/journal-00000012.log 1098765432109876543 01JD8Z5XKQW3E4R5T6Y7V8B9NA 2026-11-22T05:40:44.123Z unrecognized_configuration_setting palyra-browserd 0.1.0";
    assert.equal(new BundleRedactor().redact(harmless), harmless);
  });
});

describe("The filter of log lines", () => {
  const line = { unix_ms: 5, service: "gateway", stream: "stdout", level: "warn", line: "The Disk" } as const;
  const filter = { service: null, level: "debug", since: null, matches: containsText("disk") } as const;

  it("wants a level and those above, one service or all, and lines from a moment on", () => {
    assert.ok(isWanted(line, filter));
    assert.ok(isWanted(line, { ...filter, level: "warn", since: 5, service: "gateway" }));
    assert.ok(!isWanted(line, { ...filter, level: "error" }));
    assert.ok(!isWanted(line, { ...filter, since: 6 }));
    assert.ok(!isWanted(line, { ...filter, service: "browserd" }));
    assert.ok(!isWanted(line, { ...filter, matches: containsText("net") }));
  });

  it("reads moments as people give them", () => {
    assert.equal(momentOf("90s", 100_000), 10_000);
    assert.equal(momentOf("2h", 7_200_001), 1);
    assert.equal(momentOf("2026-01-31T12:00:00Z", 0), Date.UTC(2026, 0, 31, 12));
    for (const wrong of ["soon", "", "10", "5w", "2026-13-40"]) assert.equal(momentOf(wrong, 0), null);
  });
});
