import type { ElementHandle, Page } from "puppeteer-core";
import { messageOf } from "../platform/errors.ts";
import type { BrowserSession } from "./browser-session.ts";
import type { Deadline } from "./deadline.ts";
import { describeField } from "./in-page.ts";
import { ToolError } from "./tool-error.ts";

/** How a caller names an element: exactly one of both. */
export interface ElementAddress {
  readonly ref?: string | undefined;
  /** A CSS selector, or one of puppeteer's such as `::-p-text(Send)`. */
  readonly selector?: string | undefined;
}

/** An element of the page and what to call it in an answer. */
export interface LocatedElement {
  readonly handle: ElementHandle;
  readonly label: string;
}

const pollMs = 100;

/**
 * Finds an element. A reference must lead to an element that is still in the page; a selector is looked
 * for in all frames until the time is over.
 */
export async function locateElement(
  session: BrowserSession,
  page: Page,
  address: ElementAddress,
  deadline: Deadline,
): Promise<LocatedElement> {
  const { ref, selector } = address;
  if ((ref === undefined) === (selector === undefined)) {
    throw new ToolError("invalid_argument", "Exactly one of ref and selector is needed.");
  }
  return ref !== undefined ? byRef(session, ref, deadline) : bySelector(page, selector ?? "", deadline);
}

async function byRef(session: BrowserSession, ref: string, deadline: Deadline): Promise<LocatedElement> {
  const element = session.refs.resolve(ref);
  const stale = (cause?: unknown): ToolError =>
    new ToolError("stale_ref", `The element of the reference ${ref} is no longer part of the page.`, {
      cause,
    });
  let handle: ElementHandle | null;
  let connected: boolean;
  try {
    handle = await deadline.enforce(element.open(), "The page did not answer");
    connected =
      handle !== null &&
      (await deadline.enforce(handle.evaluate(describeField), "The page did not answer")).connected;
  } catch (error) {
    if (error instanceof ToolError) throw error;
    const crash = await session.takeCrash();
    throw crash ?? stale(error);
  }
  if (handle === null || !connected) throw stale();
  return { handle, label: `${element.role} ${JSON.stringify(element.name)} (${ref})` };
}

async function bySelector(page: Page, selector: string, deadline: Deadline): Promise<LocatedElement> {
  for (;;) {
    for (const frame of page.frames()) {
      const handle = await findIn(frame, selector, deadline);
      if (handle !== null) return { handle, label: `the element “${selector}”` };
    }
    if (deadline.remaining() <= pollMs) {
      throw new ToolError(
        "selector_not_found",
        `No element matched the selector within ${deadline.milliseconds} ms.`,
      );
    }
    await deadline.enforce(
      new Promise((resolve) => setTimeout(resolve, pollMs)),
      "The element did not appear",
    );
  }
}

async function findIn(
  frame: ReturnType<Page["frames"]>[number],
  selector: string,
  deadline: Deadline,
): Promise<ElementHandle | null> {
  try {
    return await deadline.enforce(frame.$(selector), "The page did not answer");
  } catch (error) {
    const message = messageOf(error);
    if (/not a valid selector|SyntaxError|Query set to use/i.test(message)) {
      throw new ToolError("invalid_selector", "The selector is not valid.", { cause: error });
    }
    // A frame that is just being replaced has no elements; the next round sees its successor.
    if (/detached|context/i.test(message)) return null;
    throw error;
  }
}
