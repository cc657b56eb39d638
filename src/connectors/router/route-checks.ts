import type { RefusalReason, WaitReason } from "../../contracts/route-reasons.ts";
import type { MentionMatch } from "./mention-patterns.ts";
import type { MessageFacts } from "./message-facts.ts";
import { pairingCodeIn } from "./pairing/pairing-code.ts";
import type { CompiledRule } from "./route-rule.ts";
import type { RuleSet } from "./rule-set.ts";

/** What the gateway remembers and the rules do not say. */
export interface MemoryFacts {
  /** Whether the sender has a pairing grant now. */
  readonly isPaired: boolean;
  /** Messages of this connector that are being answered now. */
  readonly activeTurns: number;
}

/** Everything a check may look at. */
export interface RouteContext {
  readonly facts: MessageFacts;
  readonly memory: MemoryFacts;
  readonly rules: RuleSet;
  readonly rule: CompiledRule;
  /** What the bot was called by; looked for only when a check asks. */
  readonly mention: () => MentionMatch | null;
}

/** What a check says; null when it has nothing to say about this message. */
export type Verdict =
  | null
  | { readonly pass: string; readonly subject?: string }
  | {
      readonly no: RefusalReason;
      readonly because: string;
      readonly subject?: string;
      /** The code a person sent to be paired. */
      readonly pairingCode?: string;
    }
  | { readonly wait: WaitReason; readonly because: string };

interface Check {
  readonly name: string;
  readonly judge: (context: RouteContext) => Verdict;
}

/** In this order; the first "no" ends it. Who must never be answered comes before everything that can be said. */
export const routeChecks: readonly Check[] = [
  { name: "router", judge: judgeRouter },
  { name: "channel", judge: judgeChannel },
  { name: "deny_list", judge: judgeDenyList },
  { name: "content", judge: judgeContent },
  { name: "size", judge: judgeSize },
  { name: "scope", judge: judgeScope },
  { name: "allow_list", judge: judgeAllowList },
  { name: "direct_message", judge: judgeDirectMessage },
  { name: "mention", judge: judgeMention },
  { name: "broadcast", judge: judgeBroadcast },
  { name: "concurrency", judge: judgeConcurrency },
];

function judgeRouter({ rules }: RouteContext): Verdict {
  if (rules.router.enabled) return { pass: "Answering is switched on." };
  return { no: "channel_router_disabled", because: "router.enabled is false." };
}

function judgeChannel({ facts, rule }: RouteContext): Verdict {
  if (facts.channel === "") return { no: "channel_missing", because: "There is no connector id." };
  const subject = rule.origins.at(-1) ?? "router";
  if (rule.enabled) return { pass: "The channel is switched on.", subject };
  const because =
    rule.origins.length === 0
      ? "Nothing is configured for this channel, and router.default_channel_enabled is false."
      : "A rule for this channel says enabled = false.";
  return { no: "channel_disabled", because, subject };
}

function judgeDenyList({ facts, rule }: RouteContext): Verdict {
  if (rule.denied.size === 0) return null;
  const entry = entryFor(facts, rule.denied);
  if (entry === null) return { pass: "Nobody in deny_from is the sender." };
  return { no: "sender_denied", because: "The sender is in deny_from.", subject: entry };
}

function judgeContent({ facts }: RouteContext): Verdict {
  if (facts.text.trim() !== "") return { pass: "There is text." };
  if (facts.hasAttachments) return { pass: "There is an attachment." };
  // Only the mention itself is enough to be greeted.
  if (facts.addressesBot) return { pass: "The bot was called, with nothing else." };
  return { no: "message_empty", because: "There is neither text nor an attachment." };
}

function judgeSize({ facts, rules }: RouteContext): Verdict {
  const limit = rules.router.max_message_bytes;
  if (Buffer.byteLength(facts.text) <= limit) return { pass: "The text is within router.max_message_bytes." };
  return {
    no: "message_oversized",
    because: "The text is longer than router.max_message_bytes.",
    subject: String(limit),
  };
}

