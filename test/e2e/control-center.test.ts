import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import chromium from "@sparticuz/chromium";
import type { AxeResults } from "axe-core";
import type { BoundingBox, Frame } from "puppeteer-core";
import { ApprovalRequired } from "../../src/contracts/http-channels.ts";
import { productVersion } from "../../src/platform/version.ts";
import { type DiscordSimulator, startDiscordSimulator } from "../../src/simulator/discord-simulator.ts";
import { StateRootInspector } from "../../src/supervisor/inspect-state-root.ts";
import { installVSCode, PROJECT_ROOT } from "../support/vscode/install-vscode.ts";
import { VSCodeServer } from "../support/vscode/vscode-server.ts";
import { waitUntil } from "../support/vscode/wait-until.ts";
import { type ThemeKind, Workbench } from "../support/vscode/workbench.ts";

/** With this variable set the pictures of the documentation are made anew; else they go to a folder git ignores. */
const IMAGES_VARIABLE = "PALYRA_DOCS_IMAGES";
const IMAGES = path.join(PROJECT_ROOT, process.env[IMAGES_VARIABLE] ? "docs" : "test-results", "images");
const STATUS_ITEM = "palyra.palyra-control-center.palyra.status";
const VIEW = "Overview";
const PAGE = "palyra-control-center main";
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const TREE_PICTURE_HEIGHT = 380;
const TITLES = { open: "Palyra: Open Control Center", stop: "Palyra: Stop", start: "Palyra: Start" };

/** What page functions use of the DOM; the project compiles without its types. */
interface PageDocument {
  readonly activeElement: { getAttribute(name: string): string | null } | null;
}

