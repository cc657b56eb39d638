import type { Page, Target } from "puppeteer-core";
import { messageOf } from "../platform/errors.ts";
import { ActionBudget } from "./action-budget.ts";
import type { BrowserPool, ContextLease } from "./browser-pool.ts";
import { ElementRefs } from "./element-refs.ts";
import type { Limits } from "./limits.ts";
import type { Logger } from "./logger.ts";
import { type Network, PolicyProxy } from "./policy-proxy.ts";
import { redactUrl } from "./redact-url.ts";
import { settlesWithin } from "./settles-within.ts";
import type { TargetPolicy } from "./target-policy.ts";
import { ToolError } from "./tool-error.ts";

export interface BrowserSessionOptions {
  readonly pool: BrowserPool;
  readonly policy: TargetPolicy;
  readonly network: Network;
  readonly limits: Limits;
  readonly logger: Logger;
  readonly now: () => number;
}

interface OpenBrowser {
  readonly lease: ContextLease;
  readonly proxy: PolicyProxy;
  readonly pages: Page[];
  budget: ActionBudget;
  active: Page;
  idleTimer: NodeJS.Timeout | undefined;
  readonly lifetimeTimer: NodeJS.Timeout;
}

const keptNotices = 20;
/** A page that does not evaluate a constant for so long is taken for hung, in milliseconds. */
const hungAfterMs = 2_000;

/**
 * What one MCP session has of the browser: an isolated context with its tabs, behind its own policy
 * proxy. It is opened by the first navigation and closed when idle, too old, or with the MCP session.
 */
