import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { statePaths } from "../../../src/platform/state-paths.ts";
import { startDiscordSimulator } from "../../../src/simulator/discord-simulator.ts";
import { EncryptedFileSecretStore } from "../../../src/supervisor/encrypted-file-secret-store.ts";
import { CommandRun } from "../../support/cli/run-command.ts";
import { keys, TerminalSession } from "../../support/cli/terminal-session.ts";
import { newStateRoot } from "../../support/sidecar/sidecar-process.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";

const palyra = path.resolve(import.meta.dirname, "../../../dist/palyra.mjs");

/** The questions of the dialogue, and the answer a user in a hurry gives. */
const questions: readonly (readonly [question: RegExp, ...answer: string[]])[] = [
  [/Where is the bot to live\?/, keys.down, keys.enter],
  [/Name of the account/, keys.enter],
  [/Which server\?/, keys.enter],
  [/Which channel\?/, keys.enter],
  [/Where is the bot to answer\?/, keys.enter],
  [/answer only messages that mention/, keys.enter],
  [/Other words that count/, keys.enter],
  [/Who may write direct messages/, keys.enter],
  [/Only these people/, keys.enter],
  [/Never these people/, keys.enter],
  [/Is that what you want\?/, keys.enter],
];

describe("palyra channels add discord in a terminal", function () {
  this.timeout(90_000);
  let root: string;
  let remove: () => Promise<void>;
  const sessions: TerminalSession[] = [];
  beforeEach(async () => {
    ({ root, remove } = await newStateRoot());
  });
  afterEach(async () => {
    for (const session of sessions.splice(0)) {
      session.kill();
      await session.ended();
    }
    await finish("stop");
    await remove();
  });

  const start = (...args: string[]): TerminalSession => {
    const session = new TerminalSession(palyra, ["--state-root", root, ...args], process.env);
    sessions.push(session);
    return session;
  };
  const finish = async (...args: string[]): Promise<CommandRun & { code: number | null }> => {
    const run = new CommandRun(palyra, ["--state-root", root, ...args], process.env);
    return Object.assign(run, { code: await run.ended() });
  };
  const say = async (webUrl: string, content: string): Promise<void> => {
    const response = await fetch(new URL("/sim/messages", webUrl), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ as: "ada", channel: "general", content }),
    });
    assert.equal(response.status, 200, await response.text());
  };
  const readsAloud = async (webUrl: string): Promise<string> =>
    (await fetch(new URL("/sim/channels/general/messages?as=ada", webUrl))).text();

  it("leads from an empty state folder to an answered mention", async () => {
    const session = start("channels", "add", "discord");
    await session.sees(/gateway is not running; it is started/);
    await session.answers(/Where is the bot to live\?/, keys.down, keys.enter);
    const webUrl = (await session.sees(/Its page: (http\S+)/))[1] ?? "";
    for (const [question, ...answer] of questions.slice(1)) await session.answers(question, ...answer);
    await session.sees(/Connected as palyra/);
    await session.answers(/Write a test message into #general\?/, keys.enter);
    await session.sees(/The test message is there/);
    await session.sees(/waiting for it/);
    await say(webUrl, "@palyra how are you");
    await session.sees(/The bot heard Ada and answers/);
    await session.sees(/Let the bot run in this terminal now\?/);
    const counted = async (): Promise<number> => (await readsAloud(webUrl)).split("how are you").length - 1;
    await waitUntil("the bot's answer beside the question", async () => (await counted()) >= 2);
    session.type(keys.enter);
    await session.sees(/discord:simulated\s+ready/);
    session.type(keys.ctrlC);
    assert.equal(await session.ended(), 0, session.text);
    assert.match(await readFile(statePaths(root).gatewayConfig, "utf8"), /\[channels\.discord\.simulated\]/);

    const again = start("up");
    await again.sees(/The simulated Discord is back: http/, 20_000);
    await say(webUrl, "@palyra are you back");
    await waitUntil(
      "the bot's answer after its Discord came back",
      async () => (await readsAloud(webUrl)).split("are you back").length > 2,
    );
    again.type(keys.ctrlC);
    assert.equal(await again.ended(), 0, again.text);
  });

  it("leaves the trying out out at Ctrl-C; the bot stays connected and the simulated Discord goes on", async () => {
    const session = start("channels", "add", "discord", "--simulated");
    const webUrl = (await session.sees(/Its page: (http\S+)/))[1] ?? "";
    for (const [question, ...answer] of questions.slice(1)) await session.answers(question, ...answer);
    await session.answers(/Write a test message into #general\?/, keys.left, keys.enter);
    await session.answers(/waiting for it/, keys.ctrlC);
    await session.sees(/The bot is connected; the rest was left out/);
    await session.sees(/Let the bot run in this terminal now\?/);
    await say(webUrl, "nobody waits for this");
    session.type(keys.ctrlC);
    assert.equal(await session.ended(), 130);
    assert.match(await readFile(statePaths(root).gatewayConfig, "utf8"), /\[channels\.discord\.simulated\]/);
    await waitUntil("the end of the simulated Discord", () =>
      fetch(webUrl).then(
        () => false,
        () => true,
      ),
    );
  });

  it("leaves everything as it was when it is ended with Ctrl-C, whatever it asks", async () => {
    const up = new CommandRun(palyra, ["--state-root", root, "--plain", "up"], process.env);
    try {
      await up.prints(/palyrad is running/);
      for (let last = 0; last < questions.length; last += 1) {
        const session = start("channels", "add", "discord");
        for (const [question, ...answer] of questions.slice(0, last)) {
          await session.answers(question, ...answer);
        }
        const [question] = questions[last] ?? [/never/];
        await session.answers(question, keys.ctrlC);
        assert.equal(await session.ended(), 130, session.text);
        assert.match(session.text, /Cancelled; nothing was changed\./);
      }
      assert.equal(existsSync(statePaths(root).gatewayConfig), false);
      const secrets = await new EncryptedFileSecretStore(statePaths(root).secretsDir).keys();
      assert.deepEqual(
        secrets.filter((ref) => ref.startsWith("global/")),
        [],
      );
      assert.match((await finish("channels", "list")).stdout, /There is no connector yet/);
    } finally {
      up.signal("SIGINT");
      await up.ended();
    }
  });

  it("asks again after an error of Discord, and takes what was said on the command line as the first answer", async () => {
    const simulator = await startDiscordSimulator();
    try {
      const session = start(
        "channels",
        "add",
        "discord:lab",
        "--api-base",
        simulator.apiBase,
        "--deny-from",
        "1100000000000000001",
      );
      await session.answers(/Bot token/, simulator.lab.bot.token, keys.enter);
      await session.sees(/Which server\?/);
      const end = simulator.faults.add({ kind: "serverError", pathIncludes: "/users/@me/guilds" });
      session.type(keys.down, keys.enter);
      await session.sees(/Try again\?/, 30_000);
      end();
      session.type(keys.enter);
      await session.answers(/Which server\?/, keys.enter);
      await session.answers(/Which channel\?/, keys.enter);
      await session.answers(/Where is the bot to answer\?/, keys.enter);
      await session.answers(/answer only messages that mention/, keys.enter);
      await session.answers(/Other words that count/, keys.enter);
      await session.answers(/Who may write direct messages/, keys.enter);
      await session.answers(/Only these people/, keys.enter);
      await session.answers(/Never these people/, keys.enter);
      await session.answers(/Is that what you want\?/, keys.enter);
      await session.sees(/Connected as palyra/);
      session.type(keys.ctrlC);
      assert.match(
        await readFile(statePaths(root).gatewayConfig, "utf8"),
        /deny_from = .*1100000000000000001/,
      );
    } finally {
      await simulator.close();
    }
  });

  it("keeps a gateway alive that nobody watches over, as long as it asks", async () => {
    const up = new CommandRun(palyra, ["--state-root", root, "--plain", "up", "--linger", "60"], process.env);
    await up.prints(/palyrad is running/);
    up.signal("SIGINT");
    await up.ended();
    assert.match((await finish("status")).stdout, /No window or terminal watches/);
    const session = start("channels", "add", "discord", "--simulated");
    await session.sees(/Name of the account/);
    assert.doesNotMatch((await finish("status")).stdout, /No window or terminal watches/);
  });

  it("never shows a secret that is typed, and changes nothing at Ctrl-C", async () => {
    const typed = start("secrets", "set", "global/typed");
    await typed.answers(/Value of global\/typed \(not shown\)/, "canary-é-typed", keys.erase, keys.enter);
    assert.equal(await typed.ended(), 0, typed.text);
    assert.ok(!typed.text.includes("canary"), typed.text);
    const left = start("secrets", "set", "global/left");
    await left.answers(/not shown/, "canary", keys.ctrlC);
    assert.equal(await left.ended(), 130);
    assert.match(left.text, /Cancelled; nothing was changed\./);
    assert.ok(!left.text.includes("canary"), left.text);
    const store = new EncryptedFileSecretStore(statePaths(root).secretsDir);
    assert.equal(await store.get("global/typed"), "canary-é-type");
    assert.equal(await store.get("global/left"), undefined);
  });

  it("insists on a terminal for the dialogue, and takes everything from options without one", async () => {
    for (const flag of ["--interactive", "--simulated"]) {
      const refused = await finish("channels", "add", "discord", flag, "--start");
      assert.equal(refused.code, 2);
      assert.match(refused.stderr, /needs a terminal/);
    }
    const noGateway = await finish("channels", "add", "discord", "--inbound-scope", "dm_only");
    assert.equal(noGateway.code, 69);
    assert.match(noGateway.stderr, /gateway is not running\.\n.*--start/);
  });
});
