import assert from "node:assert/strict";
import {
  AccountLoginResponse,
  AccountLogoutResponse,
  AccountRemoveResponse,
  AccountsResponse,
  GuildChannelsResponse,
  GuildsResponse,
  VerifyResponse,
} from "../../../src/contracts/http-onboarding.ts";
import { ChannelKind } from "../../../src/simulator/world/model.ts";
import { Permission } from "../../../src/simulator/world/permissions.ts";
import { defaultRef, OnboardingScene } from "../../support/sidecar/onboarding-scene.ts";
import { textBelow } from "../../support/sidecar/sidecar-process.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";

describe("Setting up a Discord account", () => {
  let scene: OnboardingScene;
  before(async () => {
    scene = await OnboardingScene.open();
  });
  after(() => scene.close());

  it("begins with a look at everything that has to be right, and changes nothing", async () => {
    const { general } = scene.simulator.lab;
    const found = await scene.probe({ verify_channel_id: general.id });
    assert.deepEqual(
      found.checks.map(({ id, status }) => [id, status]),
      [
        ["token", "ok"],
        ["account_unique", "ok"],
        ["application", "ok"],
        ["message_content_intent", "ok"],
        ["guild_members_intent", "ok"],
        ["gateway", "ok"],
        ["session_starts", "ok"],
        ["servers", "ok"],
        ["channel", "ok"],
      ],
    );
    assert.equal(found.ready, true);
    assert.deepEqual(
      [found.bot?.username, found.is_configured, found.token_source],
      ["palyra", false, "typed"],
    );
    assert.deepEqual(found.application?.intents, {
      message_content: "limited",
      guild_members: "disabled",
      presence: "disabled",
    });
    const invite = new URL(found.invite_url ?? "");
    assert.equal(invite.searchParams.get("permissions"), "274878024704");
    assert.equal(invite.searchParams.get("client_id"), scene.simulator.lab.bot.applicationId);
    assert.deepEqual(found.channel?.missing, []);
    assert.equal(await scene.config(), null);
    assert.deepEqual(scene.secrets, {});
    assert.equal(scene.simulator.counts.identifies, 0);
  });

  it("shows who would be answered under the wished rules", async () => {
    const { general, people } = scene.simulator.lab;
    const answered = async (plan: object) => {
      const { routing_preview: examples } = await scene.probe({ plan, verify_channel_id: general.id });
      return Object.fromEntries(
        examples.map(({ example, answered, reason }) => [example, answered || reason]),
      );
    };
    assert.deepEqual(await answered({}), {
      "Somebody writes the bot a direct message.": "direct_message_pairing_required",
      "Somebody who is paired writes a direct message.": true,
      "Somebody mentions the bot in #general.": "outside_inbound_scope",
      "Somebody writes in #general without mentioning the bot.": "outside_inbound_scope",
      "Somebody mentions the bot in another channel.": "outside_inbound_scope",
      "Somebody in #general mentions the bot and asks for an answer to everybody.": "outside_inbound_scope",
    });
    const chosen = await answered({
      inbound_scope: "allowlisted_guild_channels",
      allowed_channels: [general.id],
      deny_from: [people.linus.id],
      direct_message_policy: "deny",
    });
    assert.equal(chosen["Somebody mentions the bot in #general."], true);
    assert.equal(chosen["Somebody mentions the bot in another channel."], "conversation_not_allowlisted");
    assert.equal(
      chosen["Somebody writes in #general without mentioning the bot."],
      "no_matching_mention_or_dm_policy",
    );
    assert.equal(
      chosen[`${people.linus.id}, who is in deny_from, mentions the bot in #general.`],
      "sender_denied",
    );
    const { warnings } = await scene.probe({ plan: { inbound_scope: "open_guild_channels" } });
    assert.match(warnings.join(" "), /has to be confirmed/);
  });

  it("offers the servers and channels the bot sees, with what it may do in each", async () => {
    const { world, lab } = scene.simulator;
    const category = world.addChannel(lab.guild.id, { kind: ChannelKind.category, name: "work" });
    const secret = world.addChannel(lab.guild.id, {
      kind: ChannelKind.text,
      name: "secret",
      parentId: category.id,
      overwrites: [{ id: lab.guild.id, type: "role", allow: 0n, deny: Permission.VIEW_CHANNEL }],
    });
    const quiet = world.addChannel(lab.guild.id, {
      kind: ChannelKind.text,
      name: "quiet",
      overwrites: [{ id: lab.bot.userId, type: "member", allow: 0n, deny: Permission.ATTACH_FILES }],
    });
    const guilds = GuildsResponse.parse(await scene.done("onboarding/guilds", scene.wish({})));
    assert.deepEqual(guilds, {
      guilds: [{ guild_id: lab.guild.id, name: "Palyra Lab" }],
      next_after: null,
    });
    const page = async (more: object) => {
      const asked = scene.wish({ guild_id: lab.guild.id, limit: 2, ...more });
      return GuildChannelsResponse.parse(await scene.done("onboarding/guild-channels", asked));
    };
    const first = await page({});
    assert.deepEqual(
      first.channels.map(({ name }) => name),
      ["general", "random"],
    );
    assert.equal(first.next_after, lab.random.id);
    const second = await page({ after: first.next_after });
    assert.deepEqual(
      second.channels.map(({ channel_id, category, missing }) => [channel_id, category, missing]),
      [
        [quiet.id, null, ["Attach Files"]],
        [
          secret.id,
          "work",
          [
            "View Channels",
            "Send Messages",
            "Read Message History",
            "Embed Links",
            "Attach Files",
            "Send Messages in Threads",
          ],
        ],
      ],
    );
    assert.equal(second.next_after, null);
  });

  it("stores the token, writes the section, and is done when the bot is connected", async () => {
    await scene.configure("# mine\nversion = 1 # keep this\n\n[router]\nmax_message_bytes = 1000\n");
    const { general } = scene.simulator.lab;
    const applied = await scene.apply({
      token: ` Bot ${scene.token}\n`,
      plan: { inbound_scope: "allowlisted_guild_channels", allowed_channels: [general.id] },
    });
    assert.deepEqual(applied.applied, {
      changed: true,
      token_stored: true,
      config_path: scene.configFile,
      config_created: false,
      config_changed: true,
    });
    assert.deepEqual([applied.connector?.liveness, applied.connector?.identity], ["running", "palyra"]);
    assert.deepEqual(scene.secrets, { [defaultRef]: scene.token });
    const config = (await scene.config()) ?? "";
    assert.match(config, /^# mine\nversion = 1 # keep this\n\n\[router\]\nmax_message_bytes = 1000\n/);
    assert.match(config, /\[channels\.discord\.default\]/);
    assert.match(config, new RegExp(`allowed_channels = \\[ ?"${general.id}" ?\\]`));
    assert.ok(!(await textBelow(scene.root)).includes(scene.token));
    assert.equal(scene.gateway.isRunning, true);
  });

  it("a second time finds that all is done, and leaves everything alone", async () => {
    const before = await scene.config();
    const { identifies } = scene.simulator.counts;
    const { general } = scene.simulator.lab;
    const again = await scene.apply({
      plan: { inbound_scope: "allowlisted_guild_channels", allowed_channels: [general.id] },
    });
    assert.equal(again.applied.changed, false);
    assert.equal(await scene.config(), before);
    assert.equal(scene.simulator.counts.identifies, identifies);
  });

  it("with other rules keeps what the wish does not name, and the connection", async () => {
    const { identifies } = scene.simulator.counts;
    await scene.configure(`${await scene.config()}auto_reaction = "👀"\n`);
    const { token: _, ...stored } = scene.wish({ plan: { require_mention: true, concurrency_limit: 3 } });
    await scene.done("onboarding/apply", stored);
    const config = (await scene.config()) ?? "";
    assert.match(config, /auto_reaction = "👀"/);
    assert.match(config, /concurrency_limit = 3/);
    assert.match(config, /inbound_scope = "allowlisted_guild_channels"/);
    assert.equal(scene.simulator.counts.identifies, identifies);
  });

  it("ends with the first message to the bot, also when it was written before anybody waited", async () => {
    const { general } = scene.simulator.lab;
    const { people } = scene.simulator;
    people.write("ada", "general", "just chatting");
    people.write("ada", "random", "@palyra not here");
    people.write("ada", "general", "@palyra hello");
    const { messages } = people.findChannel("general");
    await waitUntil("the answer", () => messages.some(({ content }) => content === "hello"));
    const wait = { channel_id: general.id, timeout_ms: 20_000 };
    const answer = VerifyResponse.parse(await scene.done("onboarding/verify", wait));
    assert.equal(answer.outcome, "answered");
    assert.equal(answer.heard?.reason, "routed");
    assert.equal(answer.heard?.sender_display, "Ada");
    assert.match(answer.message, /heard Ada and answers/);
  });

  it("says why a message that was heard is not answered, and that nobody wrote", async () => {
    const { general } = scene.simulator.lab;
    const quiet = { channel_id: general.id, timeout_ms: 1_000 };
    const nothing = VerifyResponse.parse(await scene.done("onboarding/verify", quiet));
    assert.deepEqual([nothing.outcome, nothing.heard], ["nothing_heard", null]);
    const direct = scene.simulator.world.directChannel(
      scene.simulator.lab.people.grace.id,
      scene.simulator.lab.bot.userId,
    );
    const waiting = scene.done("onboarding/verify", { channel_id: direct.id, timeout_ms: 20_000 });
    scene.simulator.people.write("grace", direct.id, "hello?");
    const answer = VerifyResponse.parse(await waiting);
    assert.deepEqual(
      [answer.outcome, answer.heard?.reason, answer.heard?.is_direct_message],
      ["not_answered", "direct_message_pairing_required", true],
    );
    assert.match(answer.next_step ?? "", /pairing code/);
  });
});

describe("A Discord account that is set up", () => {
  let scene: OnboardingScene;
  before(async () => {
    scene = await OnboardingScene.open();
    await scene.configure("# kept\n[router]\nenabled = true\n");
    await scene.apply();
  });
  after(() => scene.close());

  const accounts = async () => {
    const response = await scene.request("GET", "/channels/discord/accounts");
    return AccountsResponse.parse(await response.json()).accounts.map((one) => [
      one.account_id,
      one.enabled,
      one.has_credential,
    ]);
  };

  it("is logged out and keeps its token and its settings, and is logged in again without the token", async () => {
    const out = AccountLogoutResponse.parse(await scene.done("accounts/logout", {}));
    assert.deepEqual(
      [out.credential_deleted, out.connector?.enabled, out.connector?.liveness],
      [false, false, "stopped"],
    );
    assert.deepEqual(await accounts(), [["default", false, true]]);
    await waitUntil(
      "the bot to leave",
      () => !scene.simulator.gateway.isOnline(scene.simulator.lab.bot.userId),
    );
    const back = AccountLoginResponse.parse(await scene.done("accounts/login", {}));
    assert.deepEqual(
      [back.bot.username, back.token_stored, back.connector?.liveness],
      ["palyra", false, "running"],
    );
    assert.deepEqual(await accounts(), [["default", true, true]]);
  });

  it("is logged out with its token on request, and then needs one", async () => {
    const out = AccountLogoutResponse.parse(await scene.done("accounts/logout", { delete_credential: true }));
    assert.equal(out.credential_deleted, true);
    assert.deepEqual(scene.secrets, {});
    const { code, error } = await scene.refusal("accounts/login", {});
    assert.deepEqual([code, error], ["secret_missing", "No bot token is stored for the account “default”."]);
    assert.deepEqual(await accounts(), [["default", false, false]]);
    const back = AccountLoginResponse.parse(await scene.done("accounts/login", { token: scene.token }));
    assert.equal(back.token_stored, true);
  });

  it("lives beside another one, and two of them never share a bot", async () => {
    const before = await scene.config();
    const shared = await scene.refusal("onboarding/apply", scene.wish({ account_id: "second" }));
    assert.deepEqual([shared.code, shared.error], ["conflict", "The account “default” uses the same bot."]);
    assert.equal(await scene.config(), before);
    assert.deepEqual(Object.keys(scene.secrets), [defaultRef]);
    const { token } = scene.addBot("helper");
    const both = await Promise.all([
      scene.apply({ account_id: "second", token }),
      scene.apply({ plan: { concurrency_limit: 5 } }),
    ]);
    assert.deepEqual(
      both.map(({ connector }) => connector?.identity),
      ["helper", "palyra"],
    );
    assert.equal(scene.secrets[`${defaultRef}.second`], token);
    assert.deepEqual(await accounts(), [
      ["default", true, true],
      ["second", true, true],
    ]);
  });

  it("is removed with its section, its token and its queue; the rest of the file stays", async () => {
    const removed = AccountRemoveResponse.parse(
      await scene.done("accounts/remove", { account_id: "second", confirm: true }),
    );
    assert.equal(removed.credential_deleted, true);
    assert.deepEqual([removed.queue_before?.pending_outbox, removed.queue_before?.inbox_pending], [0, 0]);
    assert.deepEqual(Object.keys(scene.secrets), [defaultRef]);
    const config = (await scene.config()) ?? "";
    assert.ok(config.startsWith("# kept\n[router]\nenabled = true\n"));
    assert.ok(!config.includes("second"));
    assert.deepEqual(await accounts(), [["default", true, true]]);
    await scene.waitFor(undefined, "second");
    assert.equal(
      (await scene.refusal("accounts/remove", { account_id: "second", confirm: true })).code,
      "not_found",
    );
    assert.equal(
      (await scene.refusal("accounts/remove", { account_id: "default" })).code,
      "validation_error",
    );
  });
});