describe("The control center in the workbench", () => {
  let folder: string;
  let simulator: DiscordSimulator;
  let server: VSCodeServer;
  let window: Workbench;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "palyra-e2e-"));
    simulator = await startDiscordSimulator({ identifyIntervalMs: 100 });
    server = await VSCodeServer.start({
      vscode: await installVSCode({ progress: console.log }),
      machineSettings: { "palyra.browser.path": await chromium.executablePath() },
    });
    const stateRoot = path.join(server.home, ".local", "state", "palyra");
    await mkdir(stateRoot, { recursive: true });
    await writeFile(path.join(stateRoot, "palyra.toml"), gatewayConfig(simulator.apiBase));
    await mkdir(IMAGES, { recursive: true });
    window = await Workbench.open({
      server,
      target: { extensionDevelopmentPath: PROJECT_ROOT },
      width: 1360,
      height: 1020,
    });
    // Pictures and clicks must not meet something that is still fading in or out.
    await window.page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
  });

  after(async () => {
    await window?.close();
    await server?.stop();
    await simulator?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function panel(): Promise<Frame> {
    return window.webview(PAGE);
  }

  /** Waits until the panel's text matches, and returns it. */
  async function panelText(pattern: RegExp): Promise<string> {
    let text = "";
    return waitUntil(
      `${pattern} in the panel`,
      async () => {
        text = await (await panel()).$eval(PAGE, (page) => page.textContent ?? "");
        return pattern.test(text) ? text : undefined;
      },
      20_000,
    ).catch((error: unknown) => {
      throw new Error(`the panel shows:\n${text.replace(/\s+/g, " ")}`, { cause: error });
    });
  }

  it("says with no folder open and nothing set that the Discord token is missing", async () => {
    await window.statusBarItem(STATUS_ITEM, /Palyra: Degraded/);
    await window.openViewContainer("Palyra");
    const rows = await window.waitForTree(VIEW, "the running gateway and its missing token", (seen) => {
      const gateway = seen.find(({ label }) => label === "palyrad");
      return (
        /^(Running|Degraded) · up .* · :\d+$/.test(gateway?.description ?? "") &&
        seen.some(
          ({ label, description }) => label === "discord:default" && /Token missing/.test(description),
        )
      );
    });
    assert.ok(rows.every(({ accessibleName }) => accessibleName !== ""));
  });

  it("says that Discord refuses a wrong token, and keeps everything else running", async () => {
    await giveToken(`${"x".repeat(24)}.${"y".repeat(6)}.${"z".repeat(27)}`);
    const rows = await window.waitForTree(VIEW, "the refused token", (seen) =>
      seen.some(
        ({ label, description }) => label === "discord:default" && description.startsWith("Token refused"),
      ),
    );
    assert.ok(
      rows.some(({ label, description }) => label === "palyrad" && /^(Running|Degraded)/.test(description)),
    );
  });

  it("mends that from the tree: a click on the warning asks for the token, and the bot connects", async () => {
    await giveToken(simulator.lab.bot.token);
    await window.waitForTree(VIEW, "the connected bot", (rows) =>
      rows.some(
        ({ label, description }) => label === "discord:default" && description.startsWith("Ready · @palyra"),
      ),
    );
  });

  /** Clicks the warning about the token and types one. */
  async function giveToken(token: string): Promise<void> {
    const warning = await waitUntil("the warning about the token", async () => {
      for (const row of await window.page.$$(".pane .monaco-list-row")) {
        const name = await row.evaluate((element) => element.getAttribute("aria-label") ?? "");
        if (/^(warning|error): .*token/i.test(name)) return row;
      }
      return undefined;
    });
    await warning.click();
    const box = '.quick-input-widget input[type="password"]';
    await window.page.waitForSelector(box, { visible: true });
    await window.page.keyboard.type(token);
    await window.page.keyboard.press("Enter");
    await window.page.waitForSelector(box, { hidden: true });
  }

  it("opens the panel with a click on the status bar item, and shows what it is about", async () => {
    await window.page.click(`[id="${STATUS_ITEM}"]`);
    await panelText(/palyrad[\s\S]*palyra-browserd[\s\S]*Connectors[\s\S]*discord:default/);
  });

  it("shows messages and their replies as they come, and why one got none", async () => {
    simulator.people.write("grace", "general", "good morning everyone");
    simulator.people.write("ada", "general", "@palyra what can you do?");
    await panelText(/Ada[\s\S]*what can you do\?/i);
    const text = await panelText(/Delivered/);
    assert.match(text, /Answered/);
    assert.match(text, /good morning everyone\s+The bot was not mentioned\.\s+Ignored/);
  });

  it("asks before a message is deleted; Allow in the panel lets it happen, once", async () => {
    const general = simulator.people.findChannel("general");
    const victim = general.messages.findLast(({ authorId }) => authorId === simulator.lab.bot.userId);
    assert.ok(victim, "the bot has answered");
    const request = {
      locator: { conversation_id: `discord:channel:${general.id}`, message_id: victim.id },
      reason: null,
    };
    const { approval } = ApprovalRequired.parse(await askToDelete(request));
    await panelText(/Waits for your decision\s+Delete/);
    await window.statusBarItem(STATUS_ITEM);
    await picturesOfApproval();
    await (await panel()).click('vscode-button[aria-label^="Allow once: Delete"]');
    await waitUntil(
      "nothing to wait for a decision",
      async () => !/Waits for your decision/.test(await panelText(/Connectors/)),
    );
    assert.ok(general.messages.includes(victim), "it waits for who asked");
    await askToDelete({ ...request, approval_id: approval.approval_id });
    await waitUntil(
      "the message to be gone",
      async () => !simulator.people.findChannel("general").messages.some(({ id }) => id === victim.id),
    );
    await panelText(/Recent events[\s\S]*An allowed action is carried out/);
  });

  /** Asks the gateway, through the window that owns it, to delete a message. */
  async function askToDelete(request: object): Promise<unknown> {
    const inspector = new StateRootInspector(path.join(server.home, ".local", "state", "palyra"), {
      name: "test",
      version: productVersion,
      pid: process.pid,
    });
    const owner = await inspector.findOwner({ snapshot: () => undefined, log: () => undefined });
    assert.ok(owner, "the window owns the services");
    try {
      return await owner.callGateway({
        method: "POST",
        path: "/channels/discord%3Adefault/messages/delete",
        body: request,
        timeout_ms: 10_000,
      });
    } finally {
      owner.close();
    }
  }

  async function picturesOfApproval(): Promise<void> {
    await window.runCommand("Notifications: Clear All Notifications");
    await (await panel()).evaluate("scrollTo(0, 0)");
    await window.screenshot(`${path.join(IMAGES, "approval-light")}.png`);
  }

  it("shows what happened lately, newest first, and finds it by a word", async () => {
    await panelText(/Recent events[\s\S]*palyrad is ready/);
    const frame = await panel();
    await frame.type('.filter input[type="search"]', "zebra");
    await panelText(/No such event/);
    for (const _ of "zebra") await window.page.keyboard.press("Backspace");
    await panelText(/palyrad is ready/);
  });

  it("shows the last lines of a service's log in a channel of its own", async () => {
    await window.runCommand("Palyra: Show Logs");
    await window.pick("palyrad");
    await waitUntil("the log of palyrad", async () => {
      const lines = await window.page.$eval(".part.panel .output-view", (view) => view.textContent ?? "");
      return /\[info\].*(palyrad is ready|message delivered)/.test(lines.replaceAll("\u00a0", " "));
    });
    await window.runCommand("View: Hide Panel");
  });

  it("never has a secret in the panel", async () => {
    const html = await (await panel()).evaluate("document.documentElement.outerHTML");
    assert.ok(!String(html).includes(simulator.lab.bot.token));
  });

  it("can be used with the keyboard only", async () => {
    const frame = await panel();
    await frame.evaluate("document.body.tabIndex = -1; document.body.focus()");
    await waitUntil("the button that stops palyra-browserd to have the focus", async () => {
      await window.page.keyboard.press("Tab");
      const label = await frame.evaluate(() =>
        (globalThis as unknown as { document: PageDocument }).document.activeElement?.getAttribute("label"),
      );
      return label === "Stop palyra-browserd";
    });
    await window.page.keyboard.press("Enter");
    await window.waitForTree(VIEW, "the stopped browser daemon", (rows) =>
      rows.some(({ label, description }) => label === "palyra-browserd" && description === "Stopped"),
    );
    await (await panel()).click('vscode-toolbar-button[label="Start palyra-browserd"]');
    await window.waitForTree(VIEW, "the running browser daemon", (rows) =>
      rows.some(
        ({ label, description }) => label === "palyra-browserd" && /^(Running|Degraded)/.test(description),
      ),
    );
  });

  it("lets an uptime tick in the panel", async () => {
    const before = await uptimeText(await panel());
    await waitUntil("the next second", async () => (await uptimeText(await panel())) !== before);
  });

  it("shows the present state when the panel was hidden while it changed", async () => {
    await window.runCommand("File: New Untitled Text File");
    await window.runCommand(TITLES.stop);
    await window.statusBarItem(STATUS_ITEM, /Palyra: Stopped/);
    await window.runCommand(TITLES.open);
    await panelText(/Palyra is stopped/);
    await window.runCommand(TITLES.start);
    await panelText(/All services are running/);
  });

  for (const theme of ["dark", "light", "highContrast", "highContrastLight"] as const) {
    it(`is accessible in the theme ${theme}`, async () => {
      await window.setTheme(theme);
      await panelText(/Last messages/);
      assert.deepEqual(await violations(await panel()), []);
    });
  }

  for (const theme of ["light", "dark"] as const) {
    it(`looks as the pictures in the documentation show it (${theme})`, async () => {
      await window.setTheme(theme);
      await window.runCommand("Notifications: Clear All Notifications");
      await window.runCommand("View: Close Other Editors in Group");
      await panelText(/Last messages/);
      await takePictures(theme);
    });
  }

  it("is there again after a reload of the window: panel, choice of messages and the same processes", async () => {
    const before = await pids();
    await (await panel()).click('.filter button[aria-pressed="false"]');
    await panelText(/No problems\s+among the last messages/);
    await reloadWindow();
    await window.statusBarItem(STATUS_ITEM, /Palyra: (Healthy|Degraded)/);
    await panelText(/No problems\s+among the last messages/);
    assert.deepEqual(await pids(), before);
  });

  /** As a user does it: VS Code writes down what it has to before it goes. */
  async function reloadWindow(): Promise<void> {
    const reloaded = window.page.waitForNavigation();
    await window.runCommand("Developer: Reload Window");
    await reloaded;
  }

  async function pids(): Promise<readonly string[]> {
    const text = await panelText(/Process\s*\d+[\s\S]*Process\s*\d+/);
    return [...text.matchAll(/Process\s*(\d+)/g)].map(([, pid]) => pid ?? "");
  }

  async function unfold(label: string): Promise<void> {
    const folded = `.pane .monaco-list-row[aria-expanded="false"][aria-label^="${label}"] .monaco-tl-twistie`;
    await (await window.page.$(folded))?.click();
    await window.page.mouse.move(700, 500);
    await window.waitForTree(VIEW, `the facts of ${label}`, (rows) =>
      rows.some((row) => row.label === label && row.expanded === true),
    );
  }

  /** A part of what is visible; capturing more than that would lay out the window anew. */
  async function picture(file: `${string}.png`, clip: BoundingBox): Promise<void> {
    await window.page.screenshot({ path: file, clip, captureBeyondViewport: false });
  }

  async function boxOf(selector: string): Promise<BoundingBox> {
    const box = await (await window.page.$(selector))?.boundingBox();
    assert.ok(box, selector);
    return box;
  }

  async function takePictures(theme: ThemeKind): Promise<void> {
    const image = (name: string): `${string}.png` => `${path.join(IMAGES, `${name}-${theme}`)}.png`;
    await window.screenshot(image("control-center"));
    await unfold("palyrad");
    await unfold("discord:default");
    const { x, y, width } = await boxOf(".part.sidebar");
    await picture(image("tree"), { x, y, width, height: TREE_PICTURE_HEIGHT });
    await picture(image("panel"), await boxOf(".part.editor"));
    await window.page.hover(`[id="${STATUS_ITEM}"]`);
    const hover = await window.page.waitForSelector(".workbench-hover-container .hover-contents", {
      visible: true,
    });
    assert.match((await hover?.evaluate((element) => element.textContent)) ?? "", /palyrad: /);
    // It fades in.
    await window.page.evaluate(
      "Promise.all(document.querySelector('.workbench-hover-container').getAnimations({ subtree: true }).map((a) => a.finished)).then(() => undefined)",
    );
    await picture(image("status-bar"), { x: 0, y: 720, width: 760, height: 300 });
    await window.page.mouse.move(600, 300);
  }
});

async function uptimeText(frame: Frame): Promise<string> {
  return frame.$eval(
    "palyra-uptime",
    (clock) => (clock as unknown as { shadowRoot: { textContent: string } }).shadowRoot.textContent,
  );
}

/** Rules of axe that the page breaks, each with the elements it names. */
async function violations(frame: Frame): Promise<readonly string[]> {
  await frame.evaluate(await readFile(AXE, "utf8"));
  const results = (await frame.evaluate("axe.run(document, { resultTypes: ['violations'] })")) as AxeResults;
  return results.violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes.map((node) => `${node.target.join(" ")} ${node.failureSummary ?? ""}`).join("; ")}`,
  );
}

function gatewayConfig(apiBase: string): string {
  return `version = 1

[channels.discord.default]
api_base = "${apiBase}"
inbound_scope = "open_guild_channels"
require_mention = true
direct_message_policy = "allow"
`;
}
