import assert from "node:assert/strict";
import { parse } from "smol-toml";
import { RouterConfig } from "../../../../src/contracts/router-config.ts";
import { decide, messageOf, rulesOf } from "./routing-scene.ts";

const router = `
enabled = true
max_message_bytes = 4096
default_channel_enabled = true
default_direct_message_policy = "deny"
default_isolate_session_by_sender = true
default_broadcast_strategy = "mention_only"
default_concurrency_limit = 5

[inbound_coalescing]
enabled = true
debounce_ms = 900
max_tracked_keys = 16
bypass_commands = false
bypass_media = false

[[channels]]
channel = "Slack:*"
inbound_scope = "open_guild_channels"
mention_patterns = ["@palyra", { regex = "hey,? bot" }]
allow_from = ["U123"]
deny_from = ["U666"]
direct_message_policy = "allow"
isolate_session_by_sender = false
broadcast_strategy = "allow"
concurrency_limit = 1
response_prefix = "all of Slack: "
auto_reaction = "👀"

[[channels]]
channel = "slack:team"
conversations = ["C01TEAM"]
response_prefix = "the team: "
`;

describe("A router that is configured with everything it knows", () => {
  it("reads each value from the file", () => {
    const { channels, ...rest } = RouterConfig.parse(parse(router));
    assert.deepEqual(rest, {
      enabled: true,
      max_message_bytes: 4096,
      default_channel_enabled: true,
      default_direct_message_policy: "deny",
      default_isolate_session_by_sender: true,
      default_broadcast_strategy: "mention_only",
      default_concurrency_limit: 5,
      inbound_coalescing: {
        enabled: true,
        debounce_ms: 900,
        max_tracked_keys: 16,
        bypass_commands: false,
        bypass_media: false,
      },
    });
    const rule = rulesOf({}, parse(router)).ruleFor("slack:team", {
      conversation: "slack:channel:c09else",
      parent: null,
      guild: null,
    });
    assert.deepEqual(
      [rule.direct_message_policy, rule.broadcast_strategy, rule.concurrency_limit, rule.response_prefix],
      ["allow", "allow", 1, "all of Slack: "],
    );
    assert.equal(channels.length, 2);
  });

  it("routes a message that names the bot amid its text, into the session of its conversation, under the closest prefix", () => {
    const asked = { channel: "slack:team", sender: "U123", addressesBot: false };
    const text = "hi @Palyra give me a summary";
    const decision = decide(
      messageOf({ ...asked, conversation: "C01TEAM", text }),
      rulesOf({}, parse(router)),
    );
    assert.ok(decision.kind === "route", JSON.stringify(decision));
    assert.equal(decision.plan.routeKey, decision.plan.sessionKey);
    assert.match(decision.plan.routeKey, /^channel:slack:team:conversation:.*c01team$/i);
    assert.equal(decision.plan.responsePrefix, "the team: ");
    const elsewhere = decide(
      messageOf({ ...asked, conversation: "C09ELSE", text }),
      rulesOf({}, parse(router)),
    );
    assert.equal(elsewhere.kind === "route" && elsewhere.plan.responsePrefix, "all of Slack: ");
  });
});
