import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { Client, Events, GatewayIntentBits, MessageFlags } from "discord.js";
import { type DiscordSimulator, startDiscordSimulator } from "../../../src/simulator/discord-simulator.ts";

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function say(...args: string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["scripts/say.ts", ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    let err = "";
    child.stdout.on("data", (chunk) => {
      out += String(chunk);
    });
    child.stderr.on("data", (chunk) => {
      err += String(chunk);
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, out, err }));
  });
}

describe("npm run say", function () {
  this.timeout(20_000);
  let sim: DiscordSimulator;
  let client: Client | undefined;

  beforeEach(async () => {
    sim = await startDiscordSimulator({ rateLimits: "off" });
  });
  afterEach(async () => {
    await client?.destroy();
    client = undefined;
    await sim.close();
  });

  async function startEchoBot(): Promise<void> {
    const bot = new Client({
      intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.MessageContent],
      rest: { api: sim.apiBase },
    });
    client = bot;
    let answered = 0;
    bot.on(Events.MessageCreate, (message) => {
      if (bot.user && !message.author.bot && message.mentions.has(bot.user)) {
        answered += 1;
        void message.reply(`echo ${answered}`);
      }
    });
    const ready = new Promise((resolve) => bot.once(Events.ClientReady, resolve));
    await bot.login(sim.lab.bot.token);
    await ready;
  }

  it("prints the bot's reply", async () => {
    await startEchoBot();
    const { code, out, err } = await say("@palyra hello", "--url", sim.webUrl);
    assert.deepEqual({ code, out, err }, { code: 0, out: "echo 1\n", err: "" });
    assert.equal(sim.lab.general.messages[0]?.content, `<@${sim.lab.bot.userId}> hello`);
  });

  it("writes as often as asked, waiting for each reply", async () => {
    await startEchoBot();
    const { out } = await say(
      "@palyra hello",
      "--count",
      "5",
      "--as",
      "grace",
      "--channel",
      "random",
      "--url",
      sim.webUrl,
    );
    assert.equal(out, "echo 1\necho 2\necho 3\necho 4\necho 5\n");
  });

  it("uses a slash command the bot has, and prints the answer once it is made, though only its sender sees it", async () => {
    await startEchoBot();
    await client?.application?.commands.set([{ name: "whoami", description: "Says who you are" }]);
    client?.on(Events.InteractionCreate, async (interaction) => {
      if (!interaction.isChatInputCommand()) return;
      await interaction.deferReply({ flags: MessageFlags.Ephemeral });
      await interaction.editReply(`You are ${interaction.user.username}`);
    });
    const { code, out, err } = await say("/whoami", "--as", "Grace", "--count", "2", "--url", sim.webUrl);
    assert.deepEqual({ code, out, err }, { code: 0, out: "You are grace\nYou are grace\n", err: "" });
    assert.equal(sim.lab.general.messages[0]?.onlyForUserId, sim.lab.people.grace.id);
  });

  it("writes a text with a slash that is no command as a message", async () => {
    await startEchoBot();
    const { out } = await say("/whoami @palyra", "--url", sim.webUrl);
    assert.equal(out, "echo 1\n");
  });

  it("fails with a next step when the bot does not answer", async () => {
    const { code, out, err } = await say("@palyra hello", "--timeout", "0.3", "--url", sim.webUrl);
    assert.equal(code, 1);
    assert.equal(out, "");
    assert.match(err, /No reply within 0.3 s\. Check that the gateway is running/);
  });

  it("fails with a next step when no simulator runs there", async () => {
    const { webUrl } = sim;
    await sim.close();
    const { code, err } = await say("hello", "--url", webUrl);
    assert.equal(code, 1);
    assert.match(err, /npm start/);
    sim = await startDiscordSimulator();
  });

  it("names the person it does not know", async () => {
    const { code, err } = await say("hello", "--as", "nobody", "--url", sim.webUrl);
    assert.equal(code, 1);
    assert.match(err, /There is nobody called "nobody" here\./);
  });

  it("ends at once with the name of the channel it does not know", async () => {
    const { code, err } = await say("hello", "--channel", "nowhere", "--url", sim.webUrl);
    assert.equal(code, 1);
    assert.match(err, /There is no channel called "nowhere" here\./);
  });
});
