import assert from "node:assert/strict";
import fc from "fast-check";
import { canonicalJson, configHash } from "../../../../src/connectors/router/config-hash.ts";
import { matchesGlob } from "../../../../src/connectors/router/glob.ts";
import type { Place } from "../../../../src/connectors/router/rule-set.ts";
import { ruleWarnings } from "../../../../src/connectors/router/rule-warnings.ts";
import { RouteRule, RouterConfig } from "../../../../src/contracts/router-config.ts";
import { rulesOf } from "./routing-scene.ts";

const nowhere: Place = { conversation: null, parent: null, guild: null };
const channel = (id: string, parent: string | null = null, guild: string | null = null): Place => ({
  conversation: `discord:channel:${id}`,
  parent: parent === null ? null : `discord:channel:${parent}`,
  guild: guild === null ? null : `discord:guild:${guild}`,
});

describe("Rules by pattern", () => {
  it("apply to every connector the pattern matches, and the closest one wins", () => {
    const set = rulesOf(
      { response_prefix: "account" },
      {
        default_response_prefix: "default",
        channels: [
          { channel: "discord:default", conversations: ["7"], response_prefix: "conversation" },
          { channel: "discord:*", response_prefix: "wildcard" },
          { channel: "*", isolate_session_by_sender: true },
        ],
      },
    );
    assert.equal(set.ruleFor("discord:default", nowhere).response_prefix, "account");
    assert.equal(set.ruleFor("DISCORD:Default", channel("7")).response_prefix, "conversation");
    assert.equal(set.ruleFor("discord:work", nowhere).response_prefix, "wildcard");
    assert.equal(set.ruleFor("echo:a", nowhere).response_prefix, "default");
    assert.ok(set.ruleFor("echo:a", nowhere).isolate_session_by_sender);
    assert.deepEqual(set.ruleFor("discord:default", channel("7")).origins, [
      "router.channels.1",
      "router.channels.2",
      "channels.discord.default",
      "router.channels.0",
    ]);
  });

  it("of a full channel stand above the account's section, and a later one above an earlier one", () => {
    const set = rulesOf(
      { response_prefix: "account" },
      {
        channels: [
          { channel: "discord:default", response_prefix: "first" },
          { channel: "discord:default", response_prefix: "second" },
        ],
      },
    );
    assert.equal(set.ruleFor("discord:default", nowhere).response_prefix, "second");
  });

  it("for a conversation hold for its threads, for whole servers and for patterns", () => {
    const set = rulesOf(
      {},
      {
        channels: [
          { channel: "discord:*", conversations: ["<#7>"], response_prefix: "channel" },
          { channel: "discord:*", conversations: ["guild:9"], response_prefix: "server" },
          { channel: "discord:*", conversations: ["55*"], enabled: false },
        ],
      },
    );
    const prefix = (place: Place) => set.ruleFor("discord:default", place).response_prefix;
    assert.equal(prefix(channel("7")), "channel");
    assert.equal(prefix(channel("8", "7")), "channel");
    assert.equal(prefix(channel("8", null, "9")), "server");
    assert.equal(prefix(channel("8")), null);
    assert.equal(set.ruleFor("discord:default", channel("556")).enabled, false);
    assert.equal(set.ruleFor("discord:default", channel("56")).enabled, true);
  });

  it("never take anybody off a deny list", () => {
    const set = rulesOf(
      { deny_from: ["1"] },
      {
        channels: [
          { channel: "discord:*", deny_from: ["2"] },
          { channel: "discord:default", deny_from: [] },
        ],
      },
    );
    assert.deepEqual([...set.ruleFor("discord:default", nowhere).denied].sort(), [
      "discord:user:1",
      "discord:user:2",
    ]);
  });

  it("can take a prefix away by a blank one", () => {
    const set = rulesOf({ response_prefix: " " }, { default_response_prefix: "default" });
    assert.equal(set.ruleFor("discord:default", nowhere).response_prefix, null);
  });

  it("that cannot be used are refused with their place in the configuration", () => {
    assert.throws(() => rulesOf({ mention_patterns: [{ regex: "(" }] }), {
      code: "config_invalid",
      message: /^channels\.discord\.default\.mention_patterns: .*not understood/,
    });
    const channels = [{ channel: "echo:*" }, { channel: "*", mention_patterns: [{ regex: "x*" }] }];
    assert.throws(() => rulesOf({}, { channels }), { message: /^router\.channels\.1\.mention_patterns/ });
  });

  it("answer alike for more places than are remembered", () => {
    const set = rulesOf({}, { channels: [{ channel: "*", conversations: ["5*"], response_prefix: "five" }] });
    for (let id = 0; id < 10_000; id += 1) set.ruleFor("discord:default", channel(String(id)));
    assert.equal(set.ruleFor("discord:default", channel("5123")).response_prefix, "five");
    assert.equal(set.ruleFor("discord:default", channel("6123")).response_prefix, null);
  });
});

