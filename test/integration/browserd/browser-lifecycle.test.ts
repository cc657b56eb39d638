import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import {
  type BrowserDaemon,
  type BrowserDaemonOptions,
  startBrowserDaemon,
} from "../../../src/browserd/browser-daemon.ts";
import { thisMachine } from "../../../src/browserd/browser-search-host.ts";
import { findBrowser } from "../../../src/browserd/find-browser.ts";
import { type FixtureSite, startFixtureSite } from "./support/fixture-site.ts";
import { connectClient, type ToolClient } from "./support/mcp-client.ts";
import { eventually, runningInGroup } from "./support/process-group.ts";
import { recordedLogger } from "./support/recorded-logger.ts";
import { locateTestBrowser, testBrowserOptions } from "./support/test-browser.ts";

const token = "test-token-of-the-lifecycle";

describe("life of the browser process", function () {
  this.timeout(60_000);
  let site: FixtureSite;
  let folder: string;
  let daemon: BrowserDaemon | undefined;
  let client: ToolClient | undefined;

  before(async () => {
    site = await startFixtureSite();
  });
  after(() => site.stop());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "palyra-test-"));
  });
  afterEach(async () => {
    await client?.client.close();
    await daemon?.stop();
    client = undefined;
    daemon = undefined;
    await rm(folder, { recursive: true });
  });

  async function start(options: Partial<BrowserDaemonOptions> = {}): Promise<[BrowserDaemon, ToolClient]> {
    daemon = await startBrowserDaemon({
      ...testBrowserOptions,
      logger: recordedLogger(),
      tokens: [token],
      locate: await locateTestBrowser(),
      allowPrivateTargets: true,
      temporaryFolder: folder,
      ...options,
    });
    client = await connectClient(daemon.port, token);
    return [daemon, client];
  }
  const pidOf = (running: BrowserDaemon): number => {
    const { pid } = running.status().browser;
    assert.ok(pid !== null, "a browser should run");
    return pid;
  };

  it("starts no browser before it is used", async () => {
    const [running, browser] = await start();
    await browser.client.listTools();
    assert.equal(running.status().browser.state, "idle");
    assert.equal(running.status().health, "ok");
    assert.deepEqual(await readdir(folder), []);
  });

  it("survives a crash of the browser: one clear error, then it works again", async () => {
    const [running, browser] = await start();
    await browser.call("browser_navigate", { url: `${site.origin}/` });
    const first = pidOf(running);
    process.kill(first, "SIGKILL");
    const lost = await browser.call("browser_snapshot");
    assert.equal(lost.code, "engine_crashed", lost.text);
    assert.equal((await browser.call("browser_snapshot")).code, "no_page");
    const again = await browser.call("browser_navigate", { url: `${site.origin}/second` });
    assert.equal(again.isError, false, again.text);
    assert.notEqual(pidOf(running), first);
    assert.equal(running.status().health, "ok");
    assert.equal(running.status().browser.crashes, 1);
    await eventually("the crashed browser's processes are gone", () => runningInGroup(first).length === 0);
  });

  it("starts a crashed browser again by itself while pages were open", async () => {
    const [running, browser] = await start();
    await browser.call("browser_navigate", { url: `${site.origin}/` });
    const first = pidOf(running);
    process.kill(first, "SIGKILL");
    await eventually("another browser runs", () => ![null, first].includes(running.status().browser.pid));
    assert.equal(running.status().health, "ok");
    const next = await browser.call("browser_navigate", { url: `${site.origin}/second` });
    assert.match(next.text, /crashed and was started again/);
  });

  it("answers a call that runs while the browser crashes", async () => {
    const [running, browser] = await start();
    await browser.call("browser_navigate", { url: `${site.origin}/` });
    const hanging = browser.call("browser_navigate", { url: `${site.origin}/hangs` });
    await eventually("the page is asked for", () => site.requests.at(-1) === "/hangs");
    process.kill(pidOf(running), "SIGKILL");
    assert.equal((await hanging).code, "engine_crashed");
  });

  it("gives up after the third relaunch and reports that it failed", async () => {
    const [running, browser] = await start();
    await browser.call("browser_navigate", { url: `${site.origin}/` });
    for (let crash = 1; crash <= 4; crash += 1) {
      const pid = pidOf(running);
      process.kill(pid, "SIGKILL");
      await eventually("the crash is noticed", () => running.status().browser.crashes === crash);
      if (crash > 3) break;
      const next = await browser.call("browser_navigate", { url: `${site.origin}/` });
      assert.equal(next.isError, false, `after crash ${crash}: ${next.text}`);
    }
    const status = running.status();
    assert.equal(status.health, "failed");
    assert.match(status.reasons.join(), /crashed too often.*signal SIGKILL.*Restart the browser daemon/);
    assert.equal(status.browser.launches, 4);
    await browser.call("browser_snapshot");
    assert.equal((await browser.call("browser_navigate", { url: `${site.origin}/` })).code, "browser_failed");
  });

  it("replaces a browser that hangs", async () => {
    const [running, browser] = await start({ probeIntervalMs: 100, probeTimeoutMs: 300 });
    await browser.call("browser_navigate", { url: `${site.origin}/` });
    const first = pidOf(running);
    process.kill(first, "SIGSTOP");
    await eventually("another browser runs", () => ![null, first].includes(running.status().browser.pid));
    await eventually("nothing of the old one is left", () => runningInGroup(first).length === 0);
  });

  it("says what a browser that does not start wrote before it ended", async () => {
    const script = join(folder, "broken-browser");
    await writeFile(script, "#!/bin/sh\necho 'error while loading libfoo.so' >&2\nexit 127\n", {
      mode: 0o755,
    });
    const [, browser] = await start({
      locate: () => findBrowser(thisMachine(), script),
    });
    const result = await browser.call("browser_navigate", { url: `${site.origin}/` });
    assert.equal(result.code, "browser_failed");
    assert.match(result.text, /ended with code 127: error while loading libfoo\.so/);
    assert.deepEqual(await readdir(folder), ["broken-browser"]);
  });

  it("ends a browser that does not answer in its starting time", async () => {
    const script = join(folder, "silent-browser");
    await writeFile(script, '#!/bin/sh\necho $$ > "$0.pid"\nexec sleep 1000\n', { mode: 0o755 });
    const [, browser] = await start({
      locate: () => findBrowser(thisMachine(), script),
      browserStartupTimeoutMs: 500,
    });
    const result = await browser.call("browser_navigate", { url: `${site.origin}/` });
    assert.match(result.text, /did not answer within 500 ms/);
    const pid = Number(await readFile(`${script}.pid`, "utf8"));
    assert.deepEqual(runningInGroup(pid), []);
  });

  it("closes the browser when no page is open any more", async () => {
    const [running, browser] = await start({ browserIdleCloseMs: 100 });
    await browser.call("browser_navigate", { url: `${site.origin}/` });
    const pid = pidOf(running);
    await browser.close();
    await eventually("the browser is closed", () => running.status().browser.state === "idle");
    await eventually("its processes are gone", () => runningInGroup(pid).length === 0);
    assert.equal(running.status().health, "ok");
  });

  it("closes a page that nobody uses, and says so", async () => {
    const [running, browser] = await start({ limits: { sessionIdleMs: 300 } });
    await browser.call("browser_navigate", { url: `${site.origin}/` });
    await eventually("the page is closed", () => running.status().browser.contexts === 0);
    const result = await browser.call("browser_snapshot");
    assert.equal(result.code, "no_page");
    assert.match(result.text, /nothing was done with it for 300 ms/);
  });

  it("bounds the actions of a moment and of a session", async () => {
    const [, browser] = await start({
      limits: { actionsPerSession: 3, actionsPerWindow: 2, actionWindowMs: 60_000 },
    });
    await browser.call("browser_navigate", { url: `${site.origin}/` });
    const codes = [];
    for (let action = 0; action < 3; action += 1) {
      codes.push((await browser.call("browser_click", { selector: "button" })).code);
    }
    assert.deepEqual(codes, [undefined, undefined, "rate_limited"]);
  });

  it("leaves no process and no file after a stop", async () => {
    const [running, browser] = await start();
    await browser.call("browser_navigate", { url: `${site.origin}/` });
    const pid = pidOf(running);
    assert.ok(runningInGroup(pid).length > 1, "the browser should have children");
    await running.stop();
    assert.deepEqual(runningInGroup(pid), []);
    assert.deepEqual(await readdir(folder), []);
  });

  it("keeps the editor's and Node's variables from the browser", async () => {
    const [running, browser] = await start({
      environment: {
        ...process.env,
        VSCODE_IPC_HOOK: "leak-1",
        ELECTRON_RUN_AS_NODE: "1",
        NODE_OPTIONS: "--no-warnings",
        PALYRA_TEST: "leak-2",
        KEPT_FOR_BROWSER: "yes",
      },
    });
    await browser.call("browser_navigate", { url: `${site.origin}/` });
    const environment = await environmentOf(pidOf(running));
    assert.match(environment, /KEPT_FOR_BROWSER=yes/);
    assert.doesNotMatch(environment, /VSCODE_|ELECTRON_|NODE_OPTIONS|PALYRA_/);
  });

  it("does not outlive a daemon that is killed, and the next daemon removes its files", async () => {
    const script = new URL("./support/daemon-process.ts", import.meta.url).pathname;
    const child = spawn(process.execPath, [script, token, folder], { stdio: ["ignore", "pipe", "inherit"] });
    let browserPid = 0;
    try {
      const facts: Record<string, unknown>[] = [];
      createInterface(child.stdout).on("line", (line) => facts.push(JSON.parse(line)));
      await eventually("the daemon serves", () => facts.some((fact) => "port" in fact));
      const port = Number(facts.find((fact) => "port" in fact)?.port);
      const browser = await connectClient(port, token);
      assert.equal((await browser.call("browser_navigate", { url: `${site.origin}/` })).isError, false);
      browserPid = Number(facts.findLast((fact) => typeof fact.browserPid === "number")?.browserPid);
      assert.ok(runningInGroup(browserPid).length > 1);
    } finally {
      child.kill("SIGKILL");
      await once(child, "close");
    }
    await eventually(
      "the browser has ended with its daemon",
      () => runningInGroup(browserPid).length === 0,
      5_000,
    );
    assert.equal((await readdir(folder)).length, 1);
    await start();
    assert.deepEqual(await readdir(folder), []);
  });
});

/** The environment of a process, one variable a line. */
async function environmentOf(pid: number): Promise<string> {
  if (process.platform === "linux") {
    return (await readFile(`/proc/${pid}/environ`, "utf8")).replaceAll("\0", "\n");
  }
  const ps = spawn("ps", ["eww", "-o", "command=", "-p", String(pid)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  for await (const chunk of ps.stdout) text += chunk;
  return text;
}
