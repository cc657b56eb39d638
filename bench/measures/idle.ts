import pidusage from "pidusage";
import type { ServiceKind } from "../../src/contracts/services.ts";
import { atMost, type BenchResult } from "../result.ts";
import { startSystem } from "../running-system.ts";

const settleMs = 5_000;
const watchMs = 20_000;
const memoryLimits: Readonly<Record<ServiceKind, number>> = { gateway: 110, browserd: 80 };

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What the two sidecars and the control center cost while nothing happens. */
export async function measure(): Promise<BenchResult[]> {
  const system = await startSystem();
  try {
    await after(settleMs);
    const pids = (["gateway", "browserd"] as const).map((kind) => ({
      kind,
      pid: system.service(kind).pid ?? 0,
    }));
    const ownBefore = process.cpuUsage();
    const before = await Promise.all(pids.map(({ pid }) => pidusage(pid)));
    const began = performance.now();
    await after(watchMs);
    const elapsed = performance.now() - began;
    const own = process.cpuUsage(ownBefore);
    const results: BenchResult[] = [];
    let total = ((own.user + own.system) / 1000 / elapsed) * 100;
    results.push({
      name: "idle CPU of the control center with the simulator",
      value: Number(total.toFixed(2)),
      unit: "% of a core",
      ok: true,
    });
    for (const [index, { kind, pid }] of pids.entries()) {
      const now = await pidusage(pid);
      const share = ((now.ctime - (before[index]?.ctime ?? 0)) / elapsed) * 100;
      total += share;
      results.push({
        name: `idle CPU of ${kind}`,
        value: Number(share.toFixed(2)),
        unit: "% of a core",
        ok: true,
      });
      results.push(atMost(`idle memory of ${kind}`, Math.round(now.memory / 1e6), "MB", memoryLimits[kind]));
    }
    results.push(atMost("idle CPU of all", Number(total.toFixed(2)), "% of a core", 1));
    return results;
  } finally {
    await system.stop();
  }
}
