import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { type Breakage, buildGateway } from "../../torture/build-gateway.ts";
import { conversationCount, peopleCount } from "../../torture/place.ts";
import { type PlannedFault, planTorture, type TorturePlan } from "../../torture/plan.ts";
import { type TortureReport, torture } from "../../torture/torture.ts";

const command = path.resolve(import.meta.dirname, "../../torture/run.ts");

/** Calls the command as `npm run torture` does. */
async function call(...options: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [command, ...options], { stdio: ["ignore", "pipe", "pipe"] });
  const [[code], stdout, stderr] = await Promise.all([
    once(child, "close"),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code, stdout, stderr };
}

const planOf = (seed: number, durationMs: number): TorturePlan =>
  planTorture({ seed, durationMs, conversations: conversationCount, people: peopleCount });

async function run(plan: TorturePlan, breakage: Breakage, patienceMs?: number): Promise<TortureReport> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "palyra-torture-test-"));
  try {
    const bundle = await buildGateway(folder, breakage);
    return await torture({ plan, bundle, ...(patienceMs === undefined ? {} : { patienceMs }) });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe("A gateway that is killed again and again while Discord fails", () => {
  it("answers every message exactly once, in order", async () => {
    const { code, stdout, stderr } = await call("--minutes", "0.5", "--seed", "7", "--json");
    assert.equal(code, 0, stderr);
    const figures: unknown = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    const { kills, written } = figures as Record<string, number>;
    assert.deepEqual(
      figures,
      { kills, written, answered: written, lost: 0, duplicated: 0, outOfOrder: 0, seed: 7 },
      stderr,
    );
    assert.ok(kills !== undefined && kills >= 5, `${kills} kills`);
    assert.ok(written !== undefined && written > 30, `${written} messages`);
  }).timeout(400_000);

  it("is found to say things twice when its messages carry no nonce", async () => {
    const losing: PlannedFault = { atMs: 500, forMs: 3_000, fault: { kind: "lost_response" } };
    const report = await run({ ...planOf(7, 5_000), killGapsMs: [], faults: [losing] }, "nonce");
    assert.ok(report.duplicated > 0, "nothing was found");
  }).timeout(120_000);

  it("is found to lose messages when it calls them stored before they are", async () => {
    const report = await run({ ...planOf(7, 8_000), faults: [] }, "inbox", 5_000);
    assert.ok(report.kills > 0, "nothing was killed");
    assert.ok(report.lost > 0, "nothing was found");
  }).timeout(120_000);
});

describe("The torture command", () => {
  it("says how it is called when it is called in another way", async () => {
    for (const options of [["--minutes", "0"], ["--seed", "x"], ["--break", "fingers"], ["--what"]]) {
      const { code, stderr } = await call(...options);
      assert.equal(code, 2);
      assert.match(stderr, /npm run torture -- /);
    }
  });
});
