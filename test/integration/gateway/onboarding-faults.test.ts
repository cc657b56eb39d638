import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ErrorEnvelope } from "../../../src/contracts/errors.ts";
import type { ApplyRequest, CheckId } from "../../../src/contracts/http-onboarding.ts";
import { Permission } from "../../../src/simulator/world/permissions.ts";
import { defaultRef, OnboardingScene } from "../../support/sidecar/onboarding-scene.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";

const userFile =
  "# the user's own file\n\n[router]\n  enabled   = true # spaced oddly\nmax_message_bytes=2000\n";

describe("Setting up a Discord account that goes wrong", () => {
  let scene: OnboardingScene;
  beforeEach(async () => {
    scene = await OnboardingScene.open();
    await scene.configure(userFile);
  });
  afterEach(() => scene.close());

  /** What must be as before: the file byte by byte, the secrets, and that no account is there. */
  const assertUntouched = async (secrets: Record<string, string> = {}): Promise<void> => {
    assert.equal(await scene.config(), userFile);
    assert.deepEqual(scene.secrets, secrets);
    await scene.waitFor(undefined);
    assert.equal(scene.simulator.gateway.isOnline(scene.simulator.lab.bot.userId), false);
  };
  /** The wish fails with the code and leaves nothing behind. */
  const fails = async (
    code: string,
    message: RegExp,
    asked: Partial<ApplyRequest> = {},
  ): Promise<ErrorEnvelope> => {
    const refusal = await scene.refusal("onboarding/apply", scene.wish({ timeout_ms: 1_000, ...asked }));
    assert.equal(refusal.code, code, refusal.error);
    assert.match(refusal.error, message);
    assert.ok(refusal.next_step.length > 10);
    assert.ok(!JSON.stringify(refusal).includes(scene.token));
    await assertUntouched();
    return refusal;
  };
  const works = async (asked: Partial<ApplyRequest> = {}): Promise<void> => {
    const applied = await scene.apply(asked);
    assert.equal(applied.connector?.liveness, "running");
    assert.ok((await scene.config())?.startsWith(userFile));
    assert.deepEqual(scene.secrets, { [defaultRef]: scene.token });
  };
  const check = async (id: CheckId, asked: object = {}) => {
    const { checks, ready } = await scene.probe(asked);
    return { ready, status: checks.find((one) => one.id === id)?.status };
  };

  it("tells a token that Discord refuses, and works with the right one", async () => {
    const wrong = { token: "MTIz.wrong.token-of-nobody" };
    assert.deepEqual(await check("token", wrong), { ready: false, status: "failed" });
    await fails("discord_auth_failed", /refused the bot token/, wrong);
    const blank = await scene.refusal("onboarding/apply", scene.wish({ token: "two words" }));
    assert.equal(blank.code, "validation_error");
    await works();
  });

  it("tells that the Message Content intent is off before it tries, and works when it is on", async () => {
    const { privilegedIntents } = scene.simulator.lab.bot;
    privilegedIntents.messageContent = false;
    assert.deepEqual(await check("message_content_intent"), { ready: false, status: "failed" });
    const { next_step } = await fails("discord_intents_refused", /Message Content intent is off/);
    assert.match(next_step, /developer portal/);
    assert.equal(scene.simulator.counts.identifies, 0);
    privilegedIntents.messageContent = true;
    await works();
  });

  it("names the permissions the bot lacks in the chosen channel, and works when it has them", async () => {
    const { world, lab } = scene.simulator;
    const asked = { verify_channel_id: lab.general.id };
    const deny = Permission.SEND_MESSAGES | Permission.ATTACH_FILES;
    world.setOverwrite(lab.general, { id: lab.bot.userId, type: "member", allow: 0n, deny });
    assert.deepEqual(await check("channel", asked), { ready: false, status: "failed" });
    await fails("failed_precondition", /lacks in #general: Send Messages/, asked);
    world.setOverwrite(lab.general, { id: lab.bot.userId, type: "member", allow: deny, deny: 0n });
    await works(asked);
  });

  it("tells that a channel is not there for the bot, and works with another one", async () => {
    const asked = { verify_channel_id: "1573888945341599999" };
    assert.deepEqual(await check("channel", asked), { ready: false, status: "failed" });
    await fails("failed_precondition", /does not know this channel. \(1573888945341599999\)/, asked);
    await works({ verify_channel_id: scene.simulator.lab.general.id });
  });

  it("tells that the gateway cannot be reached although the API can, and works when it can", async () => {
    scene.simulator.faults.refuseGateway = true;
    assert.deepEqual(await check("gateway"), { ready: false, status: "failed" });
    await fails("discord_unreachable", /gateway of Discord cannot be reached/);
    scene.simulator.faults.refuseGateway = false;
    await works();
  });

  it("tells how long Discord asks to wait, and works after that", async () => {
    scene.simulator.faults.add({ kind: "rateLimit", pathIncludes: "/users/@me", retryAfterSeconds: 30 });
    assert.deepEqual(await check("token"), { ready: false, status: "unknown" });
    const { next_step, retryable } = await fails("rate_limited", /asks to wait 30 s/);
    assert.deepEqual([next_step, retryable], ["Wait 30 s, then try again.", true]);
    scene.simulator.faults.clear();
    await works();
  });

  it("takes everything back when the network goes after the token was stored, and works when it is back", async () => {
    scene.onSecret = () => {
      scene.simulator.faults.refuseGateway = true;
      return null;
    };
    const { error } = await fails("discord_unreachable", /not connected within 1 s/);
    assert.match(error, /Everything is as it was before\.$/);
    scene.onSecret = () => null;
    scene.simulator.faults.clear();
    await works();
  });

  it("takes everything back when it is cancelled while the bot connects, and works again", async () => {
    const cancelled = new AbortController();
    scene.onSecret = () => {
      scene.simulator.faults.refuseGateway = true;
      return null;
    };
    const request = scene.post("onboarding/apply", scene.wish({ timeout_ms: 60_000 }), cancelled.signal);
    await waitUntil("the section in the file", async () =>
      (await scene.config())?.includes("channels.discord"),
    );
    cancelled.abort();
    await assert.rejects(request);
    await waitUntil("the file as before", async () => (await scene.config()) === userFile);
    await waitUntil("no token", () => Object.keys(scene.secrets).length === 0);
    await assertUntouched();
    scene.onSecret = () => null;
    scene.simulator.faults.clear();
    await works();
  });

  it("says so when something else answers in Discord's place, now or after the bot's name", async () => {
    const user = { id: "1100000000000000001", username: "palyra" };
    const long = "x".repeat(100_000);
    for (const me of [{}, { ...user, id: "1&scope=x" }, { ...user, username: long }, user]) {
      const server = createServer((request, response) => {
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify(request.url?.endsWith("/users/@me") ? me : {}));
      }).listen(0, "127.0.0.1");
      await once(server, "listening");
      try {
        const api_base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
        await fails("discord_unreachable", /not Discord's API/, { api_base });
      } finally {
        server.closeAllConnections();
        server.close();
      }
    }
  });

  it("does nothing when it is cancelled while it waits for another one", async () => {
    const cancelled = new AbortController();
    scene.onSecret = () => {
      scene.simulator.faults.refuseGateway = true;
      return null;
    };
    const first = scene.post("onboarding/apply", scene.wish({ timeout_ms: 1_000 }));
    await waitUntil("the section in the file", async () =>
      (await scene.config())?.includes("channels.discord"),
    );
    const second = scene.post("onboarding/apply", scene.wish({ account_id: "second" }), cancelled.signal);
    cancelled.abort();
    await assert.rejects(second);
    assert.notEqual((await first).status, 200);
    scene.onSecret = () => null;
    scene.simulator.faults.clear();
    await works();
    assert.ok(!(await scene.config())?.includes("second"));
  });

  it("refuses a second account with the bot of the first, whether by token or by its own id", async () => {
    await works();
    const before = await scene.config();
    const asked = scene.wish({ account_id: "second" });
    const refusal = await scene.refusal("onboarding/apply", asked);
    assert.deepEqual([refusal.code, refusal.error], ["conflict", "The account “default” uses the same bot."]);
    assert.equal(await scene.config(), before);
    assert.deepEqual(Object.keys(scene.secrets), [defaultRef]);
    const { token } = scene.addBot("helper");
    await scene.apply({ account_id: "second", token });
  });

  it("takes the token back when the file cannot be written, and works when it can", async () => {
    await mkdir(`${scene.configFile}.bak`);
    const { code, error } = await scene.refusal("onboarding/apply", scene.wish({}));
    assert.deepEqual(
      [code, /Everything is as it was before\.$/.test(error)],
      ["storage_failed", true],
      error,
    );
    await assertUntouched();
    await rm(`${scene.configFile}.bak`, { recursive: true });
    await works();
  });

  it("changes nothing when the token cannot be kept, and says where it can", async () => {
    scene.onSecret = () => ({
      code: "secrets_elsewhere",
      message: "The secrets of this state folder are kept by VS Code.",
      next_step: "Open VS Code with Palyra; it holds the secrets.",
    });
    await fails("secrets_elsewhere", /kept by VS Code/);
    scene.onSecret = () => null;
    await works();
  });

  it("keeps what somebody else writes into the file meanwhile", async () => {
    scene.onSecret = () => {
      scene.simulator.faults.refuseGateway = true;
      return null;
    };
    const request = scene.post("onboarding/apply", scene.wish({ timeout_ms: 1_000 }));
    await waitUntil("the section in the file", async () =>
      (await scene.config())?.includes("channels.discord"),
    );
    await writeFile(scene.configFile, `# added meanwhile\n${await scene.config()}`);
    assert.notEqual((await request).status, 200);
    assert.equal(await scene.config(), `# added meanwhile\n${userFile}`);
    assert.deepEqual(scene.secrets, {});
  });

  it("leaves an account that works connected with its old token and settings", async () => {
    await works();
    const before = await scene.config();
    const { token } = scene.addBot("helper");
    scene.onSecret = ({ value }) => {
      scene.simulator.faults.refuseGateway = value === token;
      return null;
    };
    const refusal = await scene.refusal(
      "onboarding/apply",
      scene.wish({ token, timeout_ms: 1_000, plan: { concurrency_limit: 7 } }),
    );
    assert.match(refusal.error, /Everything is as it was before\.$/);
    assert.equal(await scene.config(), before);
    assert.deepEqual(scene.secrets, { [defaultRef]: scene.token });
    await waitUntil("the old bot", () => scene.simulator.gateway.isOnline(scene.simulator.lab.bot.userId));
    await scene.waitFor("running");
    assert.equal(scene.connector()?.identity, "palyra");
  });

  it("wants an open scope to be confirmed, and a file that is not broken", async () => {
    const plan = { inbound_scope: "open_guild_channels" } as const;
    await fails("validation_error", /has to be confirmed/, { plan });
    await scene.configure("[router\n");
    const broken = await scene.refusal("onboarding/apply", scene.wish({}));
    assert.equal(broken.code, "config_invalid");
    assert.equal(await scene.config(), "[router\n");
    assert.deepEqual(scene.secrets, {});
    await scene.configure(userFile);
    await works({ plan, confirm_open_guild_channels: true });
  });
});
