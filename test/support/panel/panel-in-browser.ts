import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import type { Browser, Page } from "puppeteer-core";
import type { PanelState } from "../../../src/contracts/panel-link.ts";
import { panelPage } from "../../../src/views/panel-page.ts";
import { launchBrowser } from "../vscode/launch-browser.ts";
import type { ThemeKind } from "../vscode/workbench.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const built = path.join(root, "dist/webview");
const nonce = "0123456789abcdefghijklmnopqrstuv";
const types: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".css": "text/css",
  ".ttf": "font/ttf",
};

/** Colours and fonts that VS Code gives to a page, as it gave them in each of its own themes. */
type Themes = Readonly<Record<ThemeKind, { bodyClass: string; variables: Record<string, string> }>>;

/** What a page can see of VS Code: it keeps what the page says. */
const editor = `
  window.said = [];
  window.acquireVsCodeApi = () => ({
    postMessage: (message) => window.said.push(message), getState: () => undefined, setState: () => undefined,
  });`;

/** The panel's page in a browser of its own, without VS Code around it: for states that are hard to bring about. */
export class PanelInBrowser {
  readonly page: Page;
  readonly #browser: Browser;
  readonly #server: Server;
  readonly #themes: Themes;
  #revision = 0;

  private constructor(page: Page, browser: Browser, server: Server, themes: Themes) {
    this.page = page;
    this.#browser = browser;
    this.#server = server;
    this.#themes = themes;
  }

  static async open(): Promise<PanelInBrowser> {
    const server = await serve();
    const browser = await launchBrowser();
    const page = await browser.newPage();
    const { port } = server.address() as AddressInfo;
    const themes = JSON.parse(
      await readFile(path.join(import.meta.dirname, "theme-colours.json"), "utf8"),
    ) as Themes;
    await page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
    await page.evaluateOnNewDocument(editor);
    await page.goto(`http://127.0.0.1:${port}/`);
    await page.waitForFunction("window.said.length > 0");
    return new PanelInBrowser(page, browser, server, themes);
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Sends a state as VS Code does, and waits until it is drawn. */
  async show(state: PanelState): Promise<void> {
    this.#revision += 1;
    const update = { type: "state", revision: this.#revision, state };
    await this.page.evaluate(
      `window.postMessage(${JSON.stringify(update)}, "*"); new Promise((done) => setTimeout(done))
        .then(() => document.querySelector("palyra-control-center").updateComplete).then(() => undefined)`,
    );
    await this.page.waitForSelector("palyra-control-center main");
  }

  async wear(theme: ThemeKind, width: number): Promise<void> {
    await this.page.setViewport({ width, height: 1_000 });
    const { bodyClass, variables } = this.#themes[theme];
    await this.page.evaluate(
      `document.documentElement.style = ""; document.body.className = ${JSON.stringify(bodyClass)};
        for (const [name, value] of Object.entries(${JSON.stringify(variables)})) document.documentElement.style.setProperty(name, value);`,
    );
  }

  /** What the page has asked of the editor so far. */
  async said(): Promise<readonly unknown[]> {
    return (await this.page.evaluate("window.said")) as readonly unknown[];
  }
}

async function serve(): Promise<Server> {
  const html = panelPage({
    cspSource: "'self'",
    scriptUri: "/main.js",
    styleUri: "/main.css",
    iconsUri: "/codicon.css",
    nonce,
  });
  const server = createServer((request, response) => {
    const name = path.basename(new URL(request.url ?? "/", "http://panel").pathname);
    if (name === "") {
      response.setHeader("Content-Type", "text/html").end(html);
      return;
    }
    readFile(path.join(built, name)).then(
      (content) => response.setHeader("Content-Type", types[path.extname(name)] ?? "text/plain").end(content),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}
