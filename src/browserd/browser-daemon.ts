import { tmpdir } from "node:os";
import type { ErrorDetails } from "../contracts/errors.ts";
import type { BrowserdStatus } from "../contracts/sidecar-status.ts";
import { messageOf, PalyraError } from "../platform/errors.ts";
import { productVersion } from "../platform/version.ts";
import { BearerTokens } from "./bearer-tokens.ts";
import { browserEnvironment } from "./browser-environment.ts";
import { BrowserPool, type BrowserView, missingBrowser } from "./browser-pool.ts";
import { removeAbandonedProfiles } from "./browser-profile.ts";
import { thisMachine } from "./browser-search-host.ts";
import { BrowserSession } from "./browser-session.ts";
import { type BrowserSearch, findBrowser } from "./find-browser.ts";
import { startHttpServer } from "./http-server.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import type { Logger } from "./logger.ts";
import { McpSessions } from "./mcp-sessions.ts";
import { type Network, PolicyProxy } from "./policy-proxy.ts";
import { systemNetwork } from "./system-network.ts";

export interface BrowserDaemonOptions {
  readonly logger: Logger;
  /** The bearer tokens that are valid at first. */
  readonly tokens: readonly string[];
  /** Preferred loopback port; 0 (the default) for any free one. */
  readonly port?: number;
  /** The browser's executable; without it an installed one is searched. */
  readonly browserPath?: string | undefined;
  /** `shell` when `browserPath` is a chrome-headless-shell. Default `true`, a full browser. */
  readonly headless?: true | "shell";
  readonly extraBrowserArguments?: readonly string[];
  /** Lets sessions reach loopback and private networks. Default false. */
  readonly allowPrivateTargets?: boolean;
  readonly limits?: Partial<Limits>;
  /** The browser is closed after so long without an open page, in milliseconds. Default 60000. */
  readonly browserIdleCloseMs?: number;
  /** milliseconds, default 20000 */
  readonly browserStartupTimeoutMs?: number;
  /** Time between two health checks of a running browser, in milliseconds. Default 30000. */
  readonly probeIntervalMs?: number;
  /** milliseconds, default 5000; two health checks without an answer end the browser */
  readonly probeTimeoutMs?: number;
  /** Where temporary profiles are made. Default: the system's temporary folder. */
  readonly temporaryFolder?: string;
  /** For tests: another search and another network. */
  readonly locate?: () => BrowserSearch;
  readonly network?: Network;
  readonly environment?: NodeJS.ProcessEnv;
  /** Called when a valid token came with a request that a foreign page or host sent. */
  readonly tokenMisused?: () => void;
}

/** What the daemon says of itself. */
export interface BrowserDaemonStatus {
  readonly health: "ok" | "degraded" | "failed";
  /** One sentence each with a next step; empty exactly when health is `ok`. */
  readonly reasons: readonly string[];
  readonly browser: BrowserView;
  readonly sessions: number;
}

export interface BrowserDaemon {
  /** The bound loopback port. The MCP endpoint is `http://127.0.0.1:<port>/mcp`. */
  readonly port: number;
  /** Replaces the valid tokens; sessions and requests that run are not disturbed. */
  setTokens(tokens: readonly string[]): void;
  status(): BrowserDaemonStatus;
  /** Calls the listener after each change of the status. Returns the way to stop it. */
  onStatus(listener: (status: BrowserDaemonStatus) => void): () => void;
  /** Ends sessions, server and browser. Resolves when no process and no temporary file is left. */
  stop(): Promise<void>;
}

const bodyLimit = 1_048_576;

/**
 * Starts the browser daemon: the MCP server on loopback, with one browser that is started on first use.
 * A missing browser does not keep it from starting; it is `degraded` then.
 * Rejects when the port cannot be bound (`EADDRINUSE`) or a token is empty.
 */
