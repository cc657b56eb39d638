import { messageOf } from "../platform/errors.ts";
import type { BrowserSession } from "./browser-session.ts";
import type { RefusedConnection } from "./policy-proxy.ts";
import { ToolError } from "./tool-error.ts";

const goneElement =
  /detached|not attached|No node with given id|Node is detached|does not belong to the document|Cannot find context|context was destroyed|Could not find node|JSHandle is disposed|Execution context is not available/i;

/**
 * The error a caller can act upon, for anything thrown by puppeteer.
 * @param deadlineMs the time the call had
 */
export async function explainPageError(
  thrown: unknown,
  session: BrowserSession,
  deadlineMs: number,
): Promise<ToolError> {
  if (thrown instanceof ToolError && thrown.code !== "internal_error") return thrown;
  const crash = await session.takeCrash();
  if (crash !== undefined) return crash;
  const message = messageOf(thrown);
  if (thrown instanceof Error && thrown.name === "TimeoutError") {
    return new ToolError("timeout", `The browser did not finish within ${deadlineMs} ms.`, { cause: thrown });
  }
  if (goneElement.test(message)) {
    return new ToolError("stale_ref", "The element is no longer part of the page.", { cause: thrown });
  }
  if (/Target closed|Session closed|page has been closed/i.test(message)) {
    return new ToolError("no_page", "The page was closed.", { cause: thrown });
  }
  return new ToolError("internal_error", "The browser refused the action for an unexpected reason.", {
    cause: thrown,
  });
}

/** The error for a navigation that the proxy refused or that could not be connected. */
export function explainRefusal(refused: RefusedConnection): ToolError {
  const details = { host: refused.host, port: refused.port };
  return refused.cause === "policy"
    ? new ToolError("policy_blocked", `The address is not allowed. ${refused.reason}`, {
        details: { ...details, refusal: refused.refusal },
      })
    : new ToolError("navigation_failed", refused.reason, { details });
}

/** One notice per host that the policy kept the page from reaching. */
export function describeBlocked(refused: readonly RefusedConnection[]): readonly string[] {
  const byPolicy = refused.filter((connection) => connection.cause === "policy");
  return [
    ...new Set(byPolicy.map((connection) => `A request of the page was blocked. ${connection.reason}`)),
  ];
}
