import type { Page } from "puppeteer-core";
import type { BrowserSession } from "./browser-session.ts";
import type { Deadline } from "./deadline.ts";
import { describeBlocked, explainRefusal } from "./explain-page-error.ts";
import { describeField, prepareField } from "./in-page.ts";
import { type ElementAddress, type LocatedElement, locateElement } from "./locate-element.ts";
import { NavigationWatch } from "./navigation-watch.ts";
import { redactUrl } from "./redact-url.ts";
import { ToolError } from "./tool-error.ts";

export interface ClickInput extends ElementAddress {
  readonly button: "left" | "right" | "middle";
  readonly double: boolean;
}

export interface TypeInput extends ElementAddress {
  readonly text: string;
  readonly clear: boolean;
  readonly submit: boolean;
}

/** What an action acted upon, and where the page is now (redacted). */
export interface ActionResult {
  readonly element: string;
  readonly page_url: string;
}

/** Short texts are typed key by key, because some pages listen to keys; longer ones are inserted at once. */
const typedByKeyLength = 256;

/** Clicks an element when it is visible, enabled and at rest, and waits for what the click starts. */
export async function clickElement(
  session: BrowserSession,
  input: ClickInput,
  deadline: Deadline,
): Promise<ActionResult> {
  return act(session, input, deadline, async (_page, { handle, label }) => {
    const click = handle
      .asLocator()
      .setTimeout(deadline.remaining())
      .click({ button: input.button, count: input.double ? 2 : 1 });
    try {
      await deadline.enforce(click, "The element could not be clicked");
    } catch (error) {
      if (!isTimeout(error)) throw error;
      throw new ToolError(
        "not_clickable",
        `${capital(label)} could not be clicked within ${deadline.milliseconds} ms.`,
        {
          cause: error,
        },
      );
    }
  });
}

/** Types into a field. The text is neither kept nor logged nor answered. */
export async function typeIntoElement(
  session: BrowserSession,
  input: TypeInput,
  deadline: Deadline,
): Promise<ActionResult & { readonly typed_bytes: number; readonly secret_field: boolean }> {
  const bytes = Buffer.byteLength(input.text);
  const { typeInputBytes } = session.limits;
  if (bytes > typeInputBytes) {
    throw new ToolError(
      "input_too_large",
      `The text has ${bytes} bytes; at most ${typeInputBytes} are allowed.`,
    );
  }
  let secret = false;
  const result = await act(session, input, deadline, async (page, { handle, label }) => {
    const field = await deadline.enforce(handle.evaluate(describeField), "The page did not answer");
    secret = field.secret;
    if (!field.typable)
      throw new ToolError("not_typable", `${capital(label)} is not a text field (${field.tag}).`);
    if (!field.enabled) throw new ToolError("not_typable", `${capital(label)} is disabled or read-only.`);
    await deadline.enforce(typeText(page, { handle, label }, input), "The text could not be typed");
  });
  return { ...result, typed_bytes: bytes, secret_field: secret };
}

async function typeText(page: Page, { handle }: LocatedElement, input: TypeInput): Promise<void> {
  await handle.scrollIntoView();
  await handle.evaluate(prepareField, input.clear);
  if (input.clear) await page.keyboard.press("Backspace");
  if (input.text !== "") {
    const byKey = input.text.length <= typedByKeyLength && !/[\r\n]/.test(input.text);
    await (byKey ? page.keyboard.type(input.text) : page.keyboard.sendCharacter(input.text));
  }
  if (input.submit) await page.keyboard.press("Enter");
}

async function act(
  session: BrowserSession,
  address: ElementAddress,
  deadline: Deadline,
  action: (page: Page, element: LocatedElement) => Promise<void>,
): Promise<ActionResult> {
  const { page, proxy } = await session.activePage();
  session.spendAction();
  const element = await locateElement(session, page, address, deadline);
  const mark = proxy.mark;
  const watch = new NavigationWatch(page);
  try {
    await action(page, element);
    if (!(await watch.settle(deadline)))
      session.notice("The action opened another page, which is still loading.");
  } finally {
    watch.dispose();
  }
  const refused = proxy.refusedSince(mark);
  const last = refused.at(-1);
  if (watch.failure?.includes("SOCKS") === true && last !== undefined) throw explainRefusal(last);
  for (const notice of describeBlocked(refused)) session.notice(notice);
  const { page: active } = await session.activePage();
  return { element: element.label, page_url: redactUrl(active.url()) };
}

function isTimeout(error: unknown): boolean {
  return error instanceof ToolError
    ? error.code === "timeout"
    : error instanceof Error && error.name === "TimeoutError";
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
