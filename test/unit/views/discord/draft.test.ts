import assert from "node:assert/strict";
import fc from "fast-check";
import { OnboardingPlan } from "../../../../src/contracts/http-onboarding.ts";
import type { Account, Channel, Preflight } from "../../../../src/views/discord/discord-desk.ts";
import { canAnswerIn, channelEntries, checkEntries } from "../../../../src/views/discord/discord-entries.ts";
import {
  bareToken,
  type Choices,
  credentialOf,
  type DiscordDraft,
  entriesOf,
  freeAccountName,
  newDraft,
  peopleFault,
  planOf,
  tokenFault,
  withPreflight,
} from "../../../../src/views/discord/draft.ts";

const guild = { guild_id: "100000000000000001", name: "Lab" };
const permissions = {
  view_channels: true,
  send_messages: true,
  read_message_history: true,
  embed_links: true,
  attach_files: true,
  send_messages_in_threads: true,
};
const channel: Channel = {
  channel_id: "200000000000000001",
  guild_id: guild.guild_id,
  name: "general",
  kind: "text",
  category: null,
  permissions,
  missing: [],
};
const preflight: Preflight = {
  account_id: "default",
  connector_id: "discord:default",
  is_configured: false,
  token_source: "typed",
  ready: true,
  checks: [],
  bot: { id: "1", username: "palyra" },
  application: null,
  invite_url: null,
  required_permissions: [],
  session_starts: null,
  channel: null,
  planned: {},
  warnings: [],
  policy_warnings: [],
  routing_preview: [],
};

function account(account_id: string): Account {
  return {
    account_id,
    connector_id: `discord:${account_id}`,
    enabled: true,
    api_base: "https://discord.com/api",
    has_credential: true,
    connector: null,
  };
}

function draft(choices: Partial<Choices> = {}, changes: Partial<DiscordDraft> = {}): DiscordDraft {
  const empty = newDraft([], "default");
  return { ...empty, guild, channel, preflight, ...changes, choices: { ...empty.choices, ...choices } };
}

