import type { Page } from "puppeteer-core";
import { waitUntil } from "./wait-until.ts";

const WIDGET = ".quick-input-widget";
const ENTRY = `${WIDGET} .quick-input-list .monaco-list-row`;
const BOX = `${WIDGET} .quick-input-box input`;
const BACK = `${WIDGET} .quick-input-titlebar .codicon-quick-input-back`;
const STEP_DEADLINE_MS = 15_000;

/** What page functions use of the DOM; the project compiles without its types. */
interface PageElement {
  readonly textContent: string | null;
  querySelector(selector: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
}

/** What a quick input shows now, as a user reads it. */
export interface ShownInput {
  readonly title: string;
  readonly entries: readonly string[];
  /** Below the box: the prompt, or what is wrong with the text. */
  readonly message: string;
}

/** Waits until a quick input with a title that fits is open. */
export async function quickInput(page: Page, title: RegExp): Promise<ShownInput> {
  let last: ShownInput | undefined;
  return waitUntil(
    `a quick input ${title}`,
    async () => {
      last = await shown(page);
      return last !== undefined && title.test(last.title) ? last : undefined;
    },
    STEP_DEADLINE_MS,
  ).catch((error: unknown) => {
    throw new Error(`no quick input ${title}; there is ${JSON.stringify(last)}`, { cause: error });
  });
}

/** Waits until the prompt, or what is wrong with the text, fits. */
export async function messageShown(page: Page, text: RegExp): Promise<void> {
  let last: ShownInput | undefined;
  await waitUntil(
    `a message ${text}`,
    async () => {
      last = await shown(page);
      return last !== undefined && text.test(last.message);
    },
    STEP_DEADLINE_MS,
  ).catch((error: unknown) => {
    throw new Error(`no message ${text}; there is ${JSON.stringify(last)}`, { cause: error });
  });
}

/** Waits until an entry whose text fits is there. @returns all that is shown then */
export async function entryShown(page: Page, text: RegExp): Promise<ShownInput> {
  let last: ShownInput | undefined;
  return waitUntil(
    `an entry ${text}`,
    async () => {
      last = await shown(page);
      return last?.entries.some((entry) => text.test(entry)) === true ? last : undefined;
    },
    STEP_DEADLINE_MS,
  ).catch((error: unknown) => {
    throw new Error(`no entry ${text}; there is ${JSON.stringify(last)}`, { cause: error });
  });
}

/** Clicks the entry whose text fits, as soon as it is there. */
export async function choose(page: Page, text: RegExp): Promise<void> {
  await entryShown(page, text);
  await waitUntil(`a click on ${text}`, async () => {
    for (const row of await page.$$(ENTRY)) {
      const label = await row.evaluate((found: PageElement) => found.textContent ?? "");
      if (!text.test(label)) continue;
      await row.click();
      return true;
    }
    return false;
  });
}

/** Replaces the text of the box and, unless told not to, accepts it. */
export async function enter(page: Page, text: string, accept = true): Promise<void> {
  const box = await page.waitForSelector(BOX, { visible: true, timeout: STEP_DEADLINE_MS });
  await box?.click({ count: 3 });
  await page.keyboard.press("Backspace");
  await box?.type(text);
  if (accept) await page.keyboard.press("Enter");
}

/** Clicks the arrow that leads to the step before. */
export async function goBack(page: Page): Promise<void> {
  await (await page.waitForSelector(BACK, { visible: true, timeout: STEP_DEADLINE_MS }))?.click();
}

/** Waits until no quick input is open. */
export async function quickInputGone(page: Page): Promise<void> {
  await page.waitForSelector(WIDGET, { hidden: true, timeout: STEP_DEADLINE_MS });
}

async function shown(page: Page): Promise<ShownInput | undefined> {
  const widget = await page.$(WIDGET);
  if (widget === null || !(await widget.isVisible())) return undefined;
  return widget.evaluate((found: PageElement) => {
    const text = (selector: string): string => found.querySelector(selector)?.textContent ?? "";
    return {
      title: `${text(".quick-input-title")}`,
      entries: [...found.querySelectorAll(".quick-input-list .monaco-list-row")].map(
        (row) => row.textContent ?? "",
      ),
      message: text(".quick-input-message"),
    };
  });
}
