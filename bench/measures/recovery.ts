import { atMost, type BenchResult, percentile } from "../result.ts";
import { startSystem } from "../running-system.ts";

const rounds = 5;

async function serves(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/healthz`)).ok;
  } catch {
    // Refused while nobody listens: that is what is being waited for.
    return false;
  }
}

/** Start of the gateway until it serves, and `kill -9` until it serves again under the supervisor. */
export async function measure(): Promise<BenchResult[]> {
  const system = await startSystem();
  const recovered: number[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      const before = system.service("gateway").pid;
      if (before === null) throw new Error("the gateway has no process");
      const killed = performance.now();
      process.kill(before, "SIGKILL");
      const snapshot = await system.until(({ services }) =>
        services.some(
          ({ service, pid, ready_at_unix_ms: ready }) =>
            service === "gateway" && pid !== null && pid !== before && ready !== null,
        ),
      );
      const url = snapshot.quick_facts.gateway_url;
      if (url === null || !(await serves(url))) throw new Error("the gateway is said to serve and does not");
      recovered.push(performance.now() - killed);
      // A crash right after a crash is delayed on purpose; a clean slate measures the first restart.
      await system.center.restart("gateway");
    }
    return [
      atMost("gateway: start to serving", Math.round(system.startMs), "ms", 800),
      atMost("gateway: kill -9 to serving, median", Math.round(percentile(recovered, 0.5)), "ms", 1000),
      atMost("gateway: kill -9 to serving, slowest", Math.round(Math.max(...recovered)), "ms", 2000),
    ];
  } finally {
    await system.stop();
  }
}