describe("What the dialogue Connect Discord makes of the answers", () => {
  it("answers in the chosen channel only, on a mention, and people who are paired", () => {
    assert.deepEqual(planOf(draft()), {
      inbound_scope: "allowlisted_guild_channels",
      allowed_channels: [channel.channel_id],
      require_mention: true,
      mention_patterns: [],
      direct_message_policy: "pairing",
      allow_from: [],
      deny_from: [],
    });
  });

  it("says nothing of channels and mentions when no server is wanted", () => {
    const plan = planOf(draft({ reach: "everywhere" }, { guild: null, channel: null }));
    assert.deepEqual(Object.keys(plan).sort(), [
      "allow_from",
      "deny_from",
      "direct_message_policy",
      "inbound_scope",
    ]);
    assert.equal(plan.inbound_scope, "dm_only");
  });

  it("opens the chosen server and no other, unless every server is meant", () => {
    const one = planOf(draft({ reach: "server" }));
    assert.deepEqual([one.inbound_scope, one.allowed_guilds], ["open_guild_channels", [guild.guild_id]]);
    assert.deepEqual(planOf(draft({ reach: "everywhere" })).allowed_guilds, []);
  });

  it("begins with the rules an account has already, and keeps its channels", () => {
    const other = "200000000000000009";
    const planned = {
      inbound_scope: "allowlisted_guild_channels",
      allowed_channels: [other],
      require_mention: false,
      direct_message_policy: "allow",
      deny_from: ["300000000000000001"],
    } as const;
    const configured = {
      ...preflight,
      is_configured: true,
      planned: { ...planned, allowed_channels: [other], deny_from: ["300000000000000001"] },
    };
    const plan = planOf(withPreflight(draft({}, { preflight: null }), configured));
    assert.deepEqual(plan.allowed_channels, [other, channel.channel_id]);
    assert.deepEqual(
      [plan.require_mention, plan.direct_message_policy, plan.deny_from],
      [false, "allow", ["300000000000000001"]],
    );
  });

  it("keeps what was chosen when the checks are made a second time", () => {
    const chosen = draft({ reach: "server", allow: "300000000000000001" });
    assert.deepEqual(withPreflight(chosen, { ...preflight, is_configured: true }).choices, chosen.choices);
  });

  it("makes of all answers a plan the gateway takes", () => {
    const id = fc.integer({ min: 0, max: 9 }).map((digit) => `30000000000000000${digit}`);
    const list = fc.array(id, { maxLength: 4 }).map((ids) => ids.join(", "));
    const choices = fc.record({
      reach: fc.constantFrom("direct", "channel", "server", "everywhere"),
      calling: fc.constantFrom("mention", "words", "every"),
      words: fc.constantFrom("hey palyra", "a, b", ""),
      directMessages: fc.constantFrom("deny", "pairing", "allow"),
      allow: list,
      deny: list,
    });
    fc.assert(
      fc.property(choices, fc.boolean(), (given, withServer) => {
        const place = withServer ? {} : { guild: null, channel: null };
        OnboardingPlan.parse(planOf(draft(given as Choices, place)));
      }),
    );
  });

  it("takes ids of people and roles, and no names, which anybody can take", () => {
    assert.equal(peopleFault("300000000000000001, <@300000000000000002>, <@&300000000000000003>"), null);
    assert.equal(peopleFault("discord:role:300000000000000003"), null);
    assert.equal(peopleFault(""), null);
    assert.match(peopleFault("300000000000000001, ada") ?? "", /“ada” is not an id/);
    assert.deepEqual(entriesOf(" a,b ;\n a "), ["a", "b"]);
  });

  it("takes a token as people copy it, and refuses what can be none", () => {
    assert.equal(bareToken("  Bot abcdefghijklmnopqrstuvwxyz \n"), "abcdefghijklmnopqrstuvwxyz");
    assert.equal(tokenFault("Bot abcdefghijklmnopqrstuvwxyz"), null);
    assert.match(tokenFault("too short") ?? "", /at least 20/);
  });

  it("sends a token only when one was typed, and an address only for a Discord of one's own", () => {
    assert.deepEqual(credentialOf(draft()), { account_id: "default" });
    assert.deepEqual(credentialOf(draft({}, { token: "T", apiBase: "http://127.0.0.1:1/api" })), {
      account_id: "default",
      token: "T",
      api_base: "http://127.0.0.1:1/api",
    });
  });

  it("proposes a name that no account has", () => {
    assert.equal(freeAccountName([]), "default");
    assert.equal(freeAccountName([account("default"), account("account-2")]), "account-3");
  });
});

describe("What the dialogue Connect Discord shows", () => {
  it("puts channels last in which the bot cannot answer, with what it lacks", () => {
    const deaf: Channel = {
      ...channel,
      channel_id: "2",
      name: "secret",
      permissions: { ...permissions, send_messages: false },
      missing: ["Send Messages"],
    };
    assert.deepEqual([canAnswerIn(channel), canAnswerIn(deaf)], [true, false]);
    const entries = channelEntries([deaf, channel]);
    assert.deepEqual(
      entries.map(({ label, detail }) => [label, detail]),
      [
        ["$(comment) #general", undefined],
        ["$(lock) #secret", "The bot lacks: Send Messages"],
      ],
    );
  });

  it("shows each check with its result and what helps, and no icons of others", () => {
    const checks: Preflight["checks"] = [
      { id: "token", status: "ok", message: "The token belongs to $(trash) palyra.", next_step: null },
      { id: "application", status: "failed", message: "The intent is off.", next_step: "Turn it on." },
    ];
    assert.deepEqual(checkEntries({ ...preflight, checks }), [
      { label: "$(pass) The token belongs to $ (trash) palyra.", description: "" },
      { label: "$(error) The intent is off.", description: "must be mended", detail: "Turn it on." },
    ]);
  });
});
