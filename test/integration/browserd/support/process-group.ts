import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** Processes of a POSIX process group that still run; zombies have ended. */
export function runningInGroup(group: number): readonly number[] {
  return allProcesses()
    .filter((process) => process.group === group && !process.state.startsWith("Z"))
    .map((process) => process.pid);
}

interface ProcessFacts {
  readonly pid: number;
  readonly group: number;
  readonly state: string;
}

function allProcesses(): readonly ProcessFacts[] {
  if (process.platform === "linux") return readdirSync("/proc").flatMap(readStat);
  const table = execFileSync("ps", ["-A", "-o", "pid=,pgid=,stat="], { encoding: "utf8" });
  return table
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .map(([pid, group, state]) => ({ pid: Number(pid), group: Number(group), state: state ?? "" }));
}

function readStat(name: string): readonly ProcessFacts[] {
  if (!/^\d+$/.test(name)) return [];
  try {
    const stat = readFileSync(`/proc/${name}/stat`, "utf8");
    const [state, , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return [{ pid: Number(name), group: Number(group), state: state ?? "" }];
  } catch {
    // It ended between the listing and the reading.
    return [];
  }
}

/** Waits until a condition holds. Rejects with what was awaited when it does not within the time. */
export async function eventually(
  what: string,
  condition: () => boolean,
  milliseconds = 15_000,
): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Not within ${milliseconds} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
