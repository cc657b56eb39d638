import assert from "node:assert/strict";
import { decideRoute } from "../../../../src/connectors/router/decide-route.ts";
import { factsOfEvent } from "../../../../src/connectors/router/message-facts.ts";
import { refusalSentences, waitingSentences } from "../../../../src/contracts/route-reasons.ts";
import { eventNumber, image } from "./event-scene.ts";
import { decide, directMessage, lastStep, messageOf, quiet, rulesOf, verdict } from "./routing-scene.ts";

const open = { inbound_scope: "open_guild_channels", direct_message_policy: "allow" };

describe("A routing decision", () => {
  it("accepts a mention in an open channel and a direct message that is allowed", () => {
    assert.equal(verdict(messageOf(), rulesOf(open)), "routed");
    assert.equal(verdict(directMessage(), rulesOf(open)), "routed");
  });

  it("with nothing but defaults answers no server channel, and direct messages only after pairing", () => {
    assert.equal(verdict(messageOf(), rulesOf({})), "outside_inbound_scope");
    assert.equal(verdict(directMessage(), rulesOf({})), "direct_message_pairing_required");
    const text = "x".repeat(32_768);
    assert.equal(verdict(directMessage({ text }), rulesOf({}), { ...quiet, isPaired: true }), "routed");
  });

  it("says no when the router or the channel is off", () => {
    assert.equal(verdict(messageOf(), rulesOf(open, { enabled: false })), "channel_router_disabled");
    assert.equal(verdict(messageOf(), rulesOf({ ...open, enabled: false })), "channel_disabled");
    assert.equal(verdict(messageOf({ channel: "" }), rulesOf(open)), "channel_missing");
  });

  it("says no to a connector nothing is configured for, unless that is the default", () => {
    const stranger = { channel: "echo:other" };
    assert.equal(verdict(directMessage(stranger), rulesOf(open)), "channel_disabled");
    const wide = rulesOf(open, { default_channel_enabled: true, default_direct_message_policy: "allow" });
    assert.equal(verdict(directMessage(stranger), wide), "routed");
  });

  it("says no to a message without content, but greets a bare mention and takes an attachment for content", () => {
    assert.equal(verdict(directMessage({ text: "  " }), rulesOf(open)), "message_empty");
    assert.equal(verdict(directMessage({ text: "", hasAttachments: true }), rulesOf(open)), "routed");
    assert.equal(verdict(messageOf({ text: "" }), rulesOf(open)), "routed");
  });

  it("looks for mentions in the text only, never in the names of files", () => {
    const rules = rulesOf({ ...open, mention_patterns: ["palyra"] });
    const file = { ...image("1"), filename: "palyra.png" };
    const event = eventNumber(1, {
      guild_id: "900",
      is_direct_message: false,
      body: "look at this",
      attachments: [file],
    });
    const decisionOn = (change: Partial<typeof event>) =>
      decideRoute(factsOfEvent({ ...event, ...change }), rules, quiet).kind;
    assert.equal(decisionOn({}), "no");
    assert.equal(decisionOn({ body: "look at this, palyra" }), "route");
  });

  it("limits the text in bytes, whatever the size of answers", () => {
    const rules = rulesOf(open, { max_message_bytes: 10 });
    assert.equal(verdict(messageOf({ text: "0123456789" }), rules), "routed");
    assert.equal(verdict(messageOf({ text: "012345678é" }), rules), "message_oversized");
  });

  describe("about where a message was written", () => {
    const listed = rulesOf({
      inbound_scope: "allowlisted_guild_channels",
      allowed_channels: ["1573888945341595654"],
    });
    const channel = "1573888945341595654";

    it("answers a listed channel and its threads, and no other", () => {
      assert.equal(verdict(messageOf({ conversation: channel }), listed), "routed");
      assert.equal(verdict(messageOf({ conversation: "7", parentConversation: channel }), listed), "routed");
      assert.equal(verdict(messageOf({ conversation: "7" }), listed), "conversation_not_allowlisted");
      assert.equal(verdict(messageOf({ conversation: null }), listed), "conversation_not_allowlisted");
    });

    it("answers only the allowed servers when there are some", () => {
      const rules = rulesOf({ ...open, allowed_guilds: ["1573888945341595654"] });
      assert.equal(verdict(messageOf({ guild: "1573888945341595654" }), rules), "routed");
      assert.equal(verdict(messageOf({ guild: "5" }), rules), "guild_not_allowlisted");
      assert.equal(verdict(messageOf({ guild: null }), rules), "guild_not_allowlisted");
      assert.equal(verdict(directMessage(), rules), "routed");
    });
  });

  describe("about mentions", () => {
    it("asks for one in server channels, and not in direct messages", () => {
      const rules = rulesOf({ ...open, mention_patterns: ["@palyra"] });
      const unmentioned = messageOf({ addressesBot: false });
      assert.equal(verdict(unmentioned, rules), "no_matching_mention_or_dm_policy");
      assert.equal(verdict({ ...unmentioned, text: "hi @Palyra" }, rules), "routed");
      assert.equal(
        verdict({ ...unmentioned, text: "team@palyra.io" }, rules),
        "no_matching_mention_or_dm_policy",
      );
      assert.equal(verdict(directMessage(), rules), "routed");
    });

    it("takes a text command for one, but only after everything about the sender", () => {
      const command = messageOf({ addressesBot: false, text: " /Palyra status" });
      const decision = decide(command, rulesOf(open));
      assert.equal(decision.kind === "route" && decision.plan.mention?.kind, "command");
      assert.equal(verdict(command, rulesOf({ ...open, deny_from: ["42"] })), "sender_denied");
      assert.equal(verdict(command, rulesOf({ ...open, allow_from: ["7"] })), "sender_not_allowlisted");
      const word = { ...command, text: "/palyrastatus" };
      assert.equal(verdict(word, rulesOf(open)), "no_matching_mention_or_dm_policy");
    });

    it("asks for none where none is required, with or without patterns", () => {
      const rules = rulesOf({ ...open, require_mention: false });
      assert.equal(verdict(messageOf({ addressesBot: false }), rules), "routed");
    });
  });

  describe("about the sender", () => {
    it("knows listed people by id, mention or canonical form, and roles by theirs", () => {
      for (const entry of [
        "42",
        "<@42>",
        "<@!42>",
        "user:42",
        "discord:user:42",
        "discord:role:5",
        "<@&5>",
      ]) {
        const sender = messageOf({ roles: ["5"] });
        assert.equal(verdict(sender, rulesOf({ ...open, allow_from: [entry] })), "routed", entry);
        assert.equal(verdict(sender, rulesOf({ ...open, deny_from: [entry] })), "sender_denied", entry);
      }
    });

    it("never takes a role for a person of the same number", () => {
      const rules = rulesOf({ ...open, allow_from: ["role:42"] });
      assert.equal(verdict(messageOf(), rules), "sender_not_allowlisted");
    });

    it("asks an allow list only about verified senders", () => {
      const rules = rulesOf({ ...open, allow_from: ["42"] });
      assert.equal(verdict(messageOf({ sender: "43" }), rules), "sender_not_allowlisted");
      assert.equal(verdict(messageOf({ senderVerified: false }), rules), "sender_unverified_for_allowlist");
      for (const sender of [null, "  "]) {
        assert.equal(verdict(messageOf({ sender }), rules), "sender_missing_for_allowlist");
      }
    });

    it("never takes the name a person chose to be shown by for the person", () => {
      const listed = rulesOf({ allow_from: ["7"], deny_from: ["8"], direct_message_policy: "allow" });
      const named = (sender_id: string, sender_display: string) => {
        const decision = decideRoute(
          factsOfEvent(eventNumber(1, { sender_id, sender_display })),
          listed,
          quiet,
        );
        return decision.kind === "no" ? decision.reason : decision.kind;
      };
      assert.equal(named("discord:user:7", "8"), "route");
      assert.equal(named("discord:user:9", "7"), "sender_not_allowlisted");
      assert.equal(named("discord:user:9", "discord:user:7"), "sender_not_allowlisted");
      assert.equal(named("discord:user:8", "7"), "sender_denied");
    });

    it("denies who is in both lists", () => {
      const rules = rulesOf({ ...open, allow_from: ["42"], deny_from: ["<@42>"] });
      assert.equal(verdict(messageOf(), rules), "sender_denied");
    });
  });

  describe("about direct messages", () => {
    it("follows the policy", () => {
      assert.equal(verdict(directMessage(), rulesOf({ direct_message_policy: "allow" })), "routed");
      const deny = rulesOf({ direct_message_policy: "deny" });
      assert.equal(verdict(directMessage(), deny), "direct_message_denied_by_policy");
    });

    it("asks for pairing only people who are neither paired nor listed", () => {
      const rules = rulesOf({ direct_message_policy: "pairing", allow_from: ["7"] });
      assert.equal(verdict(directMessage(), rules), "direct_message_pairing_required");
      assert.equal(verdict(directMessage(), rules, { ...quiet, isPaired: true }), "routed");
      assert.equal(verdict(directMessage({ sender: "7" }), rules), "routed");
      assert.equal(verdict(directMessage({ sender: null }), rules), "sender_missing_for_dm_pairing");
      const unverified = directMessage({ senderVerified: false });
      assert.equal(verdict(unverified, rules), "sender_unverified_for_dm_pairing");
    });

    it("takes “pair” and a code for an offer, after the deny list", () => {
      const rules = rulesOf({ direct_message_policy: "pairing", deny_from: ["13"] });
      const decision = decide(directMessage({ text: " PAIR 4k7m-2xqz now" }), rules);
      assert.equal(decision.kind, "no");
      assert.equal(decision.kind === "no" && decision.reason, "direct_message_pairing_code");
      assert.equal(decision.kind === "no" && decision.pairingCode, "4k7m-2xqz");
      const denied = directMessage({ sender: "13", text: "pair 4K7M2XQZ" });
      assert.equal(verdict(denied, rules), "sender_denied");
    });

    it("lets a paired or listed person begin a sentence with “pair”", () => {
      const rules = rulesOf({ direct_message_policy: "pairing", allow_from: ["7", "role:8"] });
      const paired = { ...quiet, isPaired: true };
      const people = [
        { memory: paired, who: {} },
        { memory: quiet, who: { sender: "7" } },
        { memory: quiet, who: { roles: ["8"] } },
      ];
      for (const { memory, who } of people) {
        for (const text of ["pair programming today?", "pair sneakers", "pair 4K7M2XQZ with something"]) {
          assert.equal(verdict(directMessage({ ...who, text }), rules, memory), "routed", text);
        }
        const code = directMessage({ ...who, text: "pair 4K7M2XQZ" });
        assert.equal(verdict(code, rules, memory), "direct_message_pairing_code");
      }
    });
  });

  it("treats answers to everybody as the strategy says", () => {
    const shout = messageOf({ requestedBroadcast: true, addressesBot: false });
    const strategy = (broadcast_strategy: string) =>
      rulesOf({ ...open, require_mention: false, broadcast_strategy });
    assert.equal(verdict(shout, strategy("deny")), "broadcast_denied_by_policy");
    assert.equal(verdict(shout, strategy("mention_only")), "broadcast_requires_mention_match");
    const shoutInDm = directMessage({ requestedBroadcast: true });
    assert.equal(verdict(shoutInDm, strategy("mention_only")), "broadcast_requires_mention_match");
    assert.equal(verdict({ ...shout, addressesBot: true }, strategy("mention_only")), "routed");
    assert.equal(verdict(shout, strategy("allow")), "routed");
  });

  it("lets a message wait, and not fail, while as many as allowed are answered", () => {
    const rules = rulesOf({ ...open, concurrency_limit: 1 });
    const decision = decide(messageOf(), rules, { ...quiet, activeTurns: 1 });
    assert.equal(decision.kind, "wait");
    assert.equal(decision.kind === "wait" && decision.reason, "concurrency_limit_reached");
    assert.equal(verdict(messageOf(), rules), "routed");
  });

  it("refuses for good before it lets anything wait", () => {
    const rules = rulesOf({ ...open, concurrency_limit: 1, deny_from: ["42"] });
    assert.equal(verdict(messageOf(), rules, { ...quiet, activeTurns: 9 }), "sender_denied");
  });

  it("plans the session and everything around the answer", () => {
    const rules = rulesOf(
      {
        ...open,
        isolate_session_by_sender: true,
        response_prefix: "Bot: ",
        auto_reaction: "👀",
        reply_mentions: ["author"],
        auto_ack_text: "On it",
      },
      { default_response_prefix: "Default: " },
    );
    const decision = decide(messageOf(), rules);
    assert.ok(decision.kind === "route");
    const route = "channel:discord:default:conversation:discord~3achannel~3a100";
    assert.deepEqual(decision.plan, {
      channel: "discord:default",
      routeKey: route,
      sessionKey: `${route}:sender:discord~3auser~3a42`,
      sessionLabel: "discord:channel:100",
      senderIdentity: "discord:user:42",
      isBroadcast: false,
      responsePrefix: "Bot: ",
      autoAckText: "On it",
      autoReaction: "👀",
      replyMentions: ["author"],
      concurrencyLimit: 2,
      mention: { kind: "entity", pattern: "<@bot>" },
    });
  });

  it("says step by step what was looked at, and ends with what decided", () => {
    const rules = rulesOf({ ...open, deny_from: ["role:5"] });
    assert.deepEqual(lastStep(decide(messageOf({ roles: ["5"] }), rules)), {
      check: "deny_list",
      outcome: "stop",
      because: "The sender is in deny_from.",
      subject: "discord:role:5",
    });
    const accepted = decide(messageOf(), rules);
    assert.deepEqual(
      accepted.steps.map((step) => step.check),
      ["router", "channel", "deny_list", "content", "size", "scope", "mention", "concurrency"],
    );
    assert.ok(accepted.steps.every((step) => step.outcome === "pass"));
  });

  it("has a plain sentence for every reason", () => {
    for (const sentence of [...Object.values(refusalSentences), ...Object.values(waitingSentences)]) {
      assert.match(sentence, /^[A-Z][^_]+\.$/);
    }
  });
});
