import { readdir, readFile } from "node:fs/promises";
import { systemErrorCode } from "./errors.ts";
import { endedWith, type OperatingSystem, thisSystem } from "./operating-system.ts";
import { isSameProcess, type ProcessIdentity, parseLinuxStat } from "./process-identity.ts";

/**
 * Ends a process and all its descendants by force. Does nothing when the process is not the one named:
 * a number alone proves nothing. Returns when the signals are sent, not when the processes are gone.
 *
 * Own code instead of the `tree-kill` package because that one starts `ps` without an error handler:
 * where `ps` is missing, as in slim containers, it would end the editor's extension host.
 */
export async function killTree(identity: ProcessIdentity, system = thisSystem): Promise<void> {
  if (!(await isSameProcess(identity, system))) return;
  if (system.platform === "win32") {
    await taskkill(identity.pid, system);
    return;
  }
  // Stopped first, so that it starts nothing new while its descendants are collected.
  signal(identity.pid, "SIGSTOP", system);
  for (const pid of descendantsOf(identity.pid, await listParents(system))) signal(pid, "SIGKILL", system);
  signal(identity.pid, "SIGKILL", system);
}

/** Asks a process to end (SIGTERM); on Windows, which knows no such request, by force. */
export async function terminate(identity: ProcessIdentity, system = thisSystem): Promise<void> {
  if (!(await isSameProcess(identity, system))) return;
  if (system.platform === "win32") await taskkill(identity.pid, system);
  else signal(identity.pid, "SIGTERM", system);
}

/**
 * All processes below `root`, deepest last.
 * @param parents parent of each living process
 */
export function descendantsOf(root: number, parents: ReadonlyMap<number, number>): number[] {
  const found: number[] = [];
  const seen = new Set([root]);
  const queue = [root];
  for (let parent = queue.shift(); parent !== undefined; parent = queue.shift()) {
    for (const [pid, itsParent] of parents) {
      if (itsParent !== parent || seen.has(pid)) continue;
      seen.add(pid);
      found.push(pid);
      queue.push(pid);
    }
  }
  return found;
}

async function listParents(system: OperatingSystem): Promise<Map<number, number>> {
  return system.platform === "linux" ? await linuxParents() : await psParents(system);
}

async function linuxParents(): Promise<Map<number, number>> {
  const parents = new Map<number, number>();
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const line = await readFile(`/proc/${name}/stat`, "utf8").catch((error: unknown) => {
      // A process that ended while the list is read is no longer of interest.
      if (["ENOENT", "ESRCH"].includes(systemErrorCode(error) ?? "")) return "";
      throw error;
    });
    const stat = parseLinuxStat(line);
    if (stat !== null) parents.set(Number(name), stat.parent);
  }
  return parents;
}

async function psParents(system: OperatingSystem): Promise<Map<number, number>> {
  const told = await system.run("ps", ["-A", "-o", "pid=,ppid="]);
  const parents = new Map<number, number>();
  for (const line of told.split("\n")) {
    const [pid, parent] = line.trim().split(/\s+/).map(Number);
    if (pid !== undefined && parent !== undefined && !Number.isNaN(parent)) parents.set(pid, parent);
  }
  return parents;
}

async function taskkill(pid: number, system: OperatingSystem): Promise<void> {
  try {
    await system.run("taskkill", ["/PID", String(pid), "/T", "/F"]);
  } catch (error) {
    // 128: there is no such process any more.
    if (!endedWith(error, 128)) throw error;
  }
}

function signal(pid: number, name: NodeJS.Signals, system: OperatingSystem): void {
  try {
    system.signal(pid, name);
  } catch (error) {
    // It ended by itself in the meantime: what was wanted.
    if (systemErrorCode(error) !== "ESRCH") throw error;
  }
}
