import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { appendFile, mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { productVersion } from "../../src/platform/version.ts";
import { StateRootInspector } from "../../src/supervisor/inspect-state-root.ts";
import { answerDialog, notificationShown } from "../support/vscode/dialogs.ts";
import { installVSCode, PROJECT_ROOT } from "../support/vscode/install-vscode.ts";
import {
  choose,
  enter,
  entryShown,
  messageShown,
  quickInput,
  quickInputGone,
} from "../support/vscode/quick-input.ts";
import { VSCodeServer } from "../support/vscode/vscode-server.ts";
import { Workbench } from "../support/vscode/workbench.ts";

const VIEW = "Overview";
const SECRET = "a-secret-shared-with-the-sender";
const PUSH = { ref: "refs/heads/main", repository: { full_name: "ada/engine" } };

describe("The commands about webhooks in the workbench", () => {
  let server: VSCodeServer;
  let window: Workbench;
  let stateRoot: string;

  before(async () => {
    server = await VSCodeServer.start({ vscode: await installVSCode({ progress: console.log }) });
    stateRoot = path.join(server.home, ".local", "state", "palyra");
    await mkdir(stateRoot, { recursive: true });
    window = await Workbench.open({ server, target: { extensionDevelopmentPath: PROJECT_ROOT } });
    await window.page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
    await window.openViewContainer("Palyra");
    await window.waitForTree(VIEW, "the gateway", (rows) =>
      rows.some(({ label, description }) => label === "palyrad" && /^Running/.test(description)),
    );
  });

  after(async () => {
    await window?.close();
    await server?.stop();
  });

  it("lead from an empty list to a webhook that takes signed deliveries; the list comes back with it", async () => {
    await window.runCommand("Palyra: Webhooks…");
    const { entries } = await entryShown(window.page, /Add a Webhook…/);
    assert.equal(entries.length, 1);
    await choose(window.page, /Add a Webhook…/);
    await quickInput(window.page, /Add a Webhook: Name/);
    await enter(window.page, "no spaces please");
    await messageShown(window.page, /letters, digits/);
    await enter(window.page, "builds");
    await choose(window.page, /^GitHub/);
    await quickInput(window.page, /Secret/);
    await enter(window.page, "short");
    await messageShown(window.page, /at least 8/);
    await enter(window.page, SECRET);
    await choose(window.page, /Nowhere Yet/);
    await entryShown(window.page, /builds\s*github · ready/);
    await leave();
    await notificationShown(window, /“builds” takes deliveries now/);
    await shows(/^1 of 1 ready/);
    const config = await readFile(path.join(stateRoot, "webhooks.toml"), "utf8");
    assert.ok(!config.includes(SECRET));
    assert.equal(await deliver(SECRET), 202);
    assert.notEqual(await deliver("another secret"), 202);
  });

  it("show what came in, and judge a payload without any effect", async () => {
    await window.runCommand("Palyra: Deliveries of Webhook…");
    await choose(window.page, /builds/);
    await entryShown(window.page, /push.*just now/);
    await leave();
    await window.runCommand("Palyra: Test Webhook…");
    await choose(window.page, /builds/);
    await quickInput(window.page, /Test builds/);
    await enter(window.page, "no JSON");
    await messageShown(window.page, /no JSON object/);
    await enter(window.page, JSON.stringify(PUSH));
    await notificationShown(window, /^builds: /);
  });

  it("switch a webhook off and on again, from the command and from its entry in the list", async () => {
    await window.runCommand("Palyra: Switch Off Webhook…");
    await choose(window.page, /builds/);
    await shows(/^0 of 1 ready/);
    assert.notEqual(await deliver(SECRET), 202);
    await window.runCommand("Palyra: Webhooks…");
    await choose(window.page, /builds\s*github · off/);
    await choose(window.page, /Switch On/);
    await entryShown(window.page, /builds\s*github · ready/);
    await leave();
    assert.equal(await deliver(SECRET), 202);
  });

  it("name what is wrong in the file, and the line", async () => {
    await appendFile(
      path.join(stateRoot, "webhooks.toml"),
      '\n[[webhooks]]\nintegration_id = "torn"\nprovider = "github"\n',
    );
    await shows(/1 not in force/);
    await window.runCommand("Palyra: Webhooks…");
    await entryShown(window.page, /torn is not in force\s*webhooks\.toml, line \d+/);
    await leave();
  });

  it("remove a webhook only after a question", async () => {
    await window.runCommand("Palyra: Remove Webhook…");
    await choose(window.page, /builds/);
    await answerDialog(window.page, /Remove “builds”\?.*refused from then on/, "Cancel");
    assert.equal(await deliver(SECRET), 202);
    await window.runCommand("Palyra: Remove Webhook…");
    await choose(window.page, /builds/);
    await answerDialog(window.page, /Remove “builds”\?/, "Remove");
    await shows(/^0 of 0 ready/);
    assert.notEqual(await deliver(SECRET), 202);
  });

  /** Sends a push as GitHub would. @returns the status of the answer */
  async function deliver(secret: string): Promise<number> {
    // GitHub signs the body only: the same one again would be a replay.
    const body = JSON.stringify({ ...PUSH, after: crypto.randomUUID() });
    const client = { name: "test", version: productVersion, pid: process.pid };
    const { snapshot } = await new StateRootInspector(stateRoot, client).inspect();
    const answer = await fetch(`${snapshot.quick_facts.gateway_url}/hooks/builds`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-github-event": "push",
        "x-github-delivery": crypto.randomUUID(),
        "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
      },
      body,
    });
    await answer.body?.cancel();
    return answer.status;
  }

  /** Waits until the item of the webhooks says so. */
  async function shows(text: RegExp): Promise<void> {
    await window.waitForTree(VIEW, `${text}`, (rows) =>
      rows.some(({ label, description }) => label === "Webhooks" && text.test(description)),
    );
  }

  async function leave(): Promise<void> {
    await window.page.keyboard.press("Escape");
    await quickInputGone(window.page);
  }
});
