import { randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import path from "node:path";

/**
 * Replaces a file whole or not at all, readable by its owner only, and durable when it returns: the file
 * and then the folder are synced.
 *
 * Own code instead of the `write-file-atomic` package, which does not sync the folder, needs `__filename`
 * (there is none in a bundled ES module) and installs signal handlers in the host process.
 * @param mode rights of a file that others may read too
 */
export async function writePrivateFile(file: string, content: string | Buffer, mode = 0o600): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const handle = await open(draft, "wx", 0o600);
    try {
      if (mode !== 0o600) await handle.chmod(mode);
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } catch (thrown) {
    await rm(draft, { force: true });
    throw thrown;
  }
  await syncFolder(path.dirname(file));
}

/** Removes a file, if it is there, so that it stays away also after a power failure. */
export async function removeFileForGood(file: string): Promise<void> {
  await rm(file, { force: true });
  await syncFolder(path.dirname(file));
}

async function syncFolder(folder: string): Promise<void> {
  // Windows neither needs nor allows it.
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
