import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { type Breakage, buildGateway } from "../../torture/build-gateway.ts";
import { conversationCount, peopleCount } from "../../torture/place.ts";
import { type PlannedFault, planTorture, type TorturePlan } from "../../torture/plan.ts";
import { type TortureReport, torture } from "../../torture/torture.ts";

const plan = (seed: number, durationMs: number): TorturePlan =>
  planTorture({ seed, durationMs, conversations: conversationCount, people: peopleCount });

describe("A gateway that is killed again and again while Discord fails", () => {
  let bundles: string;
  before(async () => {
    bundles = await mkdtemp(path.join(os.tmpdir(), "palyra-torture-test-"));
  });
  after(() => rm(bundles, { recursive: true, force: true }));

  const run = async (
    wish: TorturePlan,
    breakage: Breakage | null,
    patienceMs?: number,
  ): Promise<TortureReport> => {
    const bundle = await buildGateway(path.join(bundles, breakage ?? "whole"), breakage);
    return await torture({ plan: wish, bundle, ...(patienceMs === undefined ? {} : { patienceMs }) });
  };

  it("answers every message exactly once, in order", async () => {
    const report = await run(plan(7, 30_000), null);
    assert.deepEqual(report.findings, []);
    assert.equal(report.answered, report.written);
    assert.ok(report.written > 30, `${report.written} messages`);
    assert.ok(report.kills >= 5, `${report.kills} kills`);
  }).timeout(240_000);

  it("is found to say things twice when its messages carry no nonce", async () => {
    const losing: PlannedFault = { atMs: 1_000, forMs: 3_000, fault: { kind: "lost_response" } };
    const report = await run({ ...plan(7, 6_000), killGapsMs: [], faults: [losing] }, "nonce");
    assert.ok(report.duplicated > 0, "nothing was found");
  }).timeout(120_000);

  it("is found to lose messages when it calls them stored before they are", async () => {
    const report = await run({ ...plan(7, 8_000), faults: [] }, "inbox", 5_000);
    assert.ok(report.kills > 0, "nothing was killed");
    assert.ok(report.lost > 0, "nothing was found");
  }).timeout(120_000);
});
