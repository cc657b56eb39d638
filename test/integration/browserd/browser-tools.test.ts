import assert from "node:assert/strict";
import { type BrowserDaemon, startBrowserDaemon } from "../../../src/browserd/browser-daemon.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";
import { type FixtureSite, startFixtureSite } from "./support/fixture-site.ts";
import { connectClient, type ToolClient } from "./support/mcp-client.ts";
import { recordedLogger } from "./support/recorded-logger.ts";
import { locateTestBrowser, testBrowserOptions } from "./support/test-browser.ts";

const token = "test-token-of-the-browser-tools";

describe("browser tools on a real Chromium", function () {
  this.timeout(60_000);
  const logger = recordedLogger();
  let daemon: BrowserDaemon;
  let site: FixtureSite;
  let browser: ToolClient;

  before(async () => {
    site = await startFixtureSite();
    daemon = await startBrowserDaemon({
      ...testBrowserOptions,
      logger,
      tokens: [token],
      locate: await locateTestBrowser(),
      allowPrivateTargets: true,
    });
  });
  after(async () => {
    await daemon.stop();
    await site.stop();
  });
  beforeEach(async () => {
    browser = await connectClient(daemon.port, token);
  });
  afterEach(() => browser.close());

  it("lists five tools with descriptions, schemas and honest annotations", async () => {
    const { tools } = await browser.client.listTools();
    assert.deepEqual(
      tools.map((tool) => [tool.name, tool.annotations?.readOnlyHint, tool.annotations?.openWorldHint]),
      [
        ["browser_navigate", false, true],
        ["browser_snapshot", true, true],
        ["browser_click", false, true],
        ["browser_type", false, true],
        ["browser_screenshot", true, true],
      ],
    );
    for (const tool of tools) assert.ok(tool.description !== undefined && tool.inputSchema.type === "object");
  });

  it("opens a page and tells its title, status and final address", async () => {
    const result = await browser.call("browser_navigate", { url: `${site.origin}/redirect?to=/second` });
    assert.equal(result.isError, false, result.text);
    assert.equal(result.data.title, "Second");
    assert.equal(result.data.status_code, 200);
    assert.equal(result.data.final_url, `${site.origin}/second`);
    assert.equal(result.data.redirects, 1);
    assert.deepEqual(result.data.effective, { timeout_ms: 15_000 });
  });

  it("tells the HTTP status of a page that does not exist", async () => {
    const result = await browser.call("browser_navigate", { url: `${site.origin}/nothing` });
    assert.equal(result.isError, false, result.text);
    assert.equal(result.data.status_code, 404);
  });

  it("tells that a page which never finishes loading can already be read", async () => {
    const result = await browser.call("browser_navigate", {
      url: `${site.origin}/never-ready`,
      timeout_ms: 1_000,
    });
    assert.equal(result.isError, false, result.text);
    assert.match(result.text, /still loading after 1000 ms/);
    assert.match((await browser.call("browser_snapshot")).text, /heading "Readable"/);
  });

  it("gives a timeout for a server that does not answer", async () => {
    const result = await browser.call("browser_navigate", { url: `${site.origin}/hangs`, timeout_ms: 500 });
    assert.equal(result.code, "timeout", result.text);
  });

  it("limits a timeout that is too long, and says so", async () => {
    const result = await browser.call("browser_navigate", {
      url: `${site.origin}/second`,
      timeout_ms: 9_999_999,
    });
    assert.deepEqual(result.data.effective, { timeout_ms: 60_000 });
    assert.match(result.text, /timeout_ms was limited to 60000/);
    const none = await browser.call("browser_navigate", { url: `${site.origin}/second`, timeout_ms: 0 });
    assert.deepEqual(none.data.effective, { timeout_ms: 15_000 });
  });

  it("reads the page with references, frames included, and hides secrets of links", async () => {
    await browser.call("browser_navigate", { url: `${site.origin}/` });
    const snapshot = await browser.call("browser_snapshot");
    assert.match(snapshot.text, /^Page: Fixture\n/);
    assert.match(snapshot.text, /- heading "Welcome" \[level=1\] \[ref=e\d+\]/);
    assert.match(snapshot.text, /- button "In the frame" \[ref=e\d+\]/);
    assert.match(snapshot.text, /- button "Never" \[disabled\]/);
    assert.match(snapshot.text, /access_token=redacted&page=2/);
    assert.doesNotMatch(snapshot.text, /abc/);
  });

  it("keeps the references of a page that did not change", async () => {
    await browser.call("browser_navigate", { url: `${site.origin}/` });
    const first = await browser.call("browser_snapshot");
    const second = await browser.call("browser_snapshot");
    assert.equal(second.text, first.text);
  });

  it("cuts a snapshot at the limit and says so", async () => {
    await browser.call("browser_navigate", { url: `${site.origin}/loads?url=${"x".repeat(3_000)}` });
    const snapshot = await browser.call("browser_snapshot", { max_bytes: 1 });
    assert.equal(snapshot.data.truncated, true);
    assert.deepEqual(snapshot.data.effective, { max_bytes: 1_024 });
    assert.match(snapshot.text, /cut off/);
  });

  it("changes the page with a click by reference and by selector", async () => {
    await browser.call("browser_navigate", { url: `${site.origin}/` });
    const click = await browser.call("browser_click", { ref: await browser.refOf(`button "Count"`) });
    assert.equal(click.isError, false, click.text);
    assert.match(click.text, /Clicked button "Count"/);
    await browser.call("browser_click", { selector: "button" });
    assert.match((await browser.call("browser_snapshot")).text, /Clicked 2 times/);
  });

  it("clicks inside a frame", async () => {
    await browser.call("browser_navigate", { url: `${site.origin}/` });
    await browser.call("browser_click", { ref: await browser.refOf("In the frame") });
    assert.match((await browser.call("browser_snapshot")).text, /button "Frame clicked"/);
  });

  it("waits for the page that a click opens", async () => {
    await browser.call("browser_navigate", { url: `${site.origin}/` });
    const click = await browser.call("browser_click", { ref: await browser.refOf(`link "Second page"`) });
    assert.equal(click.data.page_url, `${site.origin}/second?access_token=redacted&page=2`);
    assert.match((await browser.call("browser_snapshot")).text, /^Page: Second\n/);
  });

  it("follows a link into a new tab", async () => {
    await browser.call("browser_navigate", { url: `${site.origin}/` });
    await browser.call("browser_click", { ref: await browser.refOf("In a new tab") });
    // A browser that is busy makes the tab a moment after the click.
    await waitUntil("the page of the new tab", async () =>
      /^Page: Second\n/.test((await browser.call("browser_snapshot")).text),
    );
  });

  it("dismisses a dialog instead of hanging, and tells its text", async () => {
    await browser.call("browser_navigate", { url: `${site.origin}/` });
    const click = await browser.call("browser_click", { ref: await browser.refOf(`button "Alert"`) });
    assert.equal(click.isError, false, click.text);
    assert.match(click.text, /dialog \(alert\): “Hello there”/);
  });

  it("gives up on a page that hangs, and can leave it", async () => {
    await browser.call("browser_navigate", { url: `${site.origin}/busy` });
    const click = await browser.call("browser_click", { selector: "button", timeout_ms: 700 });
    assert.equal(click.isError, true, click.text);
    const next = await browser.call("browser_navigate", { url: `${site.origin}/second`, timeout_ms: 10_000 });
    assert.equal(next.isError, false, next.text);
    assert.match((await browser.call("browser_snapshot")).text, /^Page: Second\n/);
  });

  it("explains a stale reference after another page was opened", async () => {
    await browser.call("browser_navigate", { url: `${site.origin}/` });
    const ref = await browser.refOf(`button "Count"`);
    await browser.call("browser_navigate", { url: `${site.origin}/second` });
    const click = await browser.call("browser_click", { ref });
    assert.equal(click.code, "stale_ref", click.text);
    assert.match(click.text, /Call browser_snapshot again/);
  });

  it("explains a stale reference after its element was removed", async () => {
    await browser.call("browser_navigate", { url: `${site.origin}/` });
    const ref = await browser.refOf(`button "Vanish"`);
    assert.equal((await browser.call("browser_click", { ref })).isError, false);
    assert.equal((await browser.call("browser_click", { ref })).code, "stale_ref");
  });

  it("explains references and selectors that lead nowhere", async () => {
    await browser.call("browser_navigate", { url: `${site.origin}/` });
    const codes = [];
    for (const input of [
      { ref: "e99999" },
      { selector: "#nothing", timeout_ms: 300 },
      { selector: "][" },
      {},
      { ref: "e1", selector: "a" },
      { selector: "button[disabled]", timeout_ms: 400 },
    ]) {
      codes.push((await browser.call("browser_click", input)).code);
    }
    assert.deepEqual(codes, [
      "ref_not_found",
      "selector_not_found",
      "invalid_selector",
      "invalid_argument",
      "invalid_argument",
      "not_clickable",
    ]);
  });

  it("says that a page must be opened first", async () => {
    for (const tool of ["browser_snapshot", "browser_screenshot"]) {
      assert.equal((await browser.call(tool)).code, "no_page");
    }
    assert.equal((await browser.call("browser_click", { ref: "e1" })).code, "no_page");
  });

  it("types into a form and submits it", async () => {
    await browser.call("browser_navigate", { url: `${site.origin}/form` });
    const name = await browser.refOf(`textbox "Name"`);
    const added = await browser.call("browser_type", { ref: name, text: " and new" });
    assert.equal(added.isError, false, added.text);
    assert.match((await browser.call("browser_snapshot")).text, /textbox "Name".*: old and new/);
    await browser.call("browser_type", { ref: name, text: "Zoë & Co", clear: true, submit: true });
    assert.match((await browser.call("browser_snapshot")).text, /^Page: Sent\n/);
    const sent = new URL(site.requests.findLast((request) => request.startsWith("/sent")) ?? "", site.origin);
    assert.equal(sent.searchParams.get("name"), "Zoë & Co");
  });

  it("types several lines into a text area", async () => {
    await browser.call("browser_navigate", { url: `${site.origin}/form` });
    await browser.call("browser_type", { selector: "textarea", text: "one\ntwo" });
    assert.match((await browser.call("browser_snapshot")).text, /textbox "Notes".*: one two/);
  });

  it("never shows what a password or card field holds, and never logs what is typed", async () => {
    await browser.call("browser_navigate", { url: `${site.origin}/form` });
    const typed = await browser.call("browser_type", {
      ref: await browser.refOf(`textbox "Password"`),
      text: "typed-secret-9c1",
    });
    assert.equal(typed.data.secret_field, true);
    const snapshot = await browser.call("browser_snapshot");
    assert.match(snapshot.text, /textbox "Password".*: <hidden>/);
    assert.match(snapshot.text, /textbox "Card".*: <hidden>/);
    for (const text of [snapshot.text, JSON.stringify(typed), logger.lines.join("\n")]) {
      assert.doesNotMatch(text, /hunter2|4111|typed-secret-9c1|•/);
    }
  });

  it("refuses to type too much or into what is no field", async () => {
    await browser.call("browser_navigate", { url: `${site.origin}/form` });
    const long = await browser.call("browser_type", { selector: "textarea", text: "é".repeat(2_049) });
    assert.equal(long.code, "input_too_large");
    assert.match(long.text, /4098 bytes; at most 4096/);
    const box = await browser.call("browser_type", { selector: "input[type=checkbox]", text: "x" });
    assert.equal(box.code, "not_typable");
  });

  it("takes a real PNG of what is visible", async () => {
    await browser.call("browser_navigate", { url: `${site.origin}/` });
    const picture = await browser.call("browser_screenshot");
    assert.equal(picture.image?.mimeType, "image/png");
    assert.deepEqual(pngSize(picture.image?.bytes), { width: 1280, height: 800 });
    assert.ok((picture.image?.bytes.length ?? 0) > 2_000, "a picture with text is not this small");
  });

  it("takes the whole page, one element, and JPEG", async () => {
    await browser.call("browser_navigate", { url: `${site.origin}/colours` });
    const whole = await browser.call("browser_screenshot", {
      full_page: true,
      format: "jpeg",
      quality: 30,
      max_bytes: 2_097_152,
      timeout_ms: 20_000,
    });
    assert.equal(whole.isError, false, whole.text);
    assert.ok(Number(whole.data.height) >= 3_000, whole.text);
    assert.deepEqual([...(whole.image?.bytes.subarray(0, 3) ?? [])], [0xff, 0xd8, 0xff]);
    await browser.call("browser_navigate", { url: `${site.origin}/` });
    const element = await browser.call("browser_screenshot", { ref: await browser.refOf(`button "Count"`) });
    const size = pngSize(element.image?.bytes);
    assert.ok(size.width < 200 && size.height < 60, JSON.stringify(size));
  });

  it("makes a picture smaller to keep the limit", async () => {
    await browser.call("browser_navigate", { url: `${site.origin}/colours` });
    const picture = await browser.call("browser_screenshot", { max_bytes: 60_000, timeout_ms: 20_000 });
    assert.equal(picture.isError, false, picture.text);
    const bytes = picture.image?.bytes.length ?? 0;
    assert.ok(bytes <= 60_000 && bytes > 5_000, `${bytes} bytes`);
    assert.ok(Number(picture.data.scale) < 1);
    assert.ok(pngSize(picture.image?.bytes).width < 1_280);
  });

  it("keeps the cookies of two sessions apart", async () => {
    const other = await connectClient(daemon.port, token);
    try {
      await browser.call("browser_navigate", { url: `${site.origin}/` });
      await other.call("browser_navigate", { url: `${site.origin}/second` });
      assert.match((await browser.call("browser_snapshot")).text, /^Page: Fixture\n/);
      assert.match((await other.call("browser_snapshot")).text, /^Page: Second\n/);
      assert.equal(daemon.status().browser.contexts, 2);
      assert.equal(daemon.status().browser.launches, 1);
    } finally {
      await other.close();
    }
  });

  it("answers wrong arguments with an error of the tool, not of the protocol", async () => {
    const result = await browser.call("browser_navigate", { url: 7 });
    assert.equal(result.isError, true);
    assert.match(result.text, /url/);
    assert.equal((await browser.call("browser_navigate", { url: "not a url" })).code, "invalid_argument");
  });
});

function pngSize(png: Buffer | undefined): { width: number; height: number } {
  assert.ok(png !== undefined);
  assert.deepEqual([...png.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return { width: png.readUInt32BE(16), height: png.readUInt32BE(20) };
}
