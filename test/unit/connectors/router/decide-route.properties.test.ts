import assert from "node:assert/strict";
import fc from "fast-check";
import { decideRoute } from "../../../../src/connectors/router/decide-route.ts";
import { factsOf, factsOfEvent } from "../../../../src/connectors/router/message-facts.ts";
import { previewRoute } from "../../../../src/connectors/router/preview-route.ts";
import type { RuleSet } from "../../../../src/connectors/router/rule-set.ts";
import { refusalSentences, waitingSentences } from "../../../../src/contracts/route-reasons.ts";
import { eventNumber, image } from "./event-scene.ts";
import { rulesOf } from "./routing-scene.ts";

const people = ["1", "2", "3"];
const person = fc.constantFrom(...people, null, "  ");
const list = fc.array(
  fc.oneof(
    fc
      .constantFrom(...people)
      .chain((id) => fc.constantFrom(id, `<@${id}>`, `<@!${id}>`, `discord:user:${id}`)),
    fc.constantFrom("role:5", "<@&6>", "", "Ada"),
  ),
  { maxLength: 4 },
);
const channelId = fc.constantFrom("1573888945341595654", "1573888945341595655");

const account = fc.record(
  {
    enabled: fc.boolean(),
    inbound_scope: fc.constantFrom("dm_only", "allowlisted_guild_channels", "open_guild_channels"),
    allowed_channels: fc.array(channelId, { maxLength: 2 }),
    allowed_guilds: fc.array(channelId, { maxLength: 1 }),
    require_mention: fc.boolean(),
    mention_patterns: fc.subarray(["@palyra", "*", { regex: "hey bot" }, "@everyone", "<@77>"]),
    allow_from: list,
    deny_from: list,
    direct_message_policy: fc.constantFrom("deny", "pairing", "allow"),
    isolate_session_by_sender: fc.boolean(),
    broadcast_strategy: fc.constantFrom("deny", "mention_only", "allow"),
    concurrency_limit: fc.integer({ min: 1, max: 3 }),
    response_prefix: fc.constantFrom("", "Bot: "),
  },
  { requiredKeys: [] },
);
const router = fc.record(
  {
    enabled: fc.boolean(),
    max_message_bytes: fc.integer({ min: 1, max: 60 }),
    default_direct_message_policy: fc.constantFrom("deny", "pairing", "allow"),
    channels: fc.array(
      fc
        .tuple(fc.constantFrom("discord:*", "discord:default", "echo:*"), account)
        .map(([channel, rule]) => ({ channel, ...rule })),
      { maxLength: 2 },
    ),
  },
  { requiredKeys: [] },
);
const rules = fc.tuple(account, router).map(([own, all]) => rulesOf(own, all));
const message = fc.record({
  channel: fc.constantFrom("discord:default", "discord:other", "echo:a", " "),
  conversation: fc.option(channelId),
  parentConversation: fc.option(channelId),
  guild: fc.option(channelId),
  sender: person,
  roles: fc.subarray(["5", "6"]),
  senderVerified: fc.boolean(),
  text: fc.constantFrom(
    "",
    " ",
    "hello",
    "hi @palyra.",
    "HEY BOT",
    "@everyone",
    "pair 4K7M2XQZ",
    "<@!77>",
    "é".repeat(40),
  ),
  hasAttachments: fc.boolean(),
  isDirectMessage: fc.boolean(),
  addressesBot: fc.boolean(),
  requestedBroadcast: fc.boolean(),
});
const memory = fc.record({ isPaired: fc.boolean(), activeTurns: fc.integer({ min: 0, max: 4 }) });
const runs = { numRuns: 1_000 };

const ruleOf = (set: RuleSet, facts: ReturnType<typeof factsOf>) =>
  set.ruleFor(facts.channel, {
    conversation: facts.conversation,
    parent: facts.parentConversation,
    guild: facts.guild,
  });

