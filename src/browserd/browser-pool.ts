import type { BrowserContext } from "puppeteer-core";
import { messageOf } from "../platform/errors.ts";
import { createProfile, removeProfile } from "./browser-profile.ts";
import type { BrowserSearch } from "./find-browser.ts";
import { describeExit, launchBrowser, type RunningBrowser } from "./launch-browser.ts";
import type { Logger } from "./logger.ts";
import { RelaunchPolicy } from "./relaunch-policy.ts";
import { settlesWithin } from "./settles-within.ts";
import { ToolError } from "./tool-error.ts";

export interface BrowserPoolOptions {
  /** Looks for the browser; called before each start, so that a new installation is noticed. */
  readonly locate: () => BrowserSearch;
  readonly headless: true | "shell";
  readonly extraArguments: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  /** Where the temporary profile is made. */
  readonly temporaryFolder: string;
  /** Port of a proxy that refuses everything, for what belongs to no session. */
  readonly deadEndProxyPort: number;
  /** milliseconds */
  readonly startupTimeoutMs: number;
  /** The browser is closed after so long without an open context, in milliseconds. */
  readonly idleCloseMs: number;
  /** Time between two health checks of a running browser, in milliseconds. */
  readonly probeIntervalMs: number;
  /** A browser that has not answered for so long missed a health check, in milliseconds. */
  readonly probeTimeoutMs: number;
  readonly logger: Logger;
  readonly now: () => number;
}

export type BrowserState = "missing" | "idle" | "starting" | "running" | "failed";

/** What is known of the browser now. */
export interface BrowserView {
  readonly state: BrowserState;
  readonly search: BrowserSearch;
  readonly pid: number | null;
  readonly version: string | null;
  readonly contexts: number;
  readonly launches: number;
  /** Crashes that count towards the limit. */
  readonly crashes: number;
  /** Why the browser ended or did not start; null when it has run since. */
  readonly lastProblem: string | null;
  readonly lastProbe: Probe | null;
}

/** The outcome of one live round trip to the browser. */
export interface Probe {
  readonly ok: boolean;
  readonly milliseconds: number;
  readonly unixMs: number;
}

/** An isolated context: its cookies, storage and pages are nobody else's. */
export interface ContextLease {
  readonly context: BrowserContext;
  /** True when the browser behind the context is gone. */
  isLost(): boolean;
  release(): Promise<void>;
}

const closeGraceMs = 3_000;
const missedProbesLimit = 2;

/**
 * One browser process for all sessions: started on first use, closed when idle, started again after a
 * crash as long as `RelaunchPolicy` allows it.
 */
