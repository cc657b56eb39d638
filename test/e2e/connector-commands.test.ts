import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { type DiscordSimulator, startDiscordSimulator } from "../../src/simulator/discord-simulator.ts";
import type { Channel } from "../../src/simulator/world/model.ts";
import { Permission } from "../../src/simulator/world/permissions.ts";
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
import { waitUntil } from "../support/vscode/wait-until.ts";
import { Workbench } from "../support/vscode/workbench.ts";

const VIEW = "Overview";
const STATUS_ITEM = "palyra.palyra-control-center.palyra.status";
const CONNECTOR = "discord:default";

describe("The commands about a connector in the workbench", () => {
  let simulator: DiscordSimulator;
  let server: VSCodeServer;
  let window: Workbench;
  let configFile: string;

  before(async () => {
    simulator = await startDiscordSimulator({ identifyIntervalMs: 100 });
    server = await VSCodeServer.start({ vscode: await installVSCode({ progress: console.log }) });
    const stateRoot = path.join(server.home, ".local", "state", "palyra");
    await mkdir(stateRoot, { recursive: true });
    configFile = path.join(stateRoot, "palyra.toml");
    await writeFile(configFile, gatewayConfig(simulator.apiBase));
    window = await Workbench.open({ server, target: { extensionDevelopmentPath: PROJECT_ROOT } });
    await window.page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
    await window.openViewContainer("Palyra");
    await connectorShows(/^Token missing/);
    await window.runCommand("Palyra: Set Discord Token…");
    await quickInput(window.page, /Discord account/);
    await enter(window.page, "default");
    await quickInput(window.page, /bot token/);
    await enter(window.page, simulator.lab.bot.token);
    await connectorShows(/^Ready · @palyra/);
  });

  after(async () => {
    await window?.close();
    await server?.stop();
    await simulator?.close();
  });

  it("hold replies back, send what waits once, and let everything go on", async () => {
    await window.runCommand("Palyra: Pause Sending");
    await connectorShows(/^Sending paused/);
    await window.statusBarItem(STATUS_ITEM, /Palyra: Degraded/);
    simulator.people.write("ada", "general", "@palyra while paused");
    await connectorShows(/1 waiting/);
    assert.deepEqual(answersIn(simulator.lab.general), []);
    await window.runCommand("Palyra: Send Waiting Messages Now");
    await answered(simulator.lab.general, 1);
    await window.runCommand("Palyra: Resume Sending");
    await connectorShows(/^Ready/);
    simulator.people.write("ada", "general", "@palyra and after");
    await answered(simulator.lab.general, 2);
  });

  it("show what could not be delivered; it is sent again once that is possible, or let go after a question", async () => {
    const { world, lab } = simulator;
    const deny = Permission.SEND_MESSAGES;
    const before = answersIn(lab.general).length;
    world.setOverwrite(lab.general, { id: lab.bot.userId, type: "member", allow: 0n, deny });
    for (const text of ["@palyra to be sent again", "@palyra to be let go"]) {
      simulator.people.write("ada", "general", text);
    }
    await connectorShows(/2 undeliverable/);
    world.setOverwrite(lab.general, { id: lab.bot.userId, type: "member", allow: deny, deny: 0n });

    await window.runCommand("Palyra: Undeliverable Messages…");
    await quickInput(window.page, /Undeliverable Messages of discord:default/);
    await choose(window.page, /to be sent again/);
    await choose(window.page, /Send Again/);
    await answered(lab.general, before + 1);
    // The list stays open for the next one; leaving the question lets nothing go.
    await choose(window.page, /to be let go/);
    await choose(window.page, /Let Go…/);
    await answerDialog(window.page, /Let this message go\?/, "Cancel");
    await choose(window.page, /to be let go/);
    await choose(window.page, /Let Go…/);
    await answerDialog(window.page, /Let this message go\?/, "Let Go");
    await entryShown(window.page, /Every message was delivered/);
    await closeQuickInput();
    assert.equal(answersIn(lab.general).length, before + 1);
  });

  it("make a pairing code; who writes it is let in by the owner, until the pairing is ended", async () => {
    const direct = simulator.people.openDirect("grace", "palyra");
    await window.runCommand("Palyra: Create Pairing Code");
    const [, code = ""] = await notificationShown(window, /writes “pair (\w+)”.*Then approve the person/);
    simulator.people.write("grace", direct.id, `pair ${code}`);
    await answeredWith(direct, /owner has to confirm/);

    await window.runCommand("Palyra: Pairings…");
    await quickInput(window.page, /Pairings of discord:default/);
    await choose(window.page, /asks to be paired/);
    await choose(window.page, /Approve/);
    await entryShown(window.page, /paired, .* left/);
    simulator.people.write("grace", direct.id, "am I in?");
    await answeredWith(direct, /^am I in\?$/);

    await choose(window.page, /paired, .* left/);
    await choose(window.page, /End the Pairing…/);
    await answerDialog(window.page, /End the pairing of /, "End the Pairing");
    await entryShown(window.page, /Nobody is paired/);
    await closeQuickInput();
  });

  it("check the connector, and send a test message to the channel that is named", async () => {
    await window.runCommand("Palyra: Check Connector");
    await notificationShown(window, /discord:default is in order; it is @palyra/);
    await window.runCommand("Palyra: Send Test Message…");
    await quickInput(window.page, /Test Message with discord:default/);
    await enter(window.page, "general");
    await messageShown(window.page, /16 to 20 digits/);
    await enter(window.page, simulator.lab.general.id);
    await quickInput(window.page, /Test Message.*2\/2/);
    await enter(window.page, "a test from the editor");
    await notificationShown(window, /The test message was delivered/);
    assert.ok(answersIn(simulator.lab.general).includes("a test from the editor"));
  });

  it("switch the connector off after a question, and on again", async () => {
    await window.runCommand("Palyra: Switch Off Connector…");
    await answerDialog(window.page, /Switch off discord:default\?/, "Cancel");
    await window.runCommand("Palyra: Switch Off Connector…");
    await answerDialog(window.page, /Switch off discord:default\?/, "Switch Off");
    await connectorShows(/^Off/);
    await window.runCommand("Palyra: Switch On Connector");
    await connectorShows(/^Ready · @palyra/);
  });

  it("sign the account out with its token, and in again with another", async () => {
    await window.runCommand("Palyra: Sign Out Discord Account…");
    await choose(window.page, /default/);
    await answerDialog(window.page, /Sign out/, "Sign Out and Delete the Token");
    await notificationShown(window, /“default” is signed out; its token is deleted/);
    await connectorShows(/^Off/);
    await window.runCommand("Palyra: Sign In Discord Account…");
    await choose(window.page, /default/);
    await quickInput(window.page, /Bot Token of “default”/);
    await enter(window.page, simulator.lab.bot.token);
    await notificationShown(window, /“default” is signed in as @palyra/);
    await connectorShows(/^Ready · @palyra/);
  });

  it("remove the account after a question: its section is gone, the rest of the file stays", async () => {
    await window.runCommand("Palyra: Remove Discord Account…");
    await choose(window.page, /default/);
    await answerDialog(window.page, /Remove the Discord account “default”\?/, "Remove");
    await notificationShown(window, /“default” is removed/);
    await window.waitForTree(VIEW, "no connector", (rows) => rows.every(({ label }) => label !== CONNECTOR));
    const config = await readFile(configFile, "utf8");
    assert.match(config, /# written by hand/);
    assert.doesNotMatch(config, /channels\.discord\.default/);
  });

  /** What the bot wrote in a channel, oldest first. */
  function answersIn(channel: Channel): readonly string[] {
    const { bot } = simulator.lab;
    return channel.messages.filter(({ authorId }) => authorId === bot.userId).map(({ content }) => content);
  }

  async function answered(channel: Channel, times: number): Promise<void> {
    await waitUntil(`${times} answers`, async () => answersIn(channel).length >= times);
    assert.equal(answersIn(channel).length, times);
  }

  async function answeredWith(channel: Channel, text: RegExp): Promise<void> {
    const isThere = (): boolean => answersIn(channel).some((answer) => text.test(answer));
    await waitUntil(`the answer ${text}`, isThere).catch((error: unknown) => {
      throw new Error(`the answers are ${JSON.stringify(answersIn(channel))}`, { cause: error });
    });
  }

  /** Waits until the item of the connector says so. */
  async function connectorShows(text: RegExp): Promise<void> {
    await window.waitForTree(VIEW, `${text}`, (rows) =>
      rows.some(({ label, description }) => label === CONNECTOR && text.test(description)),
    );
  }

  async function closeQuickInput(): Promise<void> {
    await window.page.keyboard.press("Escape");
    await quickInputGone(window.page);
  }
});

function gatewayConfig(apiBase: string): string {
  return `version = 1

# written by hand
[channels.discord.default]
api_base = "${apiBase}"
inbound_scope = "open_guild_channels"
require_mention = true
direct_message_policy = "pairing"
`;
}
