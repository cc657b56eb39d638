import { chmod, lstat, mkdir, stat } from "node:fs/promises";
import path from "node:path";
import { messageOf, PalyraError, systemErrorCode } from "./errors.ts";

/**
 * Makes sure that a folder exists and only its owner may enter it (mode 0700).
 * @throws `config_invalid` when the path is a link or not a folder, cannot be made, or belongs to
 *   somebody else
 */
export async function ensurePrivateFolder(folder: string): Promise<void> {
  try {
    await makeFolders(path.resolve(folder));
  } catch (thrown) {
    throw new PalyraError("config_invalid", `The folder ${folder} cannot be made (${messageOf(thrown)}).`, {
      nextStep: "Choose a state folder that you can write, e.g. with PALYRA_STATE_ROOT or --state-root.",
      cause: thrown,
    });
  }
  const info = await lstat(folder);
  if (!info.isDirectory()) {
    throw new PalyraError("config_invalid", `${folder} is not a folder.`, {
      nextStep: "Move what is at this path away, then start again.",
    });
  }
  if (process.platform === "win32") return;
  if (process.getuid !== undefined && info.uid !== process.getuid()) {
    throw new PalyraError("config_invalid", `${folder} belongs to another user.`, {
      nextStep: "Give the folder to your user or choose another state folder.",
    });
  }
  if ((info.mode & 0o077) !== 0) await chmod(folder, 0o700);
}

/**
 * Makes a folder and those above it. Own code instead of `mkdir` with `recursive`, which never returns
 * where the system answers "not there" to a new folder in one that is there, as in /proc.
 */
async function makeFolders(folder: string): Promise<void> {
  const missing: string[] = [];
  let above = folder;
  while (!(await exists(above))) {
    missing.push(above);
    const parent = path.dirname(above);
    if (parent === above) break;
    above = parent;
  }
  for (const next of missing.reverse()) {
    await mkdir(next, { mode: 0o700 }).catch((error: unknown) => {
      // Another process made it in the meantime.
      if (systemErrorCode(error) !== "EEXIST") throw error;
    });
  }
}

async function exists(place: string): Promise<boolean> {
  try {
    await stat(place);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return false;
    throw error;
  }
}
