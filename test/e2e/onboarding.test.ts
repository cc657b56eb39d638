import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import chromium from "@sparticuz/chromium";
import type { Page } from "puppeteer-core";
import { installVSCode, PROJECT_ROOT } from "../support/vscode/install-vscode.ts";
import { choose, entryShown, quickInput, quickInputGone } from "../support/vscode/quick-input.ts";
import { VSCodeServer } from "../support/vscode/vscode-server.ts";
import { waitUntil } from "../support/vscode/wait-until.ts";
import { Workbench } from "../support/vscode/workbench.ts";

/** With this variable set the pictures of the documentation are made anew; else they go to a folder git ignores. */
const IMAGES_VARIABLE = "PALYRA_DOCS_IMAGES";
const IMAGES = path.join(PROJECT_ROOT, process.env[IMAGES_VARIABLE] ? "docs" : "test-results", "images");
const STATUS_ITEM = "palyra.palyra-control-center.palyra.status";
const VIEW = "Overview";
const STEP = ".getting-started-step";

/** What page functions use of the DOM; the project compiles without its types. */
interface PageElement {
  readonly textContent: string | null;
}

describe("The set-up in the workbench", () => {
  let server: VSCodeServer;
  let window: Workbench;

  before(async () => {
    server = await VSCodeServer.start({
      vscode: await installVSCode({ progress: console.log }),
      // The colours follow the page: a command that changes them would close the dialogue.
      settings: {
        "window.autoDetectColorScheme": true,
        "workbench.preferredLightColorTheme": "Default Light Modern",
        "workbench.preferredDarkColorTheme": "Default Dark Modern",
      },
      machineSettings: { "palyra.browser.path": await chromium.executablePath() },
    });
    await mkdir(IMAGES, { recursive: true });
    window = await Workbench.open({
      server,
      target: { extensionDevelopmentPath: PROJECT_ROOT },
      width: 1440,
      height: 900,
    });
    await wear("light");
  });

  afterEach(async function () {
    if (this.currentTest?.state === "failed")
      await window.screenshot(`${path.join(IMAGES, "set-up-failed")}.png`);
  });

  after(async () => {
    await window?.close();
    await server?.stop();
  });

  it("begins in the tree of an empty state, and goes on there until a mention is answered", async () => {
    await window.statusBarItem(STATUS_ITEM, /Palyra: (Healthy|Degraded)/);
    await window.openViewContainer("Palyra");
    await setUpShows(/Set up: 3 of 7/, /Next: Welcome/);
    await clickRow(/^Set up:/);
    await inWalkthrough("welcome", "Begin");
    await choose(window.page, /Begin/);
    await setUpShows(/Set up: 4 of 7/, /Next: State folder/);
    await inWalkthrough("stateRoot", "Choose the Folder");
    await choose(window.page, /Keep This Folder/);
    await inWalkthrough("model", "Choose the Model");
    await choose(window.page, /Use the Built-In Model/);
    await setUpShows(/Set up: 6 of 7/, /Next: Discord/);
    await pictures("walkthrough");
    await clickLink("discord", "try it with a simulated Discord");
    await quickInput(window.page, /Connect Discord: Checks/);
    await entryShown(window.page, /Continue/);
    await pictures("connect-discord");
    await choose(window.page, /Continue/);
    await quickInput(window.page, /Connect Discord: Server/);
    await choose(window.page, /Lab/i);
    await quickInput(window.page, /Connect Discord: Channel/);
    await choose(window.page, /#general/);
    await quickInput(window.page, /Connect Discord: Permissions/);
    await choose(window.page, /Continue/);
    await choose(window.page, /In #general/);
    await choose(window.page, /Those That Mention/);
    await choose(window.page, /Of Everybody/);
    await quickInput(window.page, /Allow List/);
    await entryShown(window.page, /answered/);
    await pictures("who-is-answered");
    await choose(window.page, /Continue/);
    await quickInput(window.page, /Deny List/);
    await choose(window.page, /Continue/);
    await quickInput(window.page, /Review/);
    await choose(window.page, /Connect/);
    await quickInput(window.page, /Test Message/);
    await choose(window.page, /Send a Test Message to #general/);
    await quickInput(window.page, /First Message/);
    const { entries } = await entryShown(window.page, /Open the Simulated Discord/);
    const address = /http:\/\/127\.0\.0\.1:\d+\//.exec(entries.join(" "))?.[0];
    assert.ok(address, entries.join("\n"));
    const chat = await window.page.browser().newPage();
    try {
      await chat.goto(address);
      await seen(chat, /this is a test message from Palyra/);
      await chat.type("#composer-text", "@palyra hello there");
      await chat.keyboard.press("Enter");
      await seen(chat, /hello there[\s\S]*hello there/);
    } finally {
      await chat.close();
    }
    await window.page.bringToFront();
    await quickInputGone(window.page);
    await window.runCommand("Notifications: Show Notifications");
    await waitUntil("the good news", async () =>
      /account “simulated” works/.test(await textOf(window.page, ".notifications-center")),
    );
    await window.waitForTree(VIEW, "the connected bot and no set-up", (rows) => {
      const connected = rows.some(
        ({ label, description }) => label === "discord:simulated" && /^Ready/.test(description),
      );
      return connected && !rows.some(({ label }) => label.startsWith("Set up"));
    });
  });

  async function setUpShows(label: RegExp, description: RegExp): Promise<void> {
    await window.waitForTree(VIEW, `${label}`, (rows) =>
      rows.some((row) => label.test(row.label) && description.test(row.description)),
    );
  }

  async function clickRow(label: RegExp): Promise<void> {
    for (const row of await window.page.$$(".pane .monaco-list-row .label-name")) {
      if (!label.test(await row.evaluate((found: PageElement) => found.textContent ?? ""))) continue;
      await row.click();
      return;
    }
    throw new Error(`no row ${label}`);
  }

  /** Waits until a step of the walkthrough is unfolded, and clicks its button. */
  async function inWalkthrough(step: string, button: string): Promise<void> {
    await clickIn(step, ".button-container button, .button-container a", button);
  }

  async function clickLink(step: string, link: string): Promise<void> {
    await clickIn(step, ".step-description-container a", link);
  }

  async function clickIn(step: string, selector: string, text: string): Promise<void> {
    let before = "";
    await waitUntil(`“${text}” in the step ${step}`, async () => {
      for (const found of await window.page.$$(`${STEP}.expanded[data-step-id$="#${step}"] ${selector}`)) {
        if ((await found.evaluate((element: PageElement) => element.textContent ?? "")).trim() !== text)
          continue;
        const box = JSON.stringify(await found.boundingBox());
        const isStill = box === before;
        before = box;
        // The steps move while one of them unfolds.
        if (!isStill) return false;
        await found.evaluate((element) => (element as unknown as { click(): void }).click());
        return true;
      }
      return false;
    });
  }

  /** The window in both themes, for the documentation. */
  async function pictures(name: string): Promise<void> {
    for (const theme of ["dark", "light"] as const) {
      await wear(theme);
      const file: `${string}.png` = `${path.join(IMAGES, `${name}-${theme}`)}.png`;
      await window.page.mouse.move(20, 700);
      await window.page.screenshot({ path: file, captureBeyondViewport: false });
    }
  }

  async function wear(theme: "light" | "dark"): Promise<void> {
    await window.page.emulateMediaFeatures([
      { name: "prefers-reduced-motion", value: "reduce" },
      { name: "prefers-color-scheme", value: theme },
    ]);
    await window.page.waitForSelector(`.monaco-workbench.vs${theme === "dark" ? "-dark" : ""}`);
  }
});

async function seen(page: Page, text: RegExp): Promise<void> {
  await waitUntil(`${text} in the chat`, async () => text.test(await textOf(page, "#messages")));
}

async function textOf(page: Page, selector: string): Promise<string> {
  return page.$eval(selector, (found: PageElement) => found.textContent ?? "");
}
