import type { HTTPResponse, Page } from "puppeteer-core";
import { messageOf } from "../platform/errors.ts";
import type { BrowserSession } from "./browser-session.ts";
import { Deadline } from "./deadline.ts";
import { describeBlocked, explainRefusal } from "./explain-page-error.ts";
import { truncateUtf8 } from "./limits.ts";
import type { PolicyProxy } from "./policy-proxy.ts";
import { redactUrl } from "./redact-url.ts";
import { decideUrl } from "./target-policy.ts";
import { ToolError } from "./tool-error.ts";

/** Where a navigation led. */
export interface NavigationResult {
  /** Redacted. */
  readonly final_url: string;
  /** HTTP status; null for a page without a request, such as `about:blank`. */
  readonly status_code: number | null;
  readonly title: string;
  readonly redirects: number;
  readonly latency_ms: number;
}

/** A page that used up its time loading can still be asked for its title, in milliseconds. */
const titleMs = 2_000;

/**
 * Opens a URL in the session's page and waits until it has loaded. A page that is readable but still
 * loads at the end of the time is a success with a notice.
 * @param timeoutMs for the page; the start of the browser has its own limit
 * Rejects with `ToolError` or with an error of puppeteer.
 */
export async function navigate(
  session: BrowserSession,
  url: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<NavigationResult> {
  const decision = decideUrl(url, session.policy);
  if (!decision.allowed) {
    throw decision.refusal === "invalid_url"
      ? new ToolError("invalid_argument", `url: ${decision.reason}`, {
          hint: "Give a complete http or https URL.",
        })
      : new ToolError("policy_blocked", decision.reason, { details: { refusal: decision.refusal } });
  }
  const { page, proxy } = await session.openPage();
  session.refs.invalidate();
  const mark = proxy.mark;
  const started = performance.now();
  const deadline = new Deadline(timeoutMs, signal);
  const response = await load(page, proxy, mark, url, deadline);
  await finishLoading(page, session, deadline);
  for (const notice of describeBlocked(proxy.refusedSince(mark))) session.notice(notice);
  const title = await new Deadline(titleMs, signal).enforce(page.title(), "The page did not tell its title");
  return {
    final_url: redactUrl(page.url()),
    status_code: response?.status() ?? null,
    title: truncateUtf8(title, session.limits.titleBytes).text,
    redirects: response?.request().redirectChain().length ?? 0,
    latency_ms: Math.round(performance.now() - started),
  };
}

async function load(
  page: Page,
  proxy: PolicyProxy,
  mark: number,
  url: string,
  deadline: Deadline,
): Promise<HTTPResponse | null> {
  const loading = page.goto(url.trim(), { waitUntil: "domcontentloaded", timeout: deadline.remaining() });
  try {
    return await deadline.enforce(loading, "The page did not load");
  } catch (error) {
    const code = /net::(ERR_[A-Z0-9_]+)/.exec(messageOf(error))?.[1];
    if (code === undefined) throw error;
    const refused = proxy.refusedSince(mark).at(-1);
    if (code.includes("SOCKS") && refused !== undefined) throw explainRefusal(refused);
    throw new ToolError("navigation_failed", `The page could not be loaded (${code}).`, {
      details: { net_error: code },
      cause: error,
      ...(code === "ERR_ABORTED" ? { hint: "The address may lead to a download; downloads are off." } : {}),
    });
  }
}

async function finishLoading(page: Page, session: BrowserSession, deadline: Deadline): Promise<void> {
  try {
    await page.waitForFunction("document.readyState === 'complete'", { timeout: deadline.remaining() });
  } catch (error) {
    if (!(error instanceof Error && error.name === "TimeoutError")) throw error;
    session.notice(`The page can be read, but was still loading after ${deadline.milliseconds} ms.`);
  }
}
