import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { type DiscordSimulator, startDiscordSimulator } from "../../../src/simulator/discord-simulator.ts";
import { DoctorScene } from "../../support/supervisor/doctor-scene.ts";

describe("The doctor and Discord", () => {
  let scene: DoctorScene;
  let discord: DiscordSimulator;
  beforeEach(async () => {
    scene = await DoctorScene.create();
    discord = await startDiscordSimulator();
    const config = `[channels.discord.default]\napi_base = "${discord.apiBase}"\n`;
    await writeFile(scene.paths.gatewayConfig, config);
  });
  afterEach(async () => {
    await discord.close();
    await scene.remove();
  });

  it("says whose token Discord takes and how many session starts are left, without starting one", async () => {
    await scene.secrets.set("global/discord_bot_token", discord.lab.bot.token);
    const found = await scene.finds("discord");
    assert.equal(found.status, "ok", found.evidence);
    assert.match(
      found.evidence,
      /^default: Discord takes the token of \S+ and lets it read messages\. 1000 of 1000/,
    );
    assert.equal(discord.gatewayLog.length, 0);
    assert.equal((await scene.finds("clock")).status, "ok");
    assert.match((await scene.finds("clock")).evidence, /agrees with Discord's/);
  });

  it("names a token that Discord refuses, and never shows it", async () => {
    const wrong = "a-token-that-was-replaced-long-ago";
    await scene.secrets.set("global/discord_bot_token", wrong);
    const found = await scene.finds("discord");
    assert.equal(found.status, "failed");
    assert.match(found.evidence, /^default: Discord refuses the bot token/);
    assert.equal(found.remedy?.command, "palyra.setDiscordToken");
    assert.ok(!JSON.stringify(found).includes(wrong));
  });
});