describe("The configuration of the router", () => {
  it("has the documented defaults", () => {
    assert.deepEqual(RouterConfig.parse({}), {
      enabled: true,
      max_message_bytes: 32_768,
      default_channel_enabled: false,
      default_direct_message_policy: "pairing",
      default_isolate_session_by_sender: false,
      default_broadcast_strategy: "deny",
      default_concurrency_limit: 2,
      inbound_coalescing: {
        enabled: false,
        debounce_ms: 0,
        max_tracked_keys: 1_024,
        bypass_commands: true,
        bypass_media: true,
      },
      channels: [],
    });
  });

  it("refuses unknown keys, names in place of ids, and too many or too long patterns", () => {
    const refused = (rule: unknown): void =>
      assert.ok(!RouteRule.safeParse(rule).success, JSON.stringify(rule));
    refused({ mention: true });
    refused({ allow_from: ["Ada, the owner"] });
    refused({ allowed_channels: ["general"] });
    refused({ mention_patterns: Array.from({ length: 65 }, (_, index) => `@p${index}`) });
    refused({ mention_patterns: ["é".repeat(65)] });
    refused({ mention_patterns: [" "] });
    refused({ concurrency_limit: 0 });
    refused({ response_prefix: "x".repeat(257) });
    refused({ auto_reaction: "x".repeat(65) });
    assert.ok(!RouterConfig.safeParse({ channels: [{ response_prefix: "no channel" }] }).success);
  });

  it("says of every key what it is for", () => {
    for (const shape of [
      RouterConfig.shape,
      RouteRule.shape,
      RouterConfig.shape.inbound_coalescing.def.innerType.shape,
    ]) {
      for (const [key, schema] of Object.entries(shape)) {
        assert.match(schema.description ?? "", /\.$/, key);
      }
    }
  });

  it("has one hash for one meaning, 64 hex digits", () => {
    const one = rulesOf({ enabled: true, response_prefix: "x" }).hash;
    assert.match(one, /^[0-9a-f]{64}$/);
    assert.equal(rulesOf({ response_prefix: "x", enabled: true }).hash, one);
    assert.notEqual(rulesOf({ response_prefix: "y", enabled: true }).hash, one);
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse());
        assert.equal(configHash(turned), configHash(value));
        assert.deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it("warns of what is allowed and probably not meant", () => {
    const codes = (account: unknown, router: unknown = {}): string[] =>
      ruleWarnings({
        router: RouterConfig.parse(router),
        accounts: { "discord:a": { origin: "channels.discord.a", rule: RouteRule.parse(account) } },
      }).map((warning) => warning.code);
    assert.deepEqual(codes({}), []);
    assert.deepEqual(codes({}, { enabled: false }), ["router_disabled"]);
    assert.deepEqual(codes({}, { default_broadcast_strategy: "allow" }), ["default_broadcast_allow"]);
    assert.deepEqual(codes({}, { default_direct_message_policy: "allow" }), ["default_direct_message_allow"]);
    assert.deepEqual(codes({ direct_message_policy: "deny" }), ["rule_matches_nothing"]);
    assert.deepEqual(codes({ inbound_scope: "allowlisted_guild_channels" }), ["rule_matches_nothing"]);
    assert.deepEqual(codes({ direct_message_policy: "allow" }), ["direct_messages_open_to_all"]);
    assert.deepEqual(codes({ direct_message_policy: "allow", allow_from: ["1"] }), []);
    assert.deepEqual(codes({ broadcast_strategy: "allow" }), ["broadcast_allow"]);
    assert.deepEqual(codes({ mention_patterns: ["*"] }), ["every_message_matches"]);
    assert.deepEqual(codes({ reply_mentions: ["author", "everyone"] }), ["answers_notify_everyone"]);
    assert.deepEqual(codes({ allow_from: ["1"], deny_from: ["<@1>"] }), ["sender_in_both_lists"]);
    assert.deepEqual(codes({ deny_from: ["<@&1>"] }), ["denied_role_in_direct_messages"]);
    const servers = { inbound_scope: "open_guild_channels", direct_message_policy: "deny" };
    assert.deepEqual(codes({ ...servers, deny_from: ["role:1"] }), []);
    assert.deepEqual(codes({ enabled: false, broadcast_strategy: "allow" }), []);
    assert.deepEqual(codes({}, { channels: [{ channel: "*", broadcast_strategy: "allow" }] }), [
      "broadcast_allow",
    ]);
  });
});

describe("A pattern with stars", () => {
  it("matches as a regular expression with .* would", () => {
    const piece = fc.constantFrom("a", "b", "*", ":");
    const text = fc.array(fc.constantFrom("a", "b", ":"), { maxLength: 8 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), text, (pieces, input) => {
        const pattern = pieces.join("");
        const expected = new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(input);
        assert.equal(matchesGlob(pattern, input), expected, `${pattern} ${input}`);
      }),
      { numRuns: 2_000 },
    );
  });
});
