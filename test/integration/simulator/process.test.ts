import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

describe("The process discord-sim", function () {
  this.timeout(15_000);
  let child: ChildProcess | undefined;

  afterEach(() => {
    if (child?.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  });

  function start(...args: string[]): ChildProcess {
    child = spawn(process.execPath, ["src/simulator/main.ts", ...args], { stdio: ["pipe", "pipe", "pipe"] });
    return child;
  }

  async function firstLine(from: ChildProcess): Promise<Record<string, string>> {
    assert.ok(from.stdout);
    const [line] = (await once(createInterface({ input: from.stdout }), "line")) as [string];
    return JSON.parse(line) as Record<string, string>;
  }

  it("prints one JSON line when it is ready, and the bot's token works", async () => {
    const ready = await firstLine(start());
    assert.deepEqual(Object.keys(ready), [
      "createdAtUnixMs",
      "apiBase",
      "webUrl",
      "botToken",
      "botUserId",
      "guildId",
      "channelId",
    ]);
    const response = await fetch(`${ready.apiBase}/v10/users/@me`, {
      headers: {
        authorization: `Bot ${ready.botToken}`,
        "user-agent": "DiscordBot (https://example.com, 1)",
      },
    });
    assert.equal(((await response.json()) as { id: string }).id, ready.botUserId);
    assert.equal((await fetch(ready.webUrl ?? "")).status, 200);
  });

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`ends cleanly on ${signal}`, async () => {
      const running = start();
      await firstLine(running);
      running.kill(signal);
      assert.deepEqual(await once(running, "exit"), [0, null]);
    });
  }

  it("ends when its standard input closes, if asked to", async () => {
    const running = start("--exit-with-stdin");
    await firstLine(running);
    running.stdin?.end();
    assert.deepEqual(await once(running, "exit"), [0, null]);
  });

  it("keeps the token off its log", async () => {
    const running = start();
    let log = "";
    running.stderr?.on("data", (chunk) => {
      log += String(chunk);
    });
    const { botToken } = await firstLine(running);
    running.kill("SIGTERM");
    await once(running, "close");
    assert.match(log, /listening/);
    assert.equal(log.includes(botToken ?? ""), false);
  });

  it("explains a wrong argument with exit code 2, and a taken port with exit code 1", async () => {
    assert.deepEqual(await once(start("--port", "many"), "exit"), [2, null]);
    const first = start();
    const { apiBase } = await firstLine(first);
    const second = spawn(process.execPath, ["src/simulator/main.ts", "--port", new URL(apiBase ?? "").port]);
    let log = "";
    second.stderr.on("data", (chunk) => {
      log += String(chunk);
    });
    assert.deepEqual(await once(second, "close"), [1, null]);
    assert.match(log, /EADDRINUSE/);
  });
});
