import { accessSync, constants, statSync } from "node:fs";
import { homedir } from "node:os";
import type { BrowserSearchHost } from "./find-browser.ts";

/** This machine, as browser detection sees it. */
export function thisMachine(): BrowserSearchHost {
  return { platform: process.platform, environment: process.env, homeFolder: homedir(), inspect };
}

function inspect(path: string): ReturnType<BrowserSearchHost["inspect"]> {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return "missing";
  if (!stats.isFile()) return "not-a-file";
  if (process.platform === "win32") return "executable";
  try {
    accessSync(path, constants.X_OK);
    return "executable";
  } catch {
    // The only question asked was whether it may be executed: it may not.
    return "not-executable";
  }
}
