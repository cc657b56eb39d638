import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { Readable, Writable } from "node:stream";
import type { Browser } from "puppeteer-core";
import killTree from "tree-kill";
import { messageOf, systemErrorCode } from "../platform/errors.ts";
import { PipeTransport } from "./pipe-transport.ts";
import { settlesWithin } from "./settles-within.ts";

export interface LaunchOptions {
  readonly executablePath: string;
  /** `shell` for chrome-headless-shell, `true` for a full browser. */
  readonly headless: true | "shell";
  readonly extraArguments: readonly string[];
  readonly profileFolder: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Where pages of no session would connect to; nothing may be reachable through it. */
  readonly proxyPort: number;
  /** milliseconds */
  readonly startupTimeoutMs: number;
}

/** How a browser process ended. */
export interface BrowserExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines of its standard error. */
  readonly lastLines: readonly string[];
}

/** A browser that runs and answers. */
export interface RunningBrowser {
  readonly browser: Browser;
  readonly pid: number;
  readonly version: string;
  /** Resolves when the process has ended; never rejects. */
  readonly exited: Promise<BrowserExit>;
  /** Asks the browser to close, then kills its process tree. Resolves when it has ended. */
  close(graceMs: number): Promise<void>;
  /** Kills the process tree. Resolves when it has ended. */
  kill(): Promise<void>;
}

/** A browser that did not come up; the message says why, as far as the browser told. */
class LaunchError extends Error {}

const keptLines = 20;

/**
 * Starts a browser on a fresh profile and connects to it over a pipe. puppeteer is loaded here and not
 * before, because a daemon without a browser should stay small.
 * Rejects with `LaunchError`; then no process is left.
 */
export async function launchBrowser(options: LaunchOptions): Promise<RunningBrowser> {
  const puppeteer = await import("puppeteer-core");
  const defaults = puppeteer.defaultArgs({
    headless: options.headless,
    userDataDir: options.profileFolder,
    args: [...browserArguments(options)],
  });
  const child = spawn(options.executablePath, [...defaults, "--remote-debugging-pipe"], {
    // On POSIX the browser leads its own process group, so that one signal reaches the whole tree.
    detached: process.platform !== "win32",
    env: options.environment,
    stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"],
    windowsHide: true,
  });
  const exited = watchExit(child);
  const kill = async (): Promise<void> => {
    await killProcessTree(child);
    await exited;
  };
  const [, , , write, read] = child.stdio;
  if (!(write instanceof Writable && read instanceof Readable)) {
    await kill();
    throw new LaunchError("The browser offers no pipe.");
  }
  try {
    const connected = connect(puppeteer.connect, new PipeTransport(write, read));
    if (!(await settlesWithin(Promise.race([connected, exited]), options.startupTimeoutMs))) {
      throw new LaunchError(`The browser did not answer within ${options.startupTimeoutMs} ms.`);
    }
    const { browser, version } = await Promise.race([
      connected,
      exited.then((exit) => Promise.reject(new LaunchError(describeExit(exit)))),
    ]);
    const pid = child.pid;
    if (pid === undefined) throw new LaunchError("The browser has no process id.");
    const close = async (graceMs: number): Promise<void> => {
      // Whether it closes in time is all that matters: what does not is killed.
      const asked = browser.close().catch(() => undefined);
      const ended = await settlesWithin(Promise.all([exited, asked]), graceMs);
      if (!ended) await kill();
    };
    return { browser, pid, version, exited, close, kill };
  } catch (error) {
    await kill();
    if (error instanceof LaunchError) throw error;
    const exit = await exited;
    throw new LaunchError(exit.lastLines.length > 0 ? describeExit(exit) : messageOf(error), {
      cause: error,
    });
  }
}

/** One sentence about the end of a browser. */
export function describeExit(exit: BrowserExit): string {
  const how = exit.signal === null ? `with code ${exit.code ?? "unknown"}` : `by signal ${exit.signal}`;
  const said = exit.lastLines.slice(-3).join(" | ");
  return said === "" ? `The browser ended ${how}.` : `The browser ended ${how}: ${said}`;
}

function browserArguments(options: LaunchOptions): readonly string[] {
  const root = process.platform === "linux" && process.getuid?.() === 0;
  return [
    // Chromium refuses its sandbox to root.
    ...(root ? ["--no-sandbox"] : []),
    `--proxy-server=socks5://127.0.0.1:${options.proxyPort}`,
    "--proxy-bypass-list=<-loopback>",
    // Names are resolved by the proxy alone; a look-up by the browser itself would not be checked.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--no-pings",
    "--no-default-browser-check",
    "--window-size=1280,800",
    ...options.extraArguments,
  ];
}

async function connect(
  connectPuppeteer: typeof import("puppeteer-core").connect,
  transport: PipeTransport,
): Promise<{ browser: Browser; version: string }> {
  const browser = await connectPuppeteer({
    transport,
    defaultViewport: { width: 1280, height: 800 },
    protocolTimeout: 60_000,
  });
  return { browser, version: await browser.version() };
}

async function watchExit(child: ChildProcess): Promise<BrowserExit> {
  const lastLines: string[] = [];
  if (child.stderr !== null) {
    createInterface(child.stderr).on("line", (line) => {
      if (line.trim() !== "") lastLines.push(line.slice(0, 300));
      if (lastLines.length > keptLines) lastLines.shift();
    });
  }
  return new Promise((resolve) => {
    child.once("error", (error) =>
      resolve({ code: null, signal: null, lastLines: [`it could not be started: ${error.message}`] }),
    );
    child.once("close", (code, signal) => resolve({ code, signal, lastLines }));
  });
}

async function killProcessTree(child: ChildProcess): Promise<void> {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  if (process.platform === "win32") {
    await new Promise<void>((resolve) => killTree(pid, "SIGKILL", () => resolve()));
    return;
  }
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    // It ended in the meantime.
    if (systemErrorCode(error) !== "ESRCH") throw error;
  }
}
