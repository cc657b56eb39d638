import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type BrowserDaemon, startBrowserDaemon } from "../../../src/browserd/browser-daemon.ts";
import { type FixtureSite, startFixtureSite } from "./support/fixture-site.ts";
import { recordedLogger } from "./support/recorded-logger.ts";
import { locateTestBrowser, testBrowserOptions } from "./support/test-browser.ts";

const token = "test-token-of-the-inspector";

describe("browser daemon with a client that is not ours (the MCP inspector)", function () {
  this.timeout(60_000);
  let daemon: BrowserDaemon;
  let site: FixtureSite;

  before(async () => {
    site = await startFixtureSite();
    daemon = await startBrowserDaemon({
      ...testBrowserOptions,
      logger: recordedLogger(),
      tokens: [token],
      locate: await locateTestBrowser(),
      allowPrivateTargets: true,
    });
  });
  after(async () => {
    await daemon.stop();
    await site.stop();
  });

  /** `mcp-inspector --cli URL --transport http --header "Authorization: Bearer TOKEN" ...`, parsed. */
  async function inspect(...call: readonly string[]): Promise<Record<string, unknown>> {
    const target = ["--cli", `http://127.0.0.1:${daemon.port}/mcp`, "--transport", "http"];
    const header = ["--header", `Authorization: Bearer ${token}`];
    const script = await inspectorScript();
    const { stdout } = await promisify(execFile)(process.execPath, [script, ...target, ...header, ...call]);
    return JSON.parse(stdout);
  }

  it("has its tools listed", async () => {
    const { tools } = await inspect("--method", "tools/list");
    assert.ok(Array.isArray(tools));
    assert.deepEqual(
      tools.map((tool: { name: string }) => tool.name),
      ["browser_navigate", "browser_snapshot", "browser_click", "browser_type", "browser_screenshot"],
    );
  });

  it("has browser_navigate called", async () => {
    const url = `${site.origin}/second`;
    const result = await inspect(
      "--method",
      "tools/call",
      "--tool-name",
      "browser_navigate",
      "--tool-arg",
      `url=${url}`,
    );
    assert.match(JSON.stringify(result.content), /Title: Second/);
    assert.ok(site.requests.includes("/second"));
  });
});

async function inspectorScript(): Promise<string> {
  const folder = fileURLToPath(
    new URL("../../../node_modules/@modelcontextprotocol/inspector/", import.meta.url),
  );
  const manifest: { version: string; bin: Record<string, string> } = JSON.parse(
    await readFile(`${folder}package.json`, "utf8"),
  );
  const [major] = manifest.version.split(".");
  assert.ok(
    Number(major) >= 2,
    `the inspector ${manifest.version} cannot send headers; 2.0 or newer is needed`,
  );
  return `${folder}${manifest.bin["mcp-inspector"]}`;
}
