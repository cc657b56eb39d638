import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { installPeers } from "./install-peers.ts";

/** A program under PM2, whose daemon has a folder of its own. */
export interface Pm2Program {
  /** Ends the program and the daemon and removes the folder. */
  stop(): Promise<void>;
}

/** Starts a program under PM2 with its default settings, which restart a crashed program at once. */
export async function startUnderPm2(program: string, environment: NodeJS.ProcessEnv): Promise<Pm2Program> {
  await installPeers();
  const home = await mkdtemp(path.join(os.tmpdir(), "palyra-pm2-"));
  const command = path.join(import.meta.dirname, "node_modules", "pm2", "bin", "pm2");
  const pm2 = (...words: string[]): Promise<unknown> =>
    promisify(execFile)(process.execPath, [command, ...words], {
      env: { ...process.env, ...environment, PM2_HOME: home },
    });
  const stop = async (): Promise<void> => {
    await pm2("kill");
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await pm2("start", program, "--name", "small-server", "--interpreter", process.execPath);
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
