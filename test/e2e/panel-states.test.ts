import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import type { AxeResults } from "axe-core";
import { PanelInBrowser } from "../support/panel/panel-in-browser.ts";
import { panelStates } from "../support/panel/panel-states.ts";
import { PROJECT_ROOT } from "../support/vscode/install-vscode.ts";

const images = path.join(PROJECT_ROOT, "test-results", "images", "panel-states");
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const themes = ["dark", "light", "highContrast", "highContrastLight"] as const;
const [wide, narrow] = [1_040, 400];

describe("The panel in states that are seldom", () => {
  let panel: PanelInBrowser;

  before(async () => {
    await mkdir(images, { recursive: true });
    panel = await PanelInBrowser.open();
    await panel.page.evaluate(await readFile(axe, "utf8"));
  });

  after(async () => {
    await panel?.close();
  });

  for (const [name, state] of Object.entries(panelStates)) {
    it(`can be read by everybody and is cut off nowhere: ${name}`, async () => {
      await panel.show(state);
      await panel.page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true");
      for (const theme of themes) {
        await panel.wear(theme, wide);
        assert.deepEqual(await violations(), [], theme);
      }
      for (const width of [wide, narrow]) {
        await panel.wear("dark", width);
        assert.deepEqual(await cutOff(), [], `${width} pixels wide`);
      }
    });
  }

  if (process.env.PALYRA_DOCS_IMAGES) {
    for (const [name, state] of Object.entries(panelStates)) {
      it(`takes pictures of ${name}`, async () => {
        await panel.show(state);
        for (const theme of themes) await picture(name, theme, wide);
        await panel.page.evaluate(
          "for (const part of document.querySelectorAll('details')) part.open = true",
        );
        await picture(`${name} unfolded`, "dark", wide);
        await picture(name, "dark", narrow);
      });
    }
  }

  async function picture(name: string, theme: (typeof themes)[number], width: number): Promise<void> {
    await panel.wear(theme, width);
    const file = `${name.replaceAll(" ", "-")}-${theme}-${width}.png`;
    await panel.page.screenshot({ path: path.join(images, file) as `${string}.png`, fullPage: true });
  }

  /** Rules of axe that the page breaks, each with the elements it names. */
  async function violations(): Promise<readonly string[]> {
    const results = (await panel.page.evaluate(
      "axe.run(document, { resultTypes: ['violations'] })",
    )) as AxeResults;
    return results.violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join("; ")}`,
    );
  }

  /** Elements that stick out of the window or whose text does not fit, except where one can scroll to it. */
  async function cutOff(): Promise<readonly string[]> {
    return (await panel.page.evaluate(`[...document.querySelectorAll("main *")]
      .filter((part) => part.closest(".scroll, .events, .visually-hidden") === null)
      .filter((part) => part.getBoundingClientRect().right > document.documentElement.clientWidth + 1
        || (part.scrollWidth > part.clientWidth + 1 && getComputedStyle(part).display !== "inline"))
      .map((part) => part.outerHTML.slice(0, 160))`)) as readonly string[];
  }
});
