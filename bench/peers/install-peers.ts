import { execFile } from "node:child_process";
import { access } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

/**
 * Installs what the measures are compared with (bench/peers/package.json), unless it is there.
 * It is no part of the project's own install: the peers are large, and one needs a newer Node than the project.
 * Their install scripts are not run: what is needed of them comes ready in their packages.
 * @throws when npm fails; its own words are in the error
 */
export async function installPeers(): Promise<void> {
  const installed = path.join(import.meta.dirname, "node_modules", ".package-lock.json");
  try {
    await access(installed);
    return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  process.stderr.write("installing the peers to compare with ...\n");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  await promisify(execFile)(npm, ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: import.meta.dirname,
    shell: process.platform === "win32",
  });
}
