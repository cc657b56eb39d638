import { mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { systemErrorCode } from "../platform/errors.ts";

const prefix = "palyra-browser-";

/** Makes a fresh profile folder whose name says which process owns it. Returns its path. */
export async function createProfile(temporaryFolder: string): Promise<string> {
  return mkdtemp(join(temporaryFolder, `${prefix}${process.pid}-`));
}

/** Removes a profile; Windows needs a moment until a browser that ended has let go of its files. */
export async function removeProfile(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

/**
 * Removes the profiles that daemons left behind which no longer run.
 * @returns the paths of the removed folders
 */
export async function removeAbandonedProfiles(temporaryFolder: string): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const name of await readdir(temporaryFolder)) {
    const owner = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    const path = join(temporaryFolder, name);
    await removeProfile(path);
    removed.push(path);
  }
  return removed;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as somebody else.
    return systemErrorCode(error) !== "ESRCH";
  }
}
