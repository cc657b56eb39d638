import type { InboundMessageEvent } from "../contracts/connector.ts";

/** Rules of one connector, with canonical conversation ids. */
export interface RoutingRules {
  readonly enabled: boolean;
  readonly inboundScope: "dm_only" | "allowlisted_guild_channels" | "open_guild_channels";
  readonly allowedConversations: ReadonlySet<string>;
  readonly requireMention: boolean;
  readonly directMessagePolicy: "deny" | "pairing" | "allow";
}

/** Why a message is not answered. */
export type RefusalReason =
  | "connector_disabled"
  | "empty_message"
  | "direct_message_denied"
  | "direct_message_pairing_required"
  | "outside_inbound_scope"
  | "conversation_not_allowlisted"
  | "mention_required";

export type RoutingDecision =
  | { readonly accepted: true }
  | { readonly accepted: false; readonly reason: RefusalReason };

type RoutedFacts = Pick<
  InboundMessageEvent,
  "body" | "attachments" | "mentions_bot" | "is_direct_message" | "conversation_id" | "parent_conversation_id"
>;

/** Decides whether a person's message goes to the agent. Pure; every "no" has a reason code. */
export function routeInbound(event: RoutedFacts, rules: RoutingRules): RoutingDecision {
  const reason = refusalOf(event, rules);
  return reason === null ? { accepted: true } : { accepted: false, reason };
}

function refusalOf(event: RoutedFacts, rules: RoutingRules): RefusalReason | null {
  if (!rules.enabled) return "connector_disabled";
  const refusal = event.is_direct_message ? refusalOfDirectMessage(rules) : refusalInGuild(event, rules);
  if (refusal !== null) return refusal;
  // Only the mention itself is enough to be greeted.
  const isEmpty = event.body.trim() === "" && event.attachments.length === 0 && !event.mentions_bot;
  return isEmpty ? "empty_message" : null;
}

function refusalOfDirectMessage(rules: RoutingRules): RefusalReason | null {
  if (rules.directMessagePolicy === "deny") return "direct_message_denied";
  if (rules.directMessagePolicy === "pairing") return "direct_message_pairing_required";
  return null;
}

function refusalInGuild(event: RoutedFacts, rules: RoutingRules): RefusalReason | null {
  if (rules.inboundScope === "dm_only") return "outside_inbound_scope";
  if (rules.inboundScope === "allowlisted_guild_channels" && !isAllowlisted(event, rules)) {
    return "conversation_not_allowlisted";
  }
  return rules.requireMention && !event.mentions_bot ? "mention_required" : null;
}

/** A thread is allowed with the channel it belongs to. */
function isAllowlisted(event: RoutedFacts, rules: RoutingRules): boolean {
  const parent = event.parent_conversation_id;
  return (
    rules.allowedConversations.has(event.conversation_id) ||
    (parent !== null && rules.allowedConversations.has(parent))
  );
}