export class BrowserSession {
  readonly refs = new ElementRefs();
  readonly policy: TargetPolicy;
  readonly limits: Limits;
  readonly #options: BrowserSessionOptions;
  #open: OpenBrowser | undefined;
  /** Why there is no page, to be told once. */
  #gone: ToolError | undefined;
  #notices: string[] = [];
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: BrowserSessionOptions) {
    this.#options = options;
    this.policy = options.policy;
    this.limits = options.limits;
  }

  /** Runs one call after the other: two actions at once on one page make no sense. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    // The caller gets the failure; the queue only needs to know that the call has ended.
    this.#queue = result.catch(() => undefined);
    return result;
  }

  /** The page to navigate, opened when there is none. Rejects with `ToolError`. */
  async openPage(): Promise<{ readonly page: Page; readonly proxy: PolicyProxy }> {
    if (this.#closed) throw new ToolError("cancelled", "The session was closed.");
    if (this.#isLost()) await this.#discard(crashed());
    if (this.#gone?.code === "engine_crashed") {
      this.notice("The browser had crashed and was started again; the old pages and cookies are gone.");
    }
    this.#gone = undefined;
    const open = this.#open ?? (await this.#openContext());
    const hung = open.pages.length > 0 && !(await settlesWithin(open.active.evaluate("0"), hungAfterMs));
    if (hung) await this.#leave(open.active);
    if (open.pages.length === 0 || hung) {
      open.active = await open.lease.context.newPage();
      this.#adopt(open, open.active);
    }
    this.#touch(open);
    return { page: open.active, proxy: open.proxy };
  }

  /**
   * The page to act upon. Rejects with `ToolError`: `no_page`, or once `engine_crashed` when there was a
   * page and the browser crashed.
   */
  async activePage(): Promise<{ readonly page: Page; readonly proxy: PolicyProxy }> {
    if (this.#isLost()) await this.#discard(crashed());
    const gone = this.#gone;
    this.#gone = undefined;
    if (gone !== undefined) throw gone;
    const open = this.#open;
    if (open === undefined || open.pages.length === 0) throw new ToolError("no_page", "No page is open.");
    return { page: open.active, proxy: open.proxy };
  }

  /** Counts one action. Throws `ToolError` `budget_exhausted` or `rate_limited`. */
  spendAction(): void {
    const open = this.#open;
    if (open === undefined) return;
    const decision = open.budget.spend(this.#options.now());
    if (!decision.allowed) {
      throw decision.code === "budget_exhausted"
        ? new ToolError(
            "budget_exhausted",
            `This session has used its ${this.limits.actionsPerSession} actions.`,
          )
        : new ToolError("rate_limited", `More than ${this.limits.actionsPerWindow} actions in a moment.`, {
            details: { retry_after_ms: decision.retryAfterMs },
          });
    }
    open.budget = decision.budget;
    this.#touch(open);
  }

  /** The crash that explains why a call failed, if there was one; it is told once. */
  async takeCrash(): Promise<ToolError | undefined> {
    if (this.#isLost()) await this.#discard(crashed());
    const gone = this.#gone?.code === "engine_crashed" ? this.#gone : undefined;
    if (gone !== undefined) this.#gone = undefined;
    return gone;
  }

  /** Remembers something that happened beside the call, for the next answer. */
  notice(text: string): void {
    if (this.#notices.length < keptNotices && !this.#notices.includes(text)) this.#notices.push(text);
  }

  /** What happened since the last answer. */
  takeNotices(): readonly string[] {
    const notices = this.#notices;
    this.#notices = [];
    return notices;
  }

  /** Closes the page and its context for good. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#discard(undefined);
  }

  async #openContext(): Promise<OpenBrowser> {
    const { pool, policy, network, limits, logger } = this.#options;
    const proxy = new PolicyProxy({ policy, network, logger });
    const port = await proxy.start();
    let lease: ContextLease | undefined;
    try {
      lease = await pool.openContext(port);
      const active = await lease.context.newPage();
      const open: OpenBrowser = {
        lease,
        proxy,
        pages: [],
        budget: new ActionBudget(limits),
        active,
        idleTimer: undefined,
        lifetimeTimer: setTimeout(
          () =>
            this.#expire(
              `The page was closed after ${minutes(limits.sessionLifetimeMs)}, the longest a session may last.`,
            ),
          limits.sessionLifetimeMs,
        ),
      };
      open.lifetimeTimer.unref();
      this.#open = open;
      this.#adopt(open, active);
      lease.context.on("targetcreated", (target: Target) => void this.#onTarget(open, target));
      if (this.#closed) {
        await this.#discard(undefined);
        throw new ToolError("cancelled", "The session was closed.");
      }
      return open;
    } catch (error) {
      await lease?.release();
      await proxy.stop();
      if (error instanceof ToolError) throw error;
      throw new ToolError("engine_crashed", "The browser ended while a page was being opened.", {
        cause: error,
      });
    }
  }

  #adopt(open: OpenBrowser, page: Page): void {
    if (open.pages.includes(page)) return;
    open.pages.push(page);
    page.on("dialog", (dialog) => {
      const leaving = dialog.type() === "beforeunload";
      if (!leaving) {
        this.notice(
          `The page showed a dialog (${dialog.type()}): “${dialog.message().slice(0, 500)}”. It was dismissed.`,
        );
      }
      (leaving ? dialog.accept() : dialog.dismiss()).catch((error: unknown) =>
        this.#options.logger.debug(
          { reason: messageOf(error) },
          "A dialog was gone before it was dismissed.",
        ),
      );
    });
    page.on("close", () => {
      open.pages.splice(open.pages.indexOf(page), 1);
      open.active = open.pages.at(-1) ?? open.active;
    });
    page.on("error", () => {
      this.#gone = new ToolError("engine_crashed", "The page crashed.");
      page
        .close()
        .catch((error: unknown) =>
          this.#options.logger.debug({ reason: messageOf(error) }, "A crashed page was already closed."),
        );
    });
  }

  async #onTarget(open: OpenBrowser, target: Target): Promise<void> {
    if (target.type() !== "page") return;
    try {
      const page = await target.page();
      if (page === null || open.pages.includes(page) || this.#open !== open) return;
      if (open.pages.length >= this.limits.tabsPerSession) {
        this.notice(
          `The page wanted to open more than ${this.limits.tabsPerSession} tabs; the new one was closed.`,
        );
        await page.close();
        return;
      }
      this.#adopt(open, page);
      open.active = page;
      this.notice(`A new tab was opened and is now the active one: ${redactUrl(target.url())}`);
    } catch (error) {
      this.#options.logger.debug(
        { reason: messageOf(error) },
        "A new tab was closed before it was looked at.",
      );
    }
  }

  /** Closes a page whose script never ends: it would block the navigation away from it. */
  async #leave(page: Page): Promise<void> {
    this.notice("The page did not react any more and was replaced by a new tab.");
    const closed = await settlesWithin(page.close(), hungAfterMs);
    if (!closed) this.#options.logger.warn({}, "A page that hangs could not be closed in time.");
  }

  #touch(open: OpenBrowser): void {
    clearTimeout(open.idleTimer);
    const { sessionIdleMs } = this.limits;
    open.idleTimer = setTimeout(
      () =>
        this.#expire(`The page was closed because nothing was done with it for ${minutes(sessionIdleMs)}.`),
      sessionIdleMs,
    );
    open.idleTimer.unref();
  }

  #expire(reason: string): void {
    const open = this.#open;
    // In the queue, so that a call that runs just now can end.
    void this.run(async () => {
      if (this.#open === open) await this.#discard(new ToolError("no_page", reason));
    });
  }

  #isLost(): boolean {
    return this.#open?.lease.isLost() === true;
  }

  async #discard(gone: ToolError | undefined): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    this.#gone = gone;
    this.refs.invalidate();
    if (open === undefined) return;
    clearTimeout(open.idleTimer);
    clearTimeout(open.lifetimeTimer);
    await open.lease.release();
    await open.proxy.stop();
  }
}

function crashed(): ToolError {
  return new ToolError("engine_crashed", "The browser crashed.");
}

function minutes(milliseconds: number): string {
  return milliseconds >= 60_000 ? `${Math.round(milliseconds / 60_000)} min` : `${milliseconds} ms`;
}
