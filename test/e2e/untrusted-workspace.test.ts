import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { installVSCode, PROJECT_ROOT } from "../support/vscode/install-vscode.ts";
import { VSCodeServer } from "../support/vscode/vscode-server.ts";
import { waitUntil } from "../support/vscode/wait-until.ts";
import { Workbench } from "../support/vscode/workbench.ts";

const STATUS_ITEM = "palyra.palyra-control-center.palyra.status";
const WELCOME = ".pane-body .welcome-view-content";

describe("A window with a folder that is not trusted", () => {
  let folder: string;
  let server: VSCodeServer;
  let window: Workbench;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "palyra-untrusted-"));
    server = await VSCodeServer.start({
      vscode: await installVSCode({ progress: console.log }),
      workspaceTrust: true,
      settings: { "security.workspace.trust.startupPrompt": "never" },
    });
    window = await Workbench.open({
      server,
      target: { folder, extensionDevelopmentPath: PROJECT_ROOT },
    });
  });

  after(async () => {
    await window?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("has the extension running, which says what it does not do there", async () => {
    await window.statusBarItem(STATUS_ITEM, /Palyra: Restricted/);
    await window.openViewContainer("Palyra");
    const text = await waitUntil("the welcome text", async () => {
      const shown = await window.page.$eval(WELCOME, (view) => view.textContent ?? "");
      return /not trusted/.test(shown) && shown;
    });
    assert.match(text, /does not start or control the gateway here/);
    assert.match(text, /Manage Workspace Trust/);
  });

  it("starts no service and writes no state", async () => {
    const services = (await server.processes()).filter(({ command }) =>
      /palyrad|palyra-browserd/.test(command),
    );
    assert.deepEqual(services, []);
    assert.equal(existsSync(path.join(server.home, ".local", "state", "palyra")), false);
  });

  it("shows the reason in the panel too", async () => {
    await window.runCommand("Palyra: Open Control Center");
    const panel = await window.webview("palyra-control-center main");
    const text = await panel.$eval("main", (page) => page.textContent ?? "");
    assert.match(text, /Restricted[\s\S]*not trusted[\s\S]*Manage Workspace Trust/);
  });

  it("starts the services as soon as the folder is trusted", async () => {
    await window.page.click(`${WELCOME} a[role="button"]`);
    const trust = await window.page.waitForSelector(
      ".workspace-trust-editor .trusted .workspace-trust-buttons a",
    );
    await trust?.click();
    await window.statusBarItem(STATUS_ITEM, /Palyra: (Healthy|Degraded)/);
  });
});
