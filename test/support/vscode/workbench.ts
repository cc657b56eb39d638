import type { Browser, Frame, Page } from "puppeteer-core";
import { type BrowserOptions, launchBrowser } from "./launch-browser.ts";
import type { VSCodeServer, WindowTarget } from "./vscode-server.ts";
import { waitUntil } from "./wait-until.ts";

const WINDOW_DEADLINE_MS = 60_000;
const STEP_DEADLINE_MS = 20_000;
const QUICK_INPUT = ".quick-input-widget .quick-input-box input";
const NOTIFICATIONS = ".notifications-center";
const QUICK_INPUT_ENTRY = ".quick-input-list .monaco-list-row";

/** What page functions use of the DOM; the project compiles without its types. */
interface PageElement {
  readonly textContent: string | null;
  readonly parentElement: PageElement | null;
  getAttribute(name: string): string | null;
  querySelector(selector: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
}

/** A colour theme of each kind that VS Code has. */
const THEMES = {
  light: { name: "Light Modern", workbenchClass: "vscode-theme-defaults-themes-light_modern-json" },
  dark: { name: "Dark Modern", workbenchClass: "vscode-theme-defaults-themes-dark_modern-json" },
  highContrast: { name: "Dark High Contrast", workbenchClass: "hc-black" },
  highContrastLight: { name: "Light High Contrast", workbenchClass: "hc-light" },
} as const;

export type ThemeKind = keyof typeof THEMES;

/** A row of a tree view as a user sees it. */
export interface TreeRow {
  readonly label: string;
  readonly description: string;
  /** 1 for the roots. */
  readonly level: number;
  /** `undefined` for a leaf. */
  readonly expanded: boolean | undefined;
  /** What a screen reader says. */
  readonly accessibleName: string;
}

export interface WorkbenchOptions extends BrowserOptions {
  readonly server: VSCodeServer;
  readonly target?: WindowTarget;
  /** Opens the window as a page of this browser, which `close` then leaves running. */
  readonly browser?: Browser;
  /** Called with the exit code when the extension host has ended after running `extensionTestsPath`. */
  readonly onTestsExit?: (code: number) => void;
}

/** One VS Code window in a headless browser, driven by what is visible in it. */
export class Workbench {
  readonly page: Page;
  readonly #browser: Browser;
  readonly #ownsBrowser: boolean;
  readonly #server: VSCodeServer;
  readonly #consoleErrors: string[] = [];

