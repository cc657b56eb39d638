import { execFile } from "node:child_process";
import { readdir, readFile, readlink } from "node:fs/promises";
import { promisify } from "node:util";
import { waitUntil } from "./wait-until.ts";

const KILL_DEADLINE_MS = 10_000;

const runFile = promisify(execFile);

/** A running process that carries the marker of one test run in its environment. */
export interface MarkedProcess {
  readonly pid: number;
  readonly parentPid: number;
  readonly groupId: number;
  /** Arguments joined by spaces. */
  readonly command: string;
}

/**
 * Lists the living processes whose environment holds `NAME=VALUE`, however they were detached. This is how a test
 * proves that a process is its own before it ends it, and that none is left. Linux reads /proc, macOS asks `ps`;
 * elsewhere the list is empty.
 */
export async function markedProcesses(name: string, value: string): Promise<MarkedProcess[]> {
  if (process.platform === "linux") {
    return fromProc(`${name}=${value}`);
  }
  return process.platform === "darwin" ? fromPs(`${name}=${value}`) : [];
}

/**
 * Ends all processes that carry the marker and resolves when none is left.
 *
 * @param politeMs how long they may take to end by themselves after a SIGTERM, before the SIGKILL.
 */
export async function endMarkedProcesses(name: string, value: string, politeMs = 0): Promise<void> {
  const killAt = Date.now() + politeMs;
  const asked = new Set<number>();
  await waitUntil(
    "processes to end",
    async () => {
      const left = await markedProcesses(name, value);
      for (const { pid } of left) {
        if (Date.now() >= killAt) {
          killIfAlive(pid, "SIGKILL");
        } else if (!asked.has(pid)) {
          asked.add(pid);
          killIfAlive(pid, "SIGTERM");
        }
      }
      return left.length === 0;
    },
    politeMs + KILL_DEADLINE_MS,
  );
}

/** Whether a process with this id runs, ours or not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM means that somebody else's process has this pid: alive, and not ours to judge.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Sends a signal to a process, or with a negative number to a process group, that may already be gone. */
export function killIfAlive(pid: number, signal: NodeJS.Signals = "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
      throw error;
    }
  }
}

async function fromProc(marker: string): Promise<MarkedProcess[]> {
  const found: MarkedProcess[] = [];
  for (const entry of await readdir("/proc")) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) {
      continue;
    }
    try {
      const environment = await readFile(`/proc/${pid}/environ`, "latin1");
      if (!environment.split("\0").includes(marker)) {
        continue;
      }
      const stat = await readFile(`/proc/${pid}/stat`, "latin1");
      const [state, parentPid, groupId] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (state === "Z" || state === "X") {
        continue;
      }
      const command = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0").join(" ").trim();
      found.push({
        pid,
        parentPid: Number(parentPid),
        groupId: Number(groupId),
        command: command || (await readlink(`/proc/${pid}/exe`)),
      });
    } catch (error) {
      // A process may end between the listing and the reading, and those of others may not be read.
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== "ENOENT" && code !== "ESRCH" && code !== "EACCES" && code !== "EPERM") {
        throw error;
      }
    }
  }
  return found;
}

async function fromPs(marker: string): Promise<MarkedProcess[]> {
  const { stdout } = await runFile("ps", ["-axEww", "-o", "pid=,ppid=,pgid=,command="], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout
    .split("\n")
    .filter((line) => line.includes(marker))
    .map((line) => line.trim().split(/\s+/))
    .map(([pid, parentPid, groupId, ...command]) => ({
      pid: Number(pid),
      parentPid: Number(parentPid),
      groupId: Number(groupId),
      command: command.join(" "),
    }))
    .filter((found) => found.pid !== process.pid);
}
