import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ApplyResponse } from "../../../src/contracts/http-onboarding.ts";
import { statePaths } from "../../../src/platform/state-paths.ts";
import { EncryptedFileSecretStore } from "../../../src/supervisor/encrypted-file-secret-store.ts";
import {
  rememberSimulatedDiscord,
  reviveSimulatedDiscord,
} from "../../../src/supervisor/revive-simulated-discord.ts";
import { SimulatedDiscord, SimulatedDiscordAddress } from "../../../src/supervisor/simulated-discord.ts";
import { textBelow } from "../../support/sidecar/sidecar-process.ts";
import { TestHome } from "../../support/supervisor/control-center-host.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";

const source = (file: string): string => fileURLToPath(new URL(`../../../src/${file}`, import.meta.url));
const program = { execPath: process.execPath, bundle: source("simulator/main.ts") };

const answers = async (apiBase: string): Promise<boolean> => {
  try {
    await fetch(`${apiBase}/v10/gateway`);
    return true;
  } catch {
    // Nobody listens there any more.
    return false;
  }
};

describe("A simulated Discord to try the product with", () => {
  it("is started once, tells its address and its bot's token, and ends on request", async () => {
    const simulated = new SimulatedDiscord(program);
    try {
      const [address, again] = await Promise.all([simulated.start(), simulated.start()]);
      assert.deepEqual(again, address);
      assert.ok(await answers(address.apiBase));
      simulated.dispose();
      await waitUntil("the end of the simulator", async () => !(await answers(address.apiBase)));
    } finally {
      simulated.dispose();
    }
  });

  it("ends with the process that started it, also when that one is killed", async () => {
    const script = `
      import { SimulatedDiscord } from ${JSON.stringify(source("supervisor/simulated-discord.ts"))};
      console.log(JSON.stringify(await new SimulatedDiscord(${JSON.stringify(program)}).start()));`;
    const owner = spawn(process.execPath, ["--input-type=module", "--eval", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const line = await new Promise<string>((resolve) => {
        createInterface({ input: owner.stdout }).once("line", resolve);
      });
      const { apiBase } = SimulatedDiscordAddress.parse(JSON.parse(line));
      assert.ok(await answers(apiBase));
      owner.kill("SIGKILL");
      await waitUntil("the end of the simulator", async () => !(await answers(apiBase)));
    } finally {
      owner.kill("SIGKILL");
    }
  });

  it("says that its program is missing", async () => {
    const lost = new SimulatedDiscord({ ...program, bundle: "/nowhere/discord-sim.mjs" });
    await assert.rejects(lost.start(), { code: "config_invalid" });
  });

  it("comes back as it was, with its address, its bot and its ids, for the account that is connected to it", async () => {
    const home = await TestHome.create();
    const secrets = new EncryptedFileSecretStore(statePaths(home.stateRoot).secretsDir);
    const gateway = { execPath: process.execPath, bundle: source("gateway/main.ts") };
    const place = { stateRoot: home.stateRoot, secrets, gateway, signal: new AbortController().signal };
    const simulated = new SimulatedDiscord(program);
    const next = new SimulatedDiscord(program);
    try {
      assert.equal(await reviveSimulatedDiscord(next, place), null, "nothing was set up");
      const first = await simulated.start();
      await rememberSimulatedDiscord(home.stateRoot, first);
      assert.equal(await reviveSimulatedDiscord(next, place), null, "no account is connected to it");
      const section = `[channels.discord.simulated]\napi_base = "${first.apiBase}"\n`;
      await writeFile(statePaths(home.stateRoot).gatewayConfig, section);
      await secrets.set("global/discord_bot_token.simulated", first.botToken);
      simulated.dispose();
      assert.deepEqual(await reviveSimulatedDiscord(next, place), first);
      const asBot = {
        headers: {
          authorization: `Bot ${first.botToken}`,
          "user-agent": "DiscordBot (https://example.com, 1)",
        },
      };
      const channel = await fetch(`${first.apiBase}/v10/channels/${first.channelId}`, asBot);
      assert.equal(channel.status, 200);
      next.dispose();
      await writeFile(statePaths(home.stateRoot).gatewayConfig, `${section}enabled = false\n`);
      assert.equal(await reviveSimulatedDiscord(simulated, place), null, "the account is off");
    } finally {
      simulated.dispose();
      next.dispose();
      await home.remove();
    }
  });

  it("does not come back when whoever waits for its port has ended meanwhile", async () => {
    const home = await TestHome.create();
    const gateway = { execPath: process.execPath, bundle: source("gateway/main.ts") };
    const first = new SimulatedDiscord(program);
    const next = new SimulatedDiscord(program);
    const ended = new AbortController();
    try {
      const address = await first.start();
      await rememberSimulatedDiscord(home.stateRoot, address);
      const section = `[channels.discord.simulated]\napi_base = "${address.apiBase}"\n`;
      await writeFile(statePaths(home.stateRoot).gatewayConfig, section);
      let asked = false;
      const waiting = reviveSimulatedDiscord(next, {
        stateRoot: home.stateRoot,
        secrets: {
          get: async () => {
            asked = true;
            return address.botToken;
          },
        },
        gateway,
        signal: ended.signal,
      });
      await waitUntil("the look at the port", () => asked);
      ended.abort();
      next.dispose();
      first.dispose();
      assert.equal(await waiting, null);
      assert.equal(next.running, null);
    } finally {
      first.dispose();
      next.dispose();
      await home.remove();
    }
  });

  it("is connected through the control center, which keeps the token where its secrets live", async () => {
    const simulated = new SimulatedDiscord(program);
    const home = await TestHome.create();
    try {
      const { apiBase, botToken } = await simulated.start();
      const bundles = { gateway: source("gateway/main.ts"), browserd: source("browserd/main.ts") };
      const center = await home.open({ sidecarBundles: bundles });
      const body = { token: botToken, api_base: apiBase };
      const path = "/channels/discord/onboarding/apply";
      const applied = await waitUntil("the gateway's store", async () => {
        try {
          return await center.callGateway({ method: "POST", path, body, timeout_ms: 60_000 });
        } catch (thrown) {
          if (["not_running", "service_unavailable"].includes((thrown as { code?: string }).code ?? ""))
            return null;
          throw thrown;
        }
      });
      assert.equal(ApplyResponse.parse(applied).connector?.liveness, "running");
      const store = new EncryptedFileSecretStore(statePaths(home.stateRoot).secretsDir);
      assert.equal(await store.get("global/discord_bot_token"), botToken);
      assert.ok(!(await textBelow(home.stateRoot)).includes(botToken));
      const remove = { account_id: "default", confirm: true };
      await center.callGateway({
        method: "POST",
        path: "/channels/discord/accounts/remove",
        body: remove,
        timeout_ms: 60_000,
      });
      assert.equal(await store.get("global/discord_bot_token"), undefined);
      await center.stop();
    } finally {
      simulated.dispose();
      await home.remove();
    }
  }).timeout(60_000);
});
