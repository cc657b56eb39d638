import type { Page } from "puppeteer-core";
import { waitUntil } from "./wait-until.ts";
import type { Workbench } from "./workbench.ts";

const DIALOG = ".monaco-dialog-box";
const DIALOG_BUTTON = `${DIALOG} .dialog-buttons .monaco-button`;
const STEP_DEADLINE_MS = 15_000;

/** Waits for a modal question whose text fits, and presses the button with this label. */
export async function answerDialog(page: Page, question: RegExp, label: string): Promise<void> {
  await waitUntil(
    `the question ${question}`,
    async () => question.test((await page.$eval(DIALOG, (box) => box.textContent).catch(() => null)) ?? ""),
    STEP_DEADLINE_MS,
  );
  for (const button of await page.$$(DIALOG_BUTTON)) {
    if ((await button.evaluate((found) => found.textContent))?.trim() !== label) continue;
    await button.click();
    await page.waitForSelector(DIALOG, { hidden: true, timeout: STEP_DEADLINE_MS });
    return;
  }
  throw new Error(`the question ${question} has no answer “${label}”`);
}

/** Waits for a notification whose text fits, and clears all that are there. @returns the match */
export async function notificationShown(workbench: Workbench, text: RegExp): Promise<RegExpExecArray> {
  let last: readonly string[] = [];
  await workbench.showNotifications();
  const match = await waitUntil(
    `a notification ${text}`,
    async () => {
      last = await workbench.notifications();
      for (const shown of last) {
        const match = text.exec(shown);
        if (match !== null) return match;
      }
      return undefined;
    },
    STEP_DEADLINE_MS,
  ).catch((error: unknown) => {
    throw new Error(`no notification ${text}; there is ${JSON.stringify(last)}`, { cause: error });
  });
  await workbench.clearNotifications();
  return match;
}