describe("Any routing decision", () => {
  it("is no for everybody on a deny list, whatever else is set", () => {
    fc.assert(
      fc.property(message, rules, memory, (described, set, remembered) => {
        const facts = factsOf(described);
        const { denied } = ruleOf(set, facts);
        fc.pre([facts.sender, ...facts.roles].some((id) => id !== null && denied.has(id)));
        assert.equal(decideRoute(facts, set, remembered).kind, "no");
      }),
      runs,
    );
  });

  it("stays no when more people are denied", () => {
    fc.assert(
      fc.property(message, account, list, memory, (described, own, more, remembered) => {
        const facts = factsOf(described);
        const before = decideRoute(facts, rulesOf(own), remembered);
        const stricter = rulesOf({ ...own, deny_from: [...(own.deny_from ?? []), ...more] });
        const after = decideRoute(facts, stricter, remembered);
        if (before.kind === "no") assert.equal(after.kind, "no");
      }),
      runs,
    );
  });

  it("has a reason of the closed list, and the last step says it", () => {
    fc.assert(
      fc.property(message, rules, memory, (described, set, remembered) => {
        const decision = decideRoute(factsOf(described), set, remembered);
        const outcomes = decision.steps.map((step) => step.outcome);
        assert.ok(outcomes.slice(0, -1).every((outcome) => outcome === "pass"));
        assert.ok(decision.steps.every((step) => step.because !== ""));
        const last = { route: "pass", no: "stop", wait: "wait" }[decision.kind];
        assert.equal(outcomes.at(-1), last);
        if (decision.kind === "no") {
          assert.ok(Object.hasOwn(refusalSentences, decision.reason));
          assert.equal(decision.pairingCode !== null, decision.reason === "direct_message_pairing_code");
        }
        if (decision.kind === "wait") assert.ok(Object.hasOwn(waitingSentences, decision.reason));
      }),
      runs,
    );
  });

  it("is what the preview of the message says", () => {
    fc.assert(
      fc.property(message, rules, memory, (described, set, remembered) => {
        const decision = decideRoute(factsOf(described), set, remembered);
        const preview = previewRoute(described, set, remembered);
        assert.equal(preview.accepted, decision.kind === "route");
        assert.equal(preview.reason, decision.kind === "route" ? "routed" : decision.reason);
        assert.deepEqual(preview.steps, decision.steps);
        assert.equal(preview.sessionKey, decision.kind === "route" ? decision.plan.sessionKey : null);
        assert.match(preview.configHash, /^[0-9a-f]{64}$/);
        assert.match(preview.sentence, /\.$/);
      }),
      runs,
    );
  });

  it("about a received message is what the preview of its description says, whatever form its ids have", () => {
    const form = fc.constantFrom(
      (kind: string, id: string) => `discord:${kind}:${id}`,
      (kind: string, id: string) => `${kind}:${id}`,
      (_kind: string, id: string) => ` ${id} `,
    );
    fc.assert(
      fc.property(message, rules, memory, form, (described, set, remembered, written) => {
        const { conversation, parentConversation, guild, sender, roles } = described;
        const canonical = (kind: string, id: string | null) =>
          id === null ? null : `discord:${kind}:${id.trim() || "unknown"}`;
        const decision = decideRoute(
          factsOfEvent(
            eventNumber(1, {
              connector_id: "discord:default",
              conversation_id: canonical("channel", conversation) ?? "discord:channel:unknown",
              parent_conversation_id: canonical("channel", parentConversation),
              guild_id: guild,
              sender_id: canonical("user", sender) ?? "discord:user:unknown",
              sender_roles: roles.map((role) => `discord:role:${role}`),
              body: described.text,
              attachments: described.hasAttachments ? [image("1")] : [],
              is_direct_message: described.isDirectMessage,
              mentions_bot: described.addressesBot,
              requested_broadcast: described.requestedBroadcast,
            }),
          ),
          set,
          remembered,
        );
        const as = (kind: string, id: string | null) => (id === null ? null : written(kind, id.trim()));
        const preview = previewRoute(
          {
            ...described,
            channel: "discord:default",
            conversation: as("channel", conversation),
            parentConversation: as("channel", parentConversation),
            guild: as("guild", guild),
            sender: as("user", sender),
            senderVerified: true,
          },
          set,
          remembered,
        );
        assert.equal(preview.reason, decision.kind === "route" ? "routed" : decision.reason);
        assert.equal(preview.sessionKey, decision.kind === "route" ? decision.plan.sessionKey : null);
        assert.deepEqual(preview.steps, decision.steps);
      }),
      runs,
    );
  });

  it("accepts only what scope, mention and direct message policy allow", () => {
    fc.assert(
      fc.property(message, rules, memory, (described, set, remembered) => {
        const facts = factsOf(described);
        const decision = decideRoute(facts, set, remembered);
        if (decision.kind !== "route") return;
        const rule = ruleOf(set, facts);
        assert.ok(set.router.enabled && rule.enabled);
        assert.ok(remembered.activeTurns < rule.concurrency_limit);
        if (facts.isDirectMessage) {
          const { direct_message_policy: policy } = rule;
          const isListed = facts.sender !== null && rule.allowed.has(facts.sender);
          const isListedByRole = facts.roles.some((role) => rule.allowed.has(role));
          assert.ok(
            policy === "allow" ||
              (policy === "pairing" && (remembered.isPaired || isListed || isListedByRole)),
          );
        } else {
          assert.notEqual(rule.inbound_scope, "dm_only");
          assert.ok(!rule.require_mention || decision.plan.mention !== null);
        }
      }),
      runs,
    );
  });

  it("does not look at how often it was asked before", () => {
    fc.assert(
      fc.property(message, account, router, memory, (described, own, all, remembered) => {
        const used = rulesOf(own, all);
        decideRoute(factsOf({ ...described, conversation: "1" }), used, remembered);
        const first = decideRoute(factsOf(described), used, remembered);
        assert.deepEqual(decideRoute(factsOf(described), used, remembered), first);
        assert.deepEqual(decideRoute(factsOf(described), rulesOf(own, all), remembered), first);
      }),
    );
  });
});
