import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import chromium from "@sparticuz/chromium";
import axe from "axe-core";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import WebSocket from "ws";
import { type DiscordSimulator, startDiscordSimulator } from "../../../src/simulator/discord-simulator.ts";
import { call } from "./raw-rest.ts";
import { until } from "./until.ts";

/** A request with headers that fetch would not let us set. */
function rawGet(url: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    http
      .get(url, { headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
      .once("error", reject);
  });
}

describe("The simulator's local API", () => {
  let sim: DiscordSimulator;
  before(async () => {
    sim = await startDiscordSimulator();
  });
  after(() => sim.close());

  function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(new URL(path, sim.webUrl), {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  }

  it("refuses requests that name another host, so that no web site can reach it by DNS rebinding", async () => {
    assert.equal(await rawGet(sim.webUrl, {}), 200);
    assert.equal(await rawGet(sim.webUrl, { host: "evil.example" }), 403);
  });

  it("refuses requests from pages of other origins", async () => {
    const body = { as: "ada", channel: "general", content: "hi" };
    assert.equal((await post("/sim/messages", body, { origin: "https://evil.example" })).status, 403);
    assert.equal((await post("/sim/messages", body, { origin: sim.webUrl.slice(0, -1) })).status, 200);
    assert.equal(
      await rawGet(new URL("/sim/people", sim.webUrl).href, { "sec-fetch-site": "cross-site" }),
      403,
    );
  });

  it("opens no gateway to pages of other origins, and none under another host", async () => {
    for (const headers of [{ origin: "https://evil.example" }, { host: "evil.example" }]) {
      const socket = new WebSocket(`${sim.gatewayUrl}?v=10&encoding=json`, { headers });
      const [error] = (await once(socket, "error")) as [Error];
      assert.match(error.message, /403/);
    }
  });

  it("sends the page with a policy that allows only its own scripts", async () => {
    const response = await fetch(sim.webUrl);
    assert.match(
      response.headers.get("content-security-policy") ?? "",
      /default-src 'none'; script-src 'self'/,
    );
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  });

  it("serves nothing outside the page's folder", async () => {
    for (const path of ["/..%2fmain.ts", "/main.ts", "/.git", "/index.html.map"]) {
      assert.equal(await rawGet(new URL(path, sim.webUrl).href, {}), 404, path);
    }
  });

  it("turns a typed @palyra into a real mention, and leaves mail addresses alone", async () => {
    const answer = await post("/sim/messages", {
      as: "ada",
      channel: "general",
      content: "@palyra: ask me@palyra.io",
    });
    const message = (await answer.json()) as { content: string };
    assert.equal(message.content, `<@${sim.lab.bot.userId}>: ask me@palyra.io`);
  });

  it("says in words why something is refused", async () => {
    const answer = await post("/sim/messages", { as: "ada", channel: "nowhere", content: "hi" });
    assert.deepEqual(
      [answer.status, await answer.json()],
      [400, { error: 'There is no channel called "nowhere" here.' }],
    );
    const wrong = await post("/sim/messages", { as: "ada" });
    assert.equal(wrong.status, 400);
  });

  it("shows each person only what they may see", async () => {
    const direct = sim.people.openDirect("ada", "palyra");
    const state = (await (await fetch(new URL("/sim/state?as=grace", sim.webUrl))).json()) as {
      directs: unknown[];
    };
    assert.deepEqual(state.directs, []);
    sim.people.write("ada", direct.id, "between us");
    const path = `/sim/channels/${direct.id}/messages?as=grace`;
    assert.deepEqual(await (await fetch(new URL(path, sim.webUrl))).json(), []);
  });

  it("never tells the token", async () => {
    for (const path of [
      "/sim/inspect",
      "/sim/requests",
      "/sim/gateway-log",
      "/sim/state?as=ada",
      "/sim/people",
    ]) {
      assert.equal(
        (await (await fetch(new URL(path, sim.webUrl))).text()).includes(sim.lab.bot.token),
        false,
        path,
      );
    }
  });
});

describe("The simulator's chat page", function () {
  this.timeout(40_000);
  let sim: DiscordSimulator;
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];

  before(async () => {
    sim = await startDiscordSimulator({ rateLimits: "off" });
    const executablePath = process.env.CHROME_PATH ?? (await chromium.executablePath());
    browser = await puppeteer.launch({
      executablePath,
      headless: "shell",
      args: [...chromium.args, "--no-sandbox"],
    });
    page = await browser.newPage();
    await page.setViewport({ width: 1280, height: 800 });
    page.setDefaultTimeout(10_000);
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(message.text());
    });
    await page.goto(sim.webUrl);
    await page.waitForSelector(".channel");
  });
  after(async () => {
    await browser.close();
    await sim.close();
  });

  function textOf(selector: string): string {
    return `document.querySelector(${JSON.stringify(selector)})?.textContent`;
  }

  /** Waits until the messages contain the text. */
  function shown(text: string): Promise<unknown> {
    return page.waitForFunction(`${textOf("#messages")}.includes(${JSON.stringify(text)})`);
  }

  /** Waits until the element has exactly this text. */
  function reads(selector: string, text: string): Promise<unknown> {
    return page.waitForFunction(`${textOf(selector)} === ${JSON.stringify(text)}`);
  }

  it("lets a visitor type as a person with the keyboard alone", async () => {
    await page.focus("#composer-text");
    await page.keyboard.type("@palyra hello");
    await page.keyboard.press("Enter");
    const written = await until(() => sim.lab.general.messages[0]);
    assert.equal(written.content, `<@${sim.lab.bot.userId}> hello`);
    assert.equal(written.authorId, sim.lab.people.ada.id);
    await shown("@palyra hello");
  });

  it("shows the bot's typing, its reply with what it answers, and its reactions, as they happen", async () => {
    const asked = sim.lab.general.messages[0];
    const channel = `/channels/${sim.lab.general.id}`;
    await call(sim, "POST", `${channel}/typing`);
    await reads("#typing", "palyra is typing…");
    await call(sim, "POST", `${channel}/messages`, {
      body: { content: "hello to **you**", message_reference: { message_id: asked?.id } },
    });
    await shown("hello to you");
    await reads("#typing", "");
    assert.match((await page.$eval(".quote", (node) => node.textContent)) ?? "", /@Ada @palyra hello/);
    await call(sim, "PUT", `${channel}/messages/${asked?.id}/reactions/${encodeURIComponent("👀")}/@me`);
    await page.waitForSelector(".reaction");
  });

  it("announces new messages to screen readers", async () => {
    assert.equal(await page.$eval("#scroller", (node) => node.getAttribute("aria-live")), "polite");
  });

  it("shows markup that a person typed as text", async () => {
    sim.people.write("grace", "general", '<img src=x onerror="alert(1)"> & <b>bold</b>');
    await shown('<img src=x onerror="alert(1)"> & <b>bold</b>');
  });

  it("says when the bot is offline", async () => {
    await page.waitForFunction(`${textOf("#banner")}.includes("palyra is offline")`);
  });

  it("switches to another person and opens a conversation with the bot", async () => {
    await page.select("#person", sim.lab.people.grace.id);
    await reads("#me-avatar", "G");
    await page.locator('.member[title="Write to palyra"]').click();
    await reads("#channel-name", "@palyra");
    await page.keyboard.type("just us");
    await page.keyboard.press("Enter");
    const direct = sim.people.openDirect("grace", "palyra");
    await until(() => direct.messages.find((one) => one.content === "just us"));
  });

  for (const theme of ["light", "dark"]) {
    it(`has no accessibility faults that axe can find, in ${theme}`, async () => {
      const checked = await browser.newPage();
      await checked.setViewport({ width: 1280, height: 800 });
      await checked.goto(`${sim.webUrl}?theme=${theme}`);
      await checked.waitForSelector(".message");
      await checked.evaluate(axe.source);
      const { violations } = (await checked.evaluate("axe.run()")) as axe.AxeResults;
      const faults = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
      assert.deepEqual(faults, []);
      await checked.close();
    });
  }

  it("has no errors in the console", () => {
    assert.deepEqual(problems, []);
  });
});
