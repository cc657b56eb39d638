import { lstat, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { messageOf, systemErrorCode } from "../platform/errors.ts";
import type { StatePaths } from "../platform/state-paths.ts";
import type { HostLogger } from "./control-center-options.ts";

/** A draft this old is no longer being written, in milliseconds. */
const abandonedAfterMs = 10 * 60_000;
/** How drafts of private files and of leases are named: the file, and six random bytes. */
const draftName = /(?:\.[0-9a-f]{12}\.tmp|^owner\.\d{1,15}\.lease\.[0-9a-f]{12})$/;

/** Removes drafts and says so. What is left behind takes room and nothing else: not to be able to is no fault. */
export async function tidy(paths: StatePaths, logger: Pick<HostLogger, "info" | "warn">): Promise<void> {
  try {
    const { length } = await removeDrafts(paths, Date.now());
    if (length > 0) logger.info(`Removed ${length} unfinished files that a crash had left.`);
  } catch (thrown) {
    logger.warn(`Unfinished files of a crash could not be removed: ${messageOf(thrown)}`);
  }
}

/**
 * Removes the drafts that a crash left beside the files they were to replace. Younger ones may be in the hands of
 * another process and stay.
 * @param nowMs milliseconds since 1970, as the file system has it
 * @returns the paths that were removed
 * @throws the system's error when a folder cannot be read
 */
async function removeDrafts(
  { root, runDir, secretsDir }: Pick<StatePaths, "root" | "runDir" | "secretsDir">,
  nowMs: number,
): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const folder of [root, runDir, secretsDir]) {
    for (const name of await namesIn(folder)) {
      const file = path.join(folder, name);
      if (!draftName.test(name) || !(await isAbandoned(file, nowMs))) continue;
      await rm(file, { force: true });
      removed.push(file);
    }
  }
  return removed;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (thrown) {
    // It is made when it is needed.
    if (systemErrorCode(thrown) === "ENOENT") return [];
    throw thrown;
  }
}

async function isAbandoned(file: string, nowMs: number): Promise<boolean> {
  try {
    const facts = await lstat(file);
    return facts.isFile() && nowMs - facts.mtimeMs > abandonedAfterMs;
  } catch (thrown) {
    // Its writer has just finished.
    if (systemErrorCode(thrown) === "ENOENT") return false;
    throw thrown;
  }
}
