import { providerOf } from "./canonical-ids.ts";
import { canonicalList, type EffectiveRule, effectiveRule, type RuleLayer } from "./route-rule.ts";
import type { RoutingConfig } from "./rule-set.ts";

/** Something that is allowed and probably not meant. */
export interface RuleWarning {
  readonly code:
    | "router_disabled"
    | "default_broadcast_allow"
    | "default_direct_message_allow"
    | "rule_matches_nothing"
    | "direct_messages_open_to_all"
    | "broadcast_allow"
    | "sender_in_both_lists"
    | "denied_role_in_direct_messages"
    | "every_message_matches"
    | "answers_notify_everyone";
  /** Path in the configuration. */
  readonly origin: string;
  /** One sentence. */
  readonly message: string;
}

/** Looks for settings that contradict each other or open more than people expect. */
export function ruleWarnings(config: RoutingConfig): RuleWarning[] {
  const { router, accounts } = config;
  const warnings: RuleWarning[] = [];
  const warn = (code: RuleWarning["code"], origin: string, message: string): void => {
    warnings.push({ code, origin, message });
  };
  if (!router.enabled) warn("router_disabled", "router.enabled", "No message is answered at all.");
  if (router.default_broadcast_strategy === "allow") {
    warn(
      "default_broadcast_allow",
      "router.default_broadcast_strategy",
      "Anybody can ask for answers to everybody.",
    );
  }
  if (router.default_direct_message_policy === "allow") {
    warn(
      "default_direct_message_allow",
      "router.default_direct_message_policy",
      "Anybody can write direct messages to the bot.",
    );
  }
  const layers: { layer: RuleLayer; provider: string }[] = [
    ...Object.entries(accounts).map(([id, layer]) => ({ layer, provider: providerOf(id) })),
    ...router.channels.map(({ channel, conversations: _, ...rule }, index) => ({
      layer: { origin: `router.channels.${index}`, rule },
      provider: providerOf(channel),
    })),
  ];
  for (const { layer, provider } of layers) {
    const rule = effectiveRule(router, [layer]);
    if (rule.enabled) warningsOf(rule, layer, provider, warn);
  }
  return warnings;
}

function warningsOf(
  rule: EffectiveRule,
  { origin, rule: own }: RuleLayer,
  provider: string,
  warn: (code: RuleWarning["code"], origin: string, message: string) => void,
): void {
  const saysWhere = own.direct_message_policy !== undefined || own.inbound_scope !== undefined;
  if (saysWhere && rule.direct_message_policy === "deny" && rule.inbound_scope === "dm_only") {
    warn(
      "rule_matches_nothing",
      origin,
      "Only direct messages are in scope, and they are denied: nothing is answered.",
    );
  }
  if (rule.inbound_scope === "allowlisted_guild_channels" && rule.allowed_channels.length === 0) {
    warn("rule_matches_nothing", origin, "No server channel is allowed, because allowed_channels is empty.");
  }
  if (own.direct_message_policy === "allow" && rule.allow_from.length === 0) {
    warn(
      "direct_messages_open_to_all",
      origin,
      "Anybody can write direct messages, because allow_from is empty.",
    );
  }
  if (own.broadcast_strategy === "allow") {
    warn("broadcast_allow", origin, "Anybody who is answered can ask for answers to everybody.");
  }
  if (rule.require_mention && rule.mention_patterns.includes("*")) {
    warn("every_message_matches", origin, 'The mention pattern "*" takes every message for a mention.');
  }
  if (own.reply_mentions?.includes("everyone")) {
    warn("answers_notify_everyone", origin, "What the agent writes can notify everybody of a channel.");
  }
  const denied = canonicalList(provider, rule.deny_from);
  const deniesRole = [...denied].some((entry) => entry.startsWith(`${provider}:role:`));
  if (deniesRole && rule.direct_message_policy !== "deny") {
    warn(
      "denied_role_in_direct_messages",
      origin,
      "A role in deny_from holds in server channels only: direct messages do not tell the roles of a person.",
    );
  }
  for (const entry of canonicalList(provider, rule.allow_from)) {
    if (denied.has(entry)) {
      warn("sender_in_both_lists", origin, `${entry} is in allow_from and deny_from; deny_from wins.`);
    }
  }
}