function judgeScope({ facts, rule }: RouteContext): Verdict {
  if (facts.isDirectMessage) return null;
  if (rule.inbound_scope === "dm_only") {
    return {
      no: "outside_inbound_scope",
      because: "inbound_scope is dm_only, and this is a server channel.",
    };
  }
  if (rule.guilds.size > 0 && (facts.guild === null || !rule.guilds.has(facts.guild))) {
    return {
      no: "guild_not_allowlisted",
      because: "The server is not in allowed_guilds.",
      ...subjectOf(facts.guild),
    };
  }
  if (rule.inbound_scope === "open_guild_channels") return { pass: "inbound_scope is open_guild_channels." };
  const listed = [facts.conversation, facts.parentConversation].find(
    (id) => id !== null && rule.channels.has(id),
  );
  if (listed !== undefined && listed !== null) {
    return { pass: "The channel is in allowed_channels.", subject: listed };
  }
  return {
    no: "conversation_not_allowlisted",
    because: "The channel is not in allowed_channels.",
    ...subjectOf(facts.conversation),
  };
}

function judgeAllowList({ facts, rule }: RouteContext): Verdict {
  const isPairingMatter = facts.isDirectMessage && rule.direct_message_policy === "pairing";
  if (rule.allowed.size === 0 || isPairingMatter) return null;
  if (facts.sender === null) {
    return { no: "sender_missing_for_allowlist", because: "allow_from is set, and there is no sender." };
  }
  if (!facts.senderVerified) {
    return {
      no: "sender_unverified_for_allowlist",
      because: "allow_from is set, and the sender is not verified.",
    };
  }
  const entry = entryFor(facts, rule.allowed);
  if (entry !== null) return { pass: "The sender is in allow_from.", subject: entry };
  return { no: "sender_not_allowlisted", because: "The sender is not in allow_from.", subject: facts.sender };
}

function judgeDirectMessage({ facts, rule, memory }: RouteContext): Verdict {
  if (!facts.isDirectMessage) return null;
  if (rule.direct_message_policy === "allow") return { pass: "direct_message_policy is allow." };
  if (rule.direct_message_policy === "deny") {
    return { no: "direct_message_denied_by_policy", because: "direct_message_policy is deny." };
  }
  if (facts.sender === null) {
    return { no: "sender_missing_for_dm_pairing", because: "Pairing needs a sender, and there is none." };
  }
  if (!facts.senderVerified) {
    return { no: "sender_unverified_for_dm_pairing", because: "Pairing needs a verified sender." };
  }
  const entry = entryFor(facts, rule.allowed);
  const pairingCode = pairingCodeIn(facts.text, memory.isPaired || entry !== null);
  if (pairingCode !== null) {
    const because = "The message is “pair” with a code.";
    return { no: "direct_message_pairing_code", because, pairingCode };
  }
  if (entry !== null) return { pass: "The sender is in allow_from.", subject: entry };
  if (memory.isPaired) return { pass: "The sender is paired.", subject: facts.sender };
  return {
    no: "direct_message_pairing_required",
    because: "direct_message_policy is pairing, and the sender is neither paired nor in allow_from.",
    subject: facts.sender,
  };
}

function judgeMention({ facts, rule, mention }: RouteContext): Verdict {
  if (facts.isDirectMessage) return null;
  if (!rule.require_mention) return { pass: "require_mention is false." };
  const found = mention();
  if (found === null) {
    return {
      no: "no_matching_mention_or_dm_policy",
      because: "require_mention is true, and nothing in the message calls the bot.",
    };
  }
  return { pass: "The message calls the bot.", subject: found.pattern };
}

function judgeBroadcast({ facts, rule, mention }: RouteContext): Verdict {
  if (!facts.requestedBroadcast) return null;
  if (rule.broadcast_strategy === "deny") {
    return { no: "broadcast_denied_by_policy", because: "broadcast_strategy is deny." };
  }
  if (rule.broadcast_strategy === "allow") return { pass: "broadcast_strategy is allow." };
  if (mention() === null) {
    return {
      no: "broadcast_requires_mention_match",
      because: "broadcast_strategy is mention_only, and nothing in the message calls the bot.",
    };
  }
  return { pass: "The message calls the bot, as broadcast_strategy asks." };
}

function judgeConcurrency({ rule, memory }: RouteContext): Verdict {
  if (memory.activeTurns < rule.concurrency_limit) return { pass: "There is room under concurrency_limit." };
  return {
    wait: "concurrency_limit_reached",
    because: "As many messages as concurrency_limit allows are being answered.",
  };
}

/** The entry of a list that is the sender, or a role of theirs. */
function entryFor(facts: MessageFacts, list: ReadonlySet<string>): string | null {
  if (facts.sender !== null && list.has(facts.sender)) return facts.sender;
  return facts.roles.find((role) => list.has(role)) ?? null;
}

function subjectOf(id: string | null): { subject?: string } {
  return id === null ? {} : { subject: id };
}