export async function startBrowserDaemon(options: BrowserDaemonOptions): Promise<BrowserDaemon> {
  const { logger } = options;
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const temporaryFolder = options.temporaryFolder ?? tmpdir();
  const network = options.network ?? systemNetwork;
  const policy = { allowPrivateTargets: options.allowPrivateTargets ?? false };
  const tokens = new BearerTokens();
  tokens.set(options.tokens);
  await cleanUp(temporaryFolder, logger);

  const deadEnd = new PolicyProxy({
    policy: { allowPrivateTargets: false },
    network: deadEndNetwork,
    logger,
  });
  const pool = new BrowserPool({
    locate: options.locate ?? (() => findBrowser(thisMachine(), options.browserPath)),
    headless: options.headless ?? true,
    extraArguments: options.extraBrowserArguments ?? [],
    environment: browserEnvironment(options.environment ?? process.env),
    temporaryFolder,
    deadEndProxyPort: await deadEnd.start(),
    startupTimeoutMs: options.browserStartupTimeoutMs ?? 20_000,
    idleCloseMs: options.browserIdleCloseMs ?? 60_000,
    probeIntervalMs: options.probeIntervalMs ?? 30_000,
    probeTimeoutMs: options.probeTimeoutMs ?? 5_000,
    logger,
    now: Date.now,
  });
  const listeners = new Set<(status: BrowserDaemonStatus) => void>();
  const changed = (): void => {
    for (const listener of listeners) listener(status());
  };
  const sessions = new McpSessions({
    createSession: () => new BrowserSession({ pool, policy, network, limits, logger, now: Date.now }),
    logger,
    version: productVersion,
    maxSessions: limits.sessions,
    idleMs: limits.sessionIdleMs,
    onChange: changed,
  });
  const status = (): BrowserDaemonStatus => describeStatus(pool.view(), sessions.count);
  pool.onChange(changed);

  try {
    const server = await startHttpServer({
      tokens,
      sessions,
      logger,
      tokenMisused: () => options.tokenMisused?.(),
      version: productVersion,
      health: () => {
        const { health, reasons } = status();
        return { status: health === "failed" ? "unhealthy" : health, reasons };
      },
      ready: async () => {
        pool.locateAgain();
        const probe = await pool.probe();
        const { health, browser } = status();
        const checks = {
          browser_found: browser.search.kind === "found",
          browser_answers: probe?.ok ?? health !== "failed",
          token_set: tokens.count > 0,
        };
        return { ready: Object.values(checks).every(Boolean), checks, sessions: sessions.count };
      },
      port: options.port ?? 0,
      bodyLimit,
    });
    logger.info({ port: server.port, browser: status().browser.state }, "The browser daemon serves MCP.");
    let stopping: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      await sessions.closeAll();
      await Promise.all([server.close(), pool.stop()]);
      await deadEnd.stop();
    };
    return {
      port: server.port,
      setTokens: (next) => tokens.set(next),
      status,
      onStatus: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      stop: () => (stopping ??= stop()),
    };
  } catch (error) {
    await deadEnd.stop();
    throw error;
  }
}

/** The status as the sidecar contract wants it. */
export function toBrowserdStatus(status: BrowserDaemonStatus): BrowserdStatus {
  const { search, state } = status.browser;
  // A path that somebody chose is to be corrected; without a browser the next step depends on who reads it.
  const correction = search.kind === "invalid-path" ? { nextStep: search.howToInstall } : {};
  const reasons: ErrorDetails[] = status.reasons.map((reason) =>
    new PalyraError(
      search.kind === "found" ? "service_unavailable" : "browser_missing",
      reason,
      correction,
    ).toDetails(),
  );
  return {
    service: "browserd",
    health: status.health === "failed" ? "unhealthy" : status.health,
    reasons,
    browser: {
      path: search.kind === "missing" ? null : search.path,
      source: search.kind === "found" ? search.source : null,
      searched: search.kind === "missing" ? [...search.searched] : [],
      state: state === "starting" ? "running" : state,
    },
    sessions: status.sessions,
  };
}

/** Health from the facts; pure. */
export function describeStatus(browser: BrowserView, sessions: number): BrowserDaemonStatus {
  if (browser.state === "failed") {
    const reason =
      `The browser crashed too often and is not started again. ${browser.lastProblem ?? ""}`.trim();
    return { health: "failed", reasons: [`${reason} Restart the browser daemon.`], browser, sessions };
  }
  if (browser.search.kind !== "found") {
    return { health: "degraded", reasons: [missingBrowser(browser.search).message], browser, sessions };
  }
  if (browser.lastProbe?.ok === false) {
    const reasons = ["The browser does not answer. It is started again if that lasts."];
    return { health: "degraded", reasons, browser, sessions };
  }
  if (browser.state === "idle" && browser.lastProblem !== null) {
    const reasons = [`${browser.lastProblem} The next call starts it again.`];
    return { health: "degraded", reasons, browser, sessions };
  }
  return { health: "ok", reasons: [], browser, sessions };
}

const deadEndNetwork: Network = {
  resolve: () => Promise.reject(new Error("No session asks for this.")),
  connect: () => Promise.reject(new Error("No session asks for this.")),
};

async function cleanUp(temporaryFolder: string, logger: Logger): Promise<void> {
  try {
    const removed = await removeAbandonedProfiles(temporaryFolder);
    if (removed.length > 0)
      logger.info({ removed: removed.length }, "Profiles left by earlier runs were removed.");
  } catch (error) {
    // Left-over folders cost disk space only; the daemon works beside them.
    logger.warn({ reason: messageOf(error) }, "Profiles left by earlier runs could not be removed.");
  }
}
