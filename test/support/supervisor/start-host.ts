import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { waitUntil } from "../vscode/wait-until.ts";

/** Another process with a control center. */
export interface HostProcess {
  readonly pid: number;
  /** Its role, as soon as it has one. */
  role(): Promise<"owner" | "observer">;
  /** Resolves when it has the role. */
  becomes(role: "owner" | "observer"): Promise<void>;
  /** Ends it without a chance to clean up. */
  kill(): Promise<void>;
}

/** Starts a host process on a state root. */
export function startHost(stateRoot: string, hostName: string): HostProcess {
  const child: ChildProcess = spawn(
    process.execPath,
    [path.join(import.meta.dirname, "host-process.ts"), stateRoot, hostName],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const roles: ("owner" | "observer")[] = [];
  const waiting = new Set<() => void>();
  if (child.stdout === null) throw new Error("no standard output");
  createInterface({ input: child.stdout }).on("line", (line) => {
    roles.push(JSON.parse(line).role);
    for (const wake of waiting) wake();
  });
  return {
    pid: child.pid ?? 0,
    role: () => waitUntil(`${hostName} has a role`, () => roles.at(-1)),
    becomes: (role) =>
      new Promise((resolve, reject) => {
        const deadline = setTimeout(
          () => reject(new Error(`${hostName} never became ${role}: ${roles}`)),
          10_000,
        );
        const check = (): void => {
          if (roles.at(-1) !== role) return;
          clearTimeout(deadline);
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}
