import { accessSync, constants } from "node:fs";
import path from "node:path";

/**
 * Finds the command `code` of a desktop VS Code that can open a window here; `undefined` when there is none, or no
 * display, or when this terminal belongs to a remote VS Code, whose `code` opens windows elsewhere.
 */
export function findDesktopVSCode(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  const hasDisplay = platform !== "linux" || Boolean(environment.DISPLAY || environment.WAYLAND_DISPLAY);
  const isRemote = Boolean(environment.VSCODE_IPC_HOOK_CLI || environment.SSH_CONNECTION);
  const isRoot = process.getuid?.() === 0;
  // VS Code's desktop refuses to run as root.
  if (!hasDisplay || isRemote || isRoot) {
    return undefined;
  }
  const name = platform === "win32" ? "code.cmd" : "code";
  return (environment.PATH ?? "")
    .split(path.delimiter)
    .map((folder) => path.join(folder, name))
    .find(isExecutable);
}

/** Arguments that open a window of its own on the folder, with the extension from the working tree. */
export function desktopArguments(extension: string, folder: string, dataFolder: string): string[] {
  return [
    "--new-window",
    "--wait",
    "--disable-workspace-trust",
    `--user-data-dir=${path.join(dataFolder, "desktop")}`,
    `--extensions-dir=${path.join(dataFolder, "desktop-extensions")}`,
    `--extensionDevelopmentPath=${extension}`,
    folder,
  ];
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    // Absent or not for us: the next candidate.
    return false;
  }
}
