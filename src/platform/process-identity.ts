import { readFile } from "node:fs/promises";
import { systemErrorCode } from "./errors.ts";
import { endedWith, type OperatingSystem, thisSystem } from "./operating-system.ts";

/** A process, proven by more than its number: the system gives numbers of dead processes to new ones. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time as the operating system tells it; only good for comparing with itself. */
  readonly start: string;
}

/**
 * Start time of a process in the system's own words, or null when no such process lives. A zombie does
 * not live. Linux: boot id and field 22 of `/proc/PID/stat` (proc_pid_stat(5)); macOS: `ps -o lstart=` in UTC;
 * Windows: the `StartTime` of `Get-Process`.
 */
export async function processStart(pid: number, system = thisSystem): Promise<string | null> {
  if (!isPidInUse(pid, system)) return null;
  if (system.platform === "linux") return await linuxStart(pid);
  return system.platform === "win32" ? await windowsStart(pid, system) : await bsdStart(pid, system);
}

/** Whether the very process lives: same number and same start time. */
export async function isSameProcess(identity: ProcessIdentity, system = thisSystem): Promise<boolean> {
  return (await processStart(identity.pid, system)) === identity.start;
}

/** Identity of a living process, or null. */
export async function identify(pid: number): Promise<ProcessIdentity | null> {
  const start = await processStart(pid);
  return start === null ? null : { pid, start };
}

/** Whether some process has this number now; one we may not signal counts. */
function isPidInUse(pid: number, system: OperatingSystem): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    system.signal(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) === "EPERM";
  }
}

/** Fields of one line of `/proc/PID/stat` that matter here. */
export interface LinuxStat {
  readonly state: string;
  readonly parent: number;
  readonly startTicks: string;
}

/** Reads a line of `/proc/PID/stat`; the command name in it may hold spaces and brackets. */
export function parseLinuxStat(line: string): LinuxStat | null {
  const fields = line
    .slice(line.lastIndexOf(")") + 1)
    .trim()
    .split(" ");
  const [state, parent] = fields;
  const startTicks = fields[19];
  if (state === undefined || parent === undefined || startTicks === undefined) return null;
  return { state, parent: Number(parent), startTicks };
}

let bootId: string | undefined;

async function linuxStart(pid: number): Promise<string | null> {
  const line = await readIfPresent(`/proc/${pid}/stat`);
  const stat = line === null ? null : parseLinuxStat(line);
  if (stat === null || stat.state === "Z" || stat.state === "X") return null;
  bootId ??= ((await readIfPresent("/proc/sys/kernel/random/boot_id")) ?? "").trim();
  return `${bootId}:${stat.startTicks}`;
}

async function readIfPresent(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    // ESRCH: the process ended between opening and reading.
    if (["ENOENT", "ESRCH"].includes(systemErrorCode(error) ?? "")) return null;
    throw error;
  }
}

async function bsdStart(pid: number, system: OperatingSystem): Promise<string | null> {
  try {
    // In the local time the same process would seem to be another one after a journey into another zone.
    const environment = { ...process.env, LC_ALL: "C", TZ: "UTC" };
    const told = await system.run("ps", ["-o", "stat=,lstart=", "-p", String(pid)], environment);
    const [state = "", ...start] = told.trim().split(/\s+/);
    return state === "" || state.startsWith("Z") ? null : start.join(" ");
  } catch (error) {
    // `ps` exits with 1 when there is no such process.
    if (endedWith(error, 1)) return null;
    throw error;
  }
}

async function windowsStart(pid: number, system: OperatingSystem): Promise<string | null> {
  const script = `(Get-Process -Id ${pid} -ErrorAction SilentlyContinue).StartTime.ToUniversalTime().Ticks`;
  try {
    const told = await system.run("powershell.exe", ["-NoProfile", "-NonInteractive", "-Command", script]);
    return told.trim() || null;
  } catch (error) {
    // PowerShell exits with 1 when the process is gone.
    if (endedWith(error, 1)) return null;
    throw error;
  }
}
