import { realpath, stat } from "node:fs/promises";
import { systemErrorCode } from "../../platform/errors.ts";
import { writePrivateFile } from "../../platform/write-private-file.ts";

/**
 * Replaces a configuration file whole or not at all. One that is there keeps its rights, and a link to it stays a link:
 * many people keep their configuration elsewhere. A new one is for its owner only.
 */
export async function writeConfigText(file: string, text: string): Promise<void> {
  try {
    const target = await realpath(file);
    await writePrivateFile(target, text, (await stat(target)).mode & 0o777);
  } catch (thrown) {
    if (systemErrorCode(thrown) !== "ENOENT") throw thrown;
    await writePrivateFile(file, text);
  }
}
