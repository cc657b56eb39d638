import { open } from "node:fs/promises";
import path from "node:path";
import writeFileAtomic from "write-file-atomic";

/**
 * Replaces a file whole or not at all, readable by its owner only, and durable when it returns: the file
 * and then the folder are synced.
 */
export async function writePrivateFile(file: string, content: string | Buffer): Promise<void> {
  await writeFileAtomic(file, content, { mode: 0o600 });
  // Windows neither needs nor allows the sync of a folder.
  if (process.platform === "win32") return;
  const folder = await open(path.dirname(file), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