export class BrowserPool {
  readonly #options: BrowserPoolOptions;
  readonly #listeners = new Set<() => void>();
  readonly #leases = new Set<ContextLease>();
  #search: BrowserSearch;
  #running: RunningBrowser | undefined;
  #starting: Promise<RunningBrowser> | undefined;
  #ending: Promise<void> | undefined;
  #policy = RelaunchPolicy.initial;
  #launches = 0;
  #lastProblem: string | null = null;
  #lastProbe: Probe | null = null;
  #missedProbes = 0;
  #idleTimer: NodeJS.Timeout | undefined;
  #probeTimer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: BrowserPoolOptions) {
    this.#options = options;
    this.#search = options.locate();
  }

  /** Calls the listener after each change of the view. Returns the way to stop it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  view(): BrowserView {
    const running = this.#running;
    return {
      state: this.#state(),
      search: this.#search,
      pid: running?.pid ?? null,
      version: running?.version ?? null,
      contexts: this.#leases.size,
      launches: this.#launches,
      crashes: this.#policy.crashes(this.#options.now()),
      lastProblem: this.#lastProblem,
      lastProbe: this.#lastProbe,
    };
  }

  /** Looks for the browser again, for example after the user installed one. */
  locateAgain(): void {
    const before = JSON.stringify(this.#search);
    this.#search = this.#options.locate();
    if (JSON.stringify(this.#search) !== before) this.#changed();
  }

  /**
   * Opens an isolated context, and the browser first when it does not run.
   * @param proxyPort loopback port of the SOCKS5 proxy that all traffic of the context must take
   * Rejects with `ToolError` (`browser_missing`, `browser_failed`, `engine_crashed`).
   */
  async openContext(proxyPort: number): Promise<ContextLease> {
    const running = await this.#ensureRunning();
    let context: BrowserContext;
    try {
      context = await running.browser.createBrowserContext({
        proxyServer: `socks5://127.0.0.1:${proxyPort}`,
        proxyBypassList: ["<-loopback>"],
        downloadBehavior: { policy: "deny" },
      });
    } catch (error) {
      throw new ToolError("engine_crashed", "The browser ended while a page was being opened.", {
        cause: error,
      });
    }
    const lease: ContextLease = {
      context,
      isLost: () => this.#running !== running || !running.browser.connected,
      release: async () => {
        if (!this.#leases.delete(lease)) return;
        this.#armIdleTimer();
        this.#changed();
        if (lease.isLost()) return;
        try {
          await context.close();
        } catch (error) {
          this.#options.logger.debug({ reason: messageOf(error) }, "A context was closed with its browser.");
        }
      },
    };
    this.#leases.add(lease);
    clearTimeout(this.#idleTimer);
    this.#changed();
    return lease;
  }

  /** A live round trip to the running browser; undefined when none runs. */
  async probe(): Promise<Probe | undefined> {
    const running = this.#running;
    if (running === undefined) return undefined;
    const started = performance.now();
    let answered = false;
    const answer = running.browser.version().then(() => {
      answered = true;
    });
    const ok = (await settlesWithin(answer, this.#options.probeTimeoutMs)) && answered;
    const probe = { ok, milliseconds: Math.round(performance.now() - started), unixMs: this.#options.now() };
    if (this.#running === running) {
      this.#lastProbe = probe;
      this.#missedProbes = ok ? 0 : this.#missedProbes + 1;
      if (!ok) this.#changed();
    }
    return probe;
  }

  /** Closes the browser for good; resolves when its processes have ended and its profile is removed. */
  async stop(): Promise<void> {
    this.#stopped = true;
    // A start that fails now has already cleaned up after itself.
    await this.#starting?.catch(() => undefined);
    await this.#close();
    await this.#ending;
  }

  #state(): BrowserState {
    if (!this.#policy.mayLaunch(this.#options.now())) return "failed";
    if (this.#running !== undefined) return "running";
    if (this.#starting !== undefined) return "starting";
    return this.#search.kind === "found" ? "idle" : "missing";
  }

  async #ensureRunning(): Promise<RunningBrowser> {
    if (this.#stopped) throw new ToolError("browser_failed", "The browser daemon is stopping.");
    const running = this.#running;
    if (running?.browser.connected === true) return running;
    // Its pipe is closed but its process has not ended yet.
    if (running !== undefined && !(await settlesWithin(running.exited, closeGraceMs))) await running.kill();
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
      this.#changed();
    });
    return this.#starting;
  }

  async #start(): Promise<RunningBrowser> {
    const { logger, now } = this.#options;
    await this.#ending;
    if (!this.#policy.mayLaunch(now())) {
      throw new ToolError(
        "browser_failed",
        `The browser crashed too often and is not started again. ${this.#lastProblem ?? ""}`.trim(),
      );
    }
    this.locateAgain();
    if (this.#search.kind !== "found") throw missingBrowser(this.#search);
    const profileFolder = await createProfile(this.#options.temporaryFolder);
    this.#launches += 1;
    try {
      const running = await launchBrowser({
        executablePath: this.#search.path,
        headless: this.#options.headless,
        extraArguments: this.#options.extraArguments,
        profileFolder,
        environment: this.#options.environment,
        proxyPort: this.#options.deadEndProxyPort,
        startupTimeoutMs: this.#options.startupTimeoutMs,
      });
      this.#running = running;
      this.#missedProbes = 0;
      this.#lastProblem = null;
      this.#ending = running.exited.then(async (exit) => {
        if (this.#running === running) this.#crashed(describeExit(exit));
        await this.#discardProfile(profileFolder);
      });
      this.#probeTimer = setInterval(() => void this.#check(running), this.#options.probeIntervalMs);
      this.#probeTimer.unref();
      this.#armIdleTimer();
      logger.info(
        { pid: running.pid, version: running.version, path: this.#search.path },
        "The browser runs.",
      );
      return running;
    } catch (error) {
      this.#lastProblem = messageOf(error);
      this.#policy = this.#policy.afterCrash(now());
      logger.error({ reason: this.#lastProblem }, "The browser could not be started.");
      await this.#discardProfile(profileFolder);
      throw new ToolError("browser_failed", `The browser could not be started. ${this.#lastProblem}`, {
        cause: error,
        hint: "Check that the browser starts by hand, or name another one.",
      });
    }
  }

  #crashed(reason: string): void {
    const inUse = this.#leases.size > 0;
    this.#leases.clear();
    this.#forgetRunning();
    this.#lastProblem = reason;
    this.#policy = this.#policy.afterCrash(this.#options.now());
    const again = this.#policy.mayLaunch(this.#options.now());
    this.#options.logger.error(
      { reason, crashes: this.#policy.crashes(this.#options.now()), again },
      again ? "The browser crashed." : "The browser crashed too often and is not started again.",
    );
    this.#changed();
    if (again && inUse && !this.#stopped) {
      // A failed start is logged and counted where it happens; the next call meets it again.
      this.#ensureRunning().catch(() => undefined);
    }
  }

  async #check(running: RunningBrowser): Promise<void> {
    await this.probe();
    if (this.#running !== running || this.#missedProbes < missedProbesLimit) return;
    this.#options.logger.warn({ pid: running.pid }, "The browser does not answer and is killed.");
    await running.kill();
  }

  #armIdleTimer(): void {
    clearTimeout(this.#idleTimer);
    if (this.#leases.size > 0 || this.#running === undefined) return;
    this.#idleTimer = setTimeout(() => {
      if (this.#leases.size > 0) return;
      this.#options.logger.info({}, "The browser is closed because nobody uses it.");
      void this.#close();
    }, this.#options.idleCloseMs);
    this.#idleTimer.unref();
  }

  async #close(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#forgetRunning();
    this.#changed();
    await running.close(closeGraceMs);
    await this.#ending;
  }

  async #discardProfile(path: string): Promise<void> {
    try {
      await removeProfile(path);
    } catch (error) {
      // The next daemon tries again; a folder left behind harms nobody now.
      this.#options.logger.warn(
        { path, reason: messageOf(error) },
        "A browser profile could not be removed.",
      );
    }
  }

  #forgetRunning(): void {
    this.#running = undefined;
    this.#lastProbe = null;
    clearTimeout(this.#idleTimer);
    clearInterval(this.#probeTimer);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** The error for a search that found nothing to start. */
export function missingBrowser(search: Exclude<BrowserSearch, { kind: "found" }>): ToolError {
  return search.kind === "invalid-path"
    ? new ToolError("browser_missing", `The browser “${search.path}” cannot be used: ${search.reason}.`, {
        hint: search.howToInstall,
      })
    : new ToolError("browser_missing", "No Chrome, Chromium, Edge or Brave was found on this machine.", {
        hint: search.howToInstall,
        details: { searched: search.searched },
      });
}
