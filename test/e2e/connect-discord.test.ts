import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { type DiscordSimulator, startDiscordSimulator } from "../../src/simulator/discord-simulator.ts";
import { Permission } from "../../src/simulator/world/permissions.ts";
import { installVSCode, PROJECT_ROOT } from "../support/vscode/install-vscode.ts";
import {
  choose,
  enter,
  entryShown,
  goBack,
  quickInput,
  quickInputGone,
} from "../support/vscode/quick-input.ts";
import { VSCodeServer } from "../support/vscode/vscode-server.ts";
import { Workbench } from "../support/vscode/workbench.ts";

const STATUS_ITEM = "palyra.palyra-control-center.palyra.status";
const VIEW = "Overview";
const COMMAND = "Palyra: Connect Discord…";
const WRONG_TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.wrong.token-of-nobody";

/** Each question up to the last one before anything is changed, with what is answered there. */
const questions: readonly [title: RegExp, answer: RegExp | "account" | "token"][] = [
  [/Account/, "account"],
  [/Bot Token/, "token"],
  [/Checks/, /Continue/],
  [/Invite the Bot/, /Continue/],
  [/Server/, /Palyra Lab/],
  [/Channel/, /#general/],
  [/Permissions/, /Continue/],
  [/Where to Answer/, /In #general/],
  [/Mentions/, /Those That Mention/],
  [/Direct Messages/, /Of People You Have Paired/],
  [/Allow List/, /Continue/],
  [/Deny List/, /Continue/],
  [/Review/, /Connect/],
];

describe("Connect Discord in the workbench, when something is wrong", () => {
  let simulator: DiscordSimulator;
  let server: VSCodeServer;
  let window: Workbench;
  let configFile: string;
  let untouched: string;

  before(async () => {
    simulator = await startDiscordSimulator({ identifyIntervalMs: 100 });
    server = await VSCodeServer.start({ vscode: await installVSCode({ progress: console.log }) });
    const stateRoot = path.join(server.home, ".local", "state", "palyra");
    await mkdir(stateRoot, { recursive: true });
    configFile = path.join(stateRoot, "palyra.toml");
    await writeFile(configFile, gatewayConfig(simulator.apiBase));
    untouched = await readFile(configFile, "utf8");
    window = await Workbench.open({ server, target: { extensionDevelopmentPath: PROJECT_ROOT } });
    await window.statusBarItem(STATUS_ITEM, /Palyra: (Healthy|Degraded)/);
    await window.openViewContainer("Palyra");
    await window.waitForTree(VIEW, "the account that is off", (rows) =>
      rows.some(({ label, description }) => label === "discord:default" && description === "Off"),
    );
  });

  beforeEach(() => simulator.faults.clear());

  after(async () => {
    await window?.close();
    await server?.stop();
    await simulator?.close();
  });

  it("tells that a token is refused, keeps everything as it was, and goes on with the right one", async () => {
    await upTo(/Bot Token/);
    await enter(window.page, WRONG_TOKEN);
    await quickInput(window.page, /Checks/);
    const { entries } = await entryShown(window.page, /refused|not valid|not accept/i);
    assert.ok(!entries.some((entry) => /^Continue/.test(entry)), entries.join("\n"));
    await goBack(window.page);
    await quickInput(window.page, /Bot Token/);
    await enter(window.page, simulator.lab.bot.token);
    await entryShown(window.page, /Continue/);
    await leave();
  });

  it("tells that the Message Content intent is off, and goes on when it is on", async () => {
    const { privilegedIntents } = simulator.lab.bot;
    privilegedIntents.messageContent = false;
    await upTo(/Checks/);
    await entryShown(window.page, /Message Content/);
    privilegedIntents.messageContent = true;
    await choose(window.page, /Check Again/);
    await entryShown(window.page, /Continue/);
    await leave();
  });

  it("names the permissions the bot lacks in a channel, and goes on when it has them", async () => {
    const { world, lab } = simulator;
    const deny = Permission.SEND_MESSAGES | Permission.ATTACH_FILES;
    world.setOverwrite(lab.general, { id: lab.bot.userId, type: "member", allow: 0n, deny });
    await upTo(/Permissions/);
    const { entries } = await entryShown(window.page, /The bot cannot answer here/);
    assert.ok(
      entries.some((entry) => /Send Messages\s*missing/.test(entry)),
      entries.join("\n"),
    );
    assert.ok(!entries.some((entry) => /Continue/.test(entry)), entries.join("\n"));
    world.setOverwrite(lab.general, { id: lab.bot.userId, type: "member", allow: deny, deny: 0n });
    await choose(window.page, /Check Again/);
    await entryShown(window.page, /Continue/);
    await leave();
  });

  it("leaves everything as it was when it is left at any of its steps", async function () {
    this.timeout(180_000);
    for (const [title] of questions) {
      await upTo(title);
      await leave();
    }
    assert.equal(simulator.counts.identifies, 0);
  });

  it("takes everything back when the bot cannot connect, says why, and works with another try", async () => {
    await upTo(/Review/);
    await entryShown(window.page, /mentions the bot in #general.*answered/);
    simulator.faults.refuseGateway = true;
    await choose(window.page, /Connect/);
    await entryShown(window.page, /Everything is as it was/);
    assert.equal(await readFile(configFile, "utf8"), untouched);
    simulator.faults.clear();
    await choose(window.page, /Try Again/);
    await quickInput(window.page, /Test Message/);
    await choose(window.page, /Continue Without/);
    await choose(window.page, /Finish Without Waiting/);
    await quickInputGone(window.page);
    await window.waitForTree(VIEW, "the bot", (rows) =>
      rows.some(
        ({ label, description }) => label === "discord:default" && /^Ready · @palyra/.test(description),
      ),
    );
    const config = await readFile(configFile, "utf8");
    assert.match(config, /# written by hand/);
    assert.ok(!config.includes(simulator.lab.bot.token));
  });

  /** Answers all questions before the one with this title. */
  async function upTo(wanted: RegExp): Promise<void> {
    await window.runCommand(COMMAND);
    for (const [title, given] of questions) {
      await quickInput(window.page, new RegExp(`Connect Discord: ${title.source}`));
      if (title.source === wanted.source) return;
      await answer(given);
    }
  }

  async function answer(given: RegExp | "account" | "token"): Promise<void> {
    if (given === "account") await enter(window.page, "default");
    else if (given === "token") await enter(window.page, simulator.lab.bot.token);
    else await choose(window.page, given);
  }

  /** Leaves the dialogue, and looks that nothing was changed. */
  async function leave(): Promise<void> {
    await window.page.keyboard.press("Escape");
    await quickInputGone(window.page);
    assert.equal(await readFile(configFile, "utf8"), untouched);
  }
});

function gatewayConfig(apiBase: string): string {
  return `version = 1

# written by hand
[channels.discord.default]
enabled = false
api_base = "${apiBase}"
`;
}
