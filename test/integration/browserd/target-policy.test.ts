import assert from "node:assert/strict";
import { type BrowserDaemon, startBrowserDaemon } from "../../../src/browserd/browser-daemon.ts";
import type { Network } from "../../../src/browserd/policy-proxy.ts";
import { systemNetwork } from "../../../src/browserd/system-network.ts";
import { type FixtureSite, startFixtureSite } from "./support/fixture-site.ts";
import { connectClient, type ToolClient } from "./support/mcp-client.ts";
import { recordedLogger } from "./support/recorded-logger.ts";
import { locateTestBrowser, testBrowserOptions } from "./support/test-browser.ts";

const token = "test-token-of-the-target-policy";
const publicAddress = "93.184.215.14";

describe("target policy in a real Chromium", function () {
  this.timeout(60_000);
  let daemon: BrowserDaemon;
  let site: FixtureSite;
  let browser: ToolClient;
  let connectedTo: string[][];
  let lookups: string[];
  let rebindAnswers: string[][];

  /** `site.example` is a public host whose server is the fixture; `rebind.example` changes its answer. */
  const network: Network = {
    resolve(host) {
      lookups.push(host);
      if (host === "site.example") return Promise.resolve([publicAddress]);
      if (host === "inside.example") return Promise.resolve([publicAddress, "192.168.1.1"]);
      if (host === "rebind.example") return Promise.resolve(rebindAnswers.shift() ?? ["127.0.0.1"]);
      return systemNetwork.resolve(host);
    },
    connect(addresses, _port, signal) {
      connectedTo.push([...addresses]);
      return systemNetwork.connect(["127.0.0.1"], site.port, signal);
    },
  };

  before(async () => {
    site = await startFixtureSite();
    daemon = await startBrowserDaemon({
      ...testBrowserOptions,
      logger: recordedLogger(),
      tokens: [token],
      locate: await locateTestBrowser(),
      network,
    });
  });
  after(async () => {
    await daemon.stop();
    await site.stop();
  });
  beforeEach(async () => {
    connectedTo = [];
    lookups = [];
    rebindAnswers = [];
    browser = await connectClient(daemon.port, token);
  });
  afterEach(() => browser.close());

  it("opens a public host, looked up once and connected at the address that was checked", async () => {
    const result = await browser.call("browser_navigate", { url: "http://site.example/second" });
    assert.equal(result.isError, false, result.text);
    assert.deepEqual([...new Set(connectedTo.flat())], [publicAddress]);
    assert.equal(lookups.length, connectedTo.length);
  });

  it("refuses loopback, private, metadata and other schemes before any connection", async () => {
    for (const url of [
      `${site.origin}/`,
      `http://localhost:${site.port}/`,
      "http://10.0.0.1/",
      "http://169.254.169.254/latest/meta-data/",
      "http://[::1]/",
      "http://2130706433/",
      "http://user:pw@site.example/",
      "file:///etc/passwd",
      "http://printer.internal/",
    ]) {
      const result = await browser.call("browser_navigate", { url });
      assert.equal(result.code, "policy_blocked", `${url}: ${result.text}`);
    }
    assert.deepEqual(connectedTo, []);
    assert.equal(daemon.status().browser.contexts, 0);
  });

  it("refuses a public name of which one address is private", async () => {
    const result = await browser.call("browser_navigate", { url: "http://inside.example/" });
    assert.equal(result.code, "policy_blocked", result.text);
    assert.match(result.text, /192\.168\.1\.1/);
    assert.deepEqual(connectedTo, []);
  });

  it("blocks a redirect to this machine, and stays usable", async () => {
    const before = site.requests.length;
    const target = encodeURIComponent(`${site.origin}/second`);
    const result = await browser.call("browser_navigate", {
      url: `http://site.example/redirect?to=${target}`,
    });
    assert.equal(result.code, "policy_blocked", result.text);
    assert.match(result.text, /127\.0\.0\.1/);
    assert.deepEqual(site.requests.slice(before), [`/redirect?to=${target}`]);
    const next = await browser.call("browser_navigate", { url: "http://site.example/second" });
    assert.equal(next.isError, false, next.text);
  });

  it("blocks parts of a page that are on this machine, and tells so", async () => {
    const before = site.requests.length;
    const url = `${site.origin}/second`;
    const result = await browser.call("browser_navigate", {
      url: `http://site.example/loads?url=${encodeURIComponent(url)}`,
    });
    assert.equal(result.isError, false, result.text);
    assert.match(result.text, /A request of the page was blocked\. “127\.0\.0\.1”/);
    assert.equal(site.requests.slice(before).includes("/second"), false);
    const click = await browser.call("browser_click", { selector: "a" });
    assert.equal(click.code, "policy_blocked", click.text);
  });

  it("blocks a WebSocket to this machine", async () => {
    const before = site.requests.length;
    const target = encodeURIComponent(`ws://127.0.0.1:${site.port}/chat`);
    await browser.call("browser_navigate", { url: `http://site.example/socket?url=${target}` });
    let text = "";
    while (!/heading "(failed|opened)"/.test(text)) text = (await browser.call("browser_snapshot")).text;
    assert.match(text, /heading "failed"/);
    assert.equal(site.requests.slice(before).includes("/chat"), false);
  });

  it("does not follow a name server that changes its answer to this machine", async () => {
    rebindAnswers = [[publicAddress]];
    const first = await browser.call("browser_navigate", { url: "http://rebind.example/second" });
    assert.equal(first.isError, false, first.text);
    assert.deepEqual([...new Set(connectedTo.flat())], [publicAddress]);
    const other = await browser.call("browser_navigate", { url: "http://rebind.example:81/second" });
    assert.equal(other.code, "policy_blocked", other.text);
  });

  it("says that a name does not exist", async () => {
    const result = await browser.call("browser_navigate", { url: "http://nothing-here.invalid/" });
    assert.equal(result.code, "navigation_failed", result.text);
    assert.match(result.text, /could not be resolved/);
  });
});
