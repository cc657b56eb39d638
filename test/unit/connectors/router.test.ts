import assert from "node:assert/strict";
import fc from "fast-check";
import type { AttachmentRef } from "../../../src/contracts/connector.ts";
import { type RoutingRules, routeInbound } from "../../../src/connectors/router.ts";

const rules: RoutingRules = {
  enabled: true,
  inboundScope: "open_guild_channels",
  allowedConversations: new Set(["discord:channel:1"]),
  requireMention: true,
  directMessagePolicy: "allow",
};
const message = {
  body: "hello",
  attachments: [],
  mentions_bot: true,
  is_direct_message: false,
  conversation_id: "discord:channel:1",
  parent_conversation_id: null,
};
const reasonFor = (event: Partial<typeof message>, change: Partial<RoutingRules> = {}): string => {
  const decision = routeInbound({ ...message, ...event }, { ...rules, ...change });
  return decision.accepted ? "accepted" : decision.reason;
};

describe("The router", () => {
  it("accepts a mention in an open channel and a direct message that is allowed", () => {
    assert.equal(reasonFor({}), "accepted");
    assert.equal(reasonFor({ is_direct_message: true, mentions_bot: false }), "accepted");
  });

  it("gives a reason for every no", () => {
    assert.equal(reasonFor({}, { enabled: false }), "connector_disabled");
    assert.equal(reasonFor({}, { inboundScope: "dm_only" }), "outside_inbound_scope");
    assert.equal(reasonFor({ mentions_bot: false }), "mention_required");
    assert.equal(
      reasonFor({ conversation_id: "discord:channel:2" }, { inboundScope: "allowlisted_guild_channels" }),
      "conversation_not_allowlisted",
    );
    const direct = { is_direct_message: true };
    assert.equal(reasonFor(direct, { directMessagePolicy: "deny" }), "direct_message_denied");
    assert.equal(reasonFor(direct, { directMessagePolicy: "pairing" }), "direct_message_pairing_required");
    assert.equal(reasonFor({ is_direct_message: true, mentions_bot: false, body: " " }), "empty_message");
  });

  it("needs no mention where none is required", () => {
    assert.equal(reasonFor({ mentions_bot: false }, { requireMention: false }), "accepted");
  });

  it("lets a thread in with the channel it belongs to", () => {
    const thread = { conversation_id: "discord:channel:9", parent_conversation_id: "discord:channel:1" };
    const allowlisted = { inboundScope: "allowlisted_guild_channels" } as const;
    assert.equal(reasonFor(thread as unknown as typeof message, allowlisted), "accepted");
  });

  it("takes a bare mention for a greeting and an attachment for content", () => {
    assert.equal(reasonFor({ body: "" }), "accepted");
  });

  it("never accepts from a disabled connector or outside its scope", () => {
    const anyRules = fc.record({
      enabled: fc.boolean(),
      inboundScope: fc.constantFrom("dm_only", "allowlisted_guild_channels", "open_guild_channels" as const),
      allowedConversations: fc.constant(new Set<string>()),
      requireMention: fc.boolean(),
      directMessagePolicy: fc.constantFrom("deny", "pairing", "allow" as const),
    }) as fc.Arbitrary<RoutingRules>;
    const anyMessage = fc.record({
      body: fc.string(),
      attachments: fc.constant([] as AttachmentRef[]),
      mentions_bot: fc.boolean(),
      is_direct_message: fc.boolean(),
      conversation_id: fc.string(),
      parent_conversation_id: fc.option(fc.string()),
    });
    fc.assert(
      fc.property(anyMessage, anyRules, (event, some) => {
        if (!routeInbound(event, some).accepted) return;
        assert.ok(some.enabled);
        if (event.is_direct_message) assert.equal(some.directMessagePolicy, "allow");
        else assert.equal(some.inboundScope, "open_guild_channels");
      }),
    );
  });
});
