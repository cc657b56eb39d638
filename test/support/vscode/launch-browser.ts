import { accessSync, constants } from "node:fs";
import path from "node:path";
import chromium from "@sparticuz/chromium";
import puppeteer, { type Browser } from "puppeteer-core";

const LAUNCH_DEADLINE_MS = 60_000;

const NAMES_ON_PATH = [
  "google-chrome",
  "google-chrome-stable",
  "chromium",
  "chromium-browser",
  "microsoft-edge",
  "microsoft-edge-stable",
];

const FIXED_PLACES: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
  ],
  win32: [
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
  ],
};

const ARGUMENTS = [
  // Continuous integration runs as root in containers, where Chromium's sandbox cannot start.
  "--no-sandbox",
  "--disable-setuid-sandbox",
  "--disable-dev-shm-usage",
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--no-default-browser-check",
  "--font-render-hinting=none",
];

export interface BrowserOptions {
  /** Where cookies, storage and with them VS Code's secrets are kept. Default: a temporary profile. */
  readonly profileFolder?: string;
  readonly width?: number;
  readonly height?: number;
}

/** Starts a headless Chrome, Chromium or Edge: an installed one, else the one that comes with the test packages. */
export async function launchBrowser(options: BrowserOptions = {}): Promise<Browser> {
  const installed = findInstalledBrowser();
  return puppeteer.launch({
    executablePath: installed ?? (await chromium.executablePath()),
    headless: installed ? true : "shell",
    args: ARGUMENTS,
    timeout: LAUNCH_DEADLINE_MS,
    // Only the end of this process ends the browser: what a signal means is for the program to say.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    defaultViewport: { width: options.width ?? 1280, height: options.height ?? 800 },
    ...(options.profileFolder === undefined ? {} : { userDataDir: options.profileFolder }),
  });
}

/** Executable of a Chrome, Chromium or Edge that is installed here. */
export function findInstalledBrowser(): string | undefined {
  const onPath = (process.env.PATH ?? "")
    .split(path.delimiter)
    .flatMap((folder) => NAMES_ON_PATH.map((name) => path.join(folder, name)));
  return [...onPath, ...(FIXED_PLACES[process.platform] ?? [])].find(isExecutable);
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
