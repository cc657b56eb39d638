import { chmod, lstat, mkdir } from "node:fs/promises";
import { messageOf, PalyraError } from "./errors.ts";

/**
 * Makes sure that a folder exists and only its owner may enter it (mode 0700).
 * @throws `config_invalid` when the path is a link or not a folder, cannot be made, or belongs to
 *   somebody else
 */
export async function ensurePrivateFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
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