  private constructor(page: Page, browser: Browser, ownsBrowser: boolean, server: VSCodeServer) {
    this.page = page;
    this.#browser = browser;
    this.#ownsBrowser = ownsBrowser;
    this.#server = server;
    page.on("pageerror", (error) => this.#consoleErrors.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") {
        this.#consoleErrors.push(message.text());
      }
    });
  }

  /** Opens a window and resolves when the workbench is there (extensions may still be starting). */
  static async open(options: WorkbenchOptions): Promise<Workbench> {
    const browser = options.browser ?? (await launchBrowser(options));
    try {
      const page = await browser.newPage();
      const workbench = new Workbench(page, browser, options.browser === undefined, options.server);
      if (options.onTestsExit) {
        // VS Code's own hook for whoever automates it.
        await page.exposeFunction("codeAutomationExit", options.onTestsExit);
      }
      await page.goto(options.server.windowUrl(options.target), { timeout: WINDOW_DEADLINE_MS });
      await workbench.#restored();
      return workbench;
    } catch (error) {
      if (options.browser === undefined) {
        await browser.close();
      }
      throw error;
    }
  }

  /** Errors on the page's console so far, for the message of a failed test. */
  get consoleErrors(): readonly string[] {
    return this.#consoleErrors;
  }

  /** Reloads the window as `Developer: Reload Window` does; the browser's storage stays. */
  async reload(): Promise<void> {
    await this.page.reload({ timeout: WINDOW_DEADLINE_MS });
    await this.#restored();
  }

  /** Closes the window, and the browser when it was started for it. */
  async close(): Promise<void> {
    if (!this.#browser.connected) {
      return;
    }
    if (this.#ownsBrowser) {
      await this.#browser.close();
    } else {
      await this.page.close();
    }
  }

  /** Ends the browser with SIGKILL: the window is gone without a goodbye. */
  async crash(): Promise<void> {
    const child = this.#browser.process();
    if (child === null) {
      throw new Error("the browser was not started by this process");
    }
    const disconnected = new Promise<void>((resolve) => this.#browser.once("disconnected", () => resolve()));
    child.kill("SIGKILL");
    await disconnected;
  }

  /**
   * Waits until a status bar item is there and, when a pattern is given, its text matches.
   *
   * @param id extension id, a dot, and the id the item was created with.
   * @returns the visible text, without icons.
   */
  async statusBarItem(id: string, text: RegExp = /\S/, timeoutMs = WINDOW_DEADLINE_MS): Promise<string> {
    let last = "";
    return waitUntil(
      `status bar item ${id} with ${text}`,
      async () => {
        last = (await this.#text(`[id="${id}"]`)) ?? "";
        return text.test(last) ? last.trim() : undefined;
      },
      timeoutMs,
    ).catch((error: unknown) => {
      throw new Error(`status bar item ${id} shows "${last}"`, { cause: error });
    });
  }

  /** Opens a view container by its title in the activity bar; does nothing when it is open. */
  async openViewContainer(title: string): Promise<void> {
    const action = `.activitybar .action-item:has(> [aria-label^="${title}"])`;
    await waitUntil(
      `view container ${title}`,
      async () => {
        const item = await this.page.$(action);
        if (
          (await item?.evaluate((element: PageElement) => element.getAttribute("class")))?.includes("checked")
        ) {
          return true;
        }
        await item?.click();
        return false;
      },
      STEP_DEADLINE_MS,
    );
  }

  /** The rows that a tree view shows now, from the top. Its view container must be open. */
  async treeRows(viewTitle: string): Promise<TreeRow[]> {
    return this.page.$$eval(
      ".pane",
      (panes: PageElement[], title: string) => {
        const named = (pane: PageElement) =>
          pane.querySelector(".pane-header")?.getAttribute("aria-label") ?? "";
        const pane = panes.find((candidate) => named(candidate).startsWith(title));
        return [...(pane?.querySelectorAll(".monaco-list-row") ?? [])]
          .sort((a, b) => Number(a.getAttribute("data-index")) - Number(b.getAttribute("data-index")))
          .map((row) => {
            const expanded = row.getAttribute("aria-expanded");
            return {
              label: row.querySelector(".label-name")?.textContent ?? "",
              description: row.querySelector(".label-description")?.textContent ?? "",
              level: Number(row.getAttribute("aria-level")),
              expanded: expanded === null ? undefined : expanded === "true",
              accessibleName: row.getAttribute("aria-label") ?? "",
            };
          });
      },
      viewTitle,
    );
  }

  /** Waits until the rows of a tree view satisfy the condition, and returns them. */
  async waitForTree(
    viewTitle: string,
    what: string,
    condition: (rows: TreeRow[]) => boolean,
    timeoutMs = STEP_DEADLINE_MS,
  ): Promise<TreeRow[]> {
    let last: TreeRow[] = [];
    return waitUntil(
      `${what} in ${viewTitle}`,
      async () => {
        last = await this.treeRows(viewTitle);
        return condition(last) ? last : undefined;
      },
      timeoutMs,
    ).catch((error: unknown) => {
      const seen = last.map((row) => `${row.label} | ${row.description}`).join("\n");
      throw new Error(`${viewTitle} does not show ${what}; it shows:\n${seen}`, { cause: error });
    });
  }

  /** Runs a command by the title that the command palette shows, such as `View: Toggle Terminal`. */
  async runCommand(title: string): Promise<void> {
    await this.#openCommandPalette();
    await this.pick(title);
  }

  /** Types into the quick input that is open and accepts the entry with exactly this label. */
  async pick(label: string): Promise<void> {
    const input = await this.page.waitForSelector(QUICK_INPUT, { visible: true, timeout: STEP_DEADLINE_MS });
    await input?.type(label);
    await waitUntil(
      `${label} in the quick input`,
      async () => {
        for (const row of await this.page.$$(QUICK_INPUT_ENTRY)) {
          const name = await row.evaluate((entry: PageElement) => entry.getAttribute("aria-label") ?? "");
          if (name === label || name.startsWith(`${label}, `)) {
            await row.click();
            return true;
          }
        }
        return false;
      },
      STEP_DEADLINE_MS,
    );
  }

  /** Opens the list of notifications, where they stay: a headless window shows no toasts. */
  async showNotifications(): Promise<void> {
    await this.runCommand("Notifications: Show Notifications");
    await this.page.waitForSelector(NOTIFICATIONS, { visible: true, timeout: STEP_DEADLINE_MS });
  }

  /** The texts of the list of notifications, which must be open. */
  async notifications(): Promise<string[]> {
    return this.page.$$eval(`${NOTIFICATIONS} .notification-list-item-message`, (items: PageElement[]) =>
      items.map((item) => item.textContent ?? ""),
    );
  }

  /** Clears the list of notifications and closes it. */
  async clearNotifications(): Promise<void> {
    await this.runCommand("Notifications: Clear All Notifications");
    await this.page.waitForSelector(NOTIFICATIONS, { hidden: true, timeout: STEP_DEADLINE_MS });
  }

  /** Waits for the inner document of a webview that contains the selector. */
  async webview(selector: string, timeoutMs = STEP_DEADLINE_MS): Promise<Frame> {
    return waitUntil(
      `a webview with ${selector}`,
      async () => {
        for (const frame of this.page.frames()) {
          if ((await isActiveWebview(frame)) && (await frame.$(selector)) !== null) {
            return frame;
          }
        }
        return undefined;
      },
      timeoutMs,
    );
  }

  /** Switches the colour theme as a user does, which writes the user settings, and waits until the window wears it. */
  async setTheme(kind: ThemeKind): Promise<void> {
    const theme = THEMES[kind];
    await this.runCommand("Preferences: Color Theme");
    await this.pick(theme.name);
    await this.page.waitForSelector(`.monaco-workbench.${theme.workbenchClass}`, {
      timeout: STEP_DEADLINE_MS,
    });
    await this.page.waitForSelector(QUICK_INPUT, { hidden: true, timeout: STEP_DEADLINE_MS });
  }

  /** Writes a PNG of the window, or of one element of it. */
  async screenshot(file: `${string}.png`, selector?: string): Promise<void> {
    const subject = selector === undefined ? this.page : await this.page.waitForSelector(selector);
    await subject?.screenshot({ path: file });
  }

  async #restored(): Promise<void> {
    await this.page
      .waitForSelector(".monaco-workbench .statusbar", { timeout: WINDOW_DEADLINE_MS })
      .catch((error) => {
        throw new Error(`the workbench did not come up: ${this.#consoleErrors.slice(-5).join("\n")}`, {
          cause: error,
        });
      });
  }

  async #text(selector: string): Promise<string | undefined> {
    const element = await this.page.$(selector);
    return (await element?.evaluate((found: PageElement) => found.textContent)) ?? undefined;
  }

  async #openCommandPalette(): Promise<void> {
    await waitUntil(
      "the command palette",
      async () => {
        const input = await this.page.$(QUICK_INPUT);
        if (input !== null && (await input.isVisible())) {
          const value = await this.page.$eval(
            QUICK_INPUT,
            (box) => (box as unknown as { value: string }).value,
          );
          if (value === ">") {
            return true;
          }
          await this.page.keyboard.press("Escape");
        } else {
          await this.page.keyboard.press("F1");
        }
        return false;
      },
      STEP_DEADLINE_MS,
    );
  }
}

/** A webview loads each new document in a hidden frame first; only the one that is shown has this id. */
async function isActiveWebview(frame: Frame): Promise<boolean> {
  const element = await frame.frameElement();
  return (await element?.evaluate((found: PageElement) => found.getAttribute("id"))) === "active-frame";
}
