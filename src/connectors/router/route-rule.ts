import type {
  BroadcastStrategy,
  DirectMessagePolicy,
  InboundScope,
  MentionPattern,
  ReplyMention,
  RouteRule,
  RouterConfig,
} from "../../contracts/router-config.ts";
import { canonicalConversation, canonicalGuild, canonicalListEntry } from "./canonical-ids.ts";
import { compileMentions, type MentionMatcher } from "./mention-patterns.ts";

/** What the configuration says about one conversation, all places taken together. */
export interface EffectiveRule {
  readonly enabled: boolean;
  readonly inbound_scope: InboundScope;
  readonly allowed_channels: readonly string[];
  readonly allowed_guilds: readonly string[];
  readonly require_mention: boolean;
  readonly mention_patterns: readonly MentionPattern[];
  readonly mention_roles: readonly string[];
  readonly allow_from: readonly string[];
  readonly deny_from: readonly string[];
  readonly direct_message_policy: DirectMessagePolicy;
  readonly isolate_session_by_sender: boolean;
  readonly broadcast_strategy: BroadcastStrategy;
  readonly concurrency_limit: number;
  readonly response_prefix: string | null;
  readonly auto_ack_text: string | null;
  readonly auto_reaction: string | null;
  readonly reply_mentions: readonly ReplyMention[];
}

/** A rule made ready for decisions: canonical ids, compiled patterns. */
export interface CompiledRule extends EffectiveRule {
  /** Where its settings come from, the most general first. */
  readonly origins: readonly string[];
  readonly channels: ReadonlySet<string>;
  readonly guilds: ReadonlySet<string>;
  readonly allowed: ReadonlySet<string>;
  readonly denied: ReadonlySet<string>;
  readonly mentions: MentionMatcher;
}

/** One place of the configuration that speaks about a conversation. */
export interface RuleLayer {
  /** Its path in the configuration, e.g. `router.channels.0`. */
  readonly origin: string;
  readonly rule: RouteRule;
}

/** What holds where nothing is configured. */
function defaultRule(router: RouterConfig, enabled: boolean): EffectiveRule {
  return {
    enabled,
    inbound_scope: "dm_only",
    allowed_channels: [],
    allowed_guilds: [],
    require_mention: true,
    mention_patterns: [],
    mention_roles: [],
    allow_from: [],
    deny_from: [],
    direct_message_policy: router.default_direct_message_policy,
    isolate_session_by_sender: router.default_isolate_session_by_sender,
    broadcast_strategy: router.default_broadcast_strategy,
    concurrency_limit: router.default_concurrency_limit,
    response_prefix: textOrNull(router.default_response_prefix),
    auto_ack_text: null,
    auto_reaction: null,
    reply_mentions: [],
  };
}

/**
 * The rule that all layers make together: a later layer replaces what an earlier one says, except that deny lists
 * add up. Where there is a layer at all, messages are answered unless one says otherwise.
 * @param layers from the most general to the closest
 */
export function effectiveRule(router: RouterConfig, layers: readonly RuleLayer[]): EffectiveRule {
  let rule = defaultRule(router, layers.length > 0 || router.default_channel_enabled);
  for (const { rule: layer } of layers) {
    rule = {
      enabled: layer.enabled ?? rule.enabled,
      inbound_scope: layer.inbound_scope ?? rule.inbound_scope,
      allowed_channels: layer.allowed_channels ?? rule.allowed_channels,
      allowed_guilds: layer.allowed_guilds ?? rule.allowed_guilds,
      require_mention: layer.require_mention ?? rule.require_mention,
      mention_patterns: layer.mention_patterns ?? rule.mention_patterns,
      mention_roles: layer.mention_roles ?? rule.mention_roles,
      allow_from: layer.allow_from ?? rule.allow_from,
      deny_from: [...rule.deny_from, ...(layer.deny_from ?? [])],
      direct_message_policy: layer.direct_message_policy ?? rule.direct_message_policy,
      isolate_session_by_sender: layer.isolate_session_by_sender ?? rule.isolate_session_by_sender,
      broadcast_strategy: layer.broadcast_strategy ?? rule.broadcast_strategy,
      concurrency_limit: layer.concurrency_limit ?? rule.concurrency_limit,
      response_prefix: replaced(layer.response_prefix, rule.response_prefix),
      auto_ack_text: replaced(layer.auto_ack_text, rule.auto_ack_text),
      auto_reaction: replaced(layer.auto_reaction, rule.auto_reaction),
      reply_mentions: layer.reply_mentions ?? rule.reply_mentions,
    };
  }
  return rule;
}

/** @throws `config_invalid` for a mention pattern that cannot be used */
export function compileRule(provider: string, rule: EffectiveRule, origins: readonly string[]): CompiledRule {
  return {
    ...rule,
    origins,
    channels: new Set(rule.allowed_channels.map((id) => canonicalConversation(provider, id))),
    guilds: new Set(rule.allowed_guilds.map((id) => canonicalGuild(provider, id))),
    allowed: canonicalList(provider, rule.allow_from),
    denied: canonicalList(provider, rule.deny_from),
    mentions: compileMentions({ patterns: rule.mention_patterns, roles: rule.mention_roles }),
  };
}

/** Canonical entries of an allow or deny list; blank ones are left out. */
export function canonicalList(provider: string, entries: readonly string[]): ReadonlySet<string> {
  return new Set(
    entries.map((entry) => canonicalListEntry(provider, entry)).filter((entry) => entry !== null),
  );
}

/** A blank text takes away what a more general place says. */
function replaced(text: string | undefined, general: string | null): string | null {
  return text === undefined ? general : textOrNull(text);
}

/** A prefix keeps the space at its end. */
function textOrNull(text: string | undefined): string | null {
  return text === undefined || text.trim() === "" ? null : text;
}
