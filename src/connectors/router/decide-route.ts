import type { RefusalReason, WaitReason } from "../../contracts/route-reasons.ts";
import type { ReplyMention } from "../../contracts/router-config.ts";
import { isCommandText } from "./command-text.ts";
import type { MentionMatch } from "./mention-patterns.ts";
import type { MessageFacts } from "./message-facts.ts";
import { type MemoryFacts, type RouteContext, routeChecks } from "./route-checks.ts";
import { routeKey, sessionKey } from "./route-keys.ts";
import type { CompiledRule } from "./route-rule.ts";
import type { RuleSet } from "./rule-set.ts";

/** How an accepted message is answered. */
export interface RoutePlan {
  readonly channel: string;
  readonly routeKey: string;
  readonly sessionKey: string;
  /** Canonical conversation id, to call the session by. */
  readonly sessionLabel: string | null;
  readonly senderIdentity: string | null;
  readonly isBroadcast: boolean;
  readonly responsePrefix: string | null;
  readonly autoAckText: string | null;
  readonly autoReaction: string | null;
  /** Whom the answer may notify. */
  readonly replyMentions: readonly ReplyMention[];
  readonly concurrencyLimit: number;
  /** What the message was recognised by; null where none was needed. */
  readonly mention: MentionMatch | null;
}

/** One thing that was looked at. */
export interface DecisionStep {
  readonly check: string;
  readonly outcome: "pass" | "stop" | "wait";
  /** One plain sentence. */
  readonly because: string;
  /** The entry or pattern that decided, as it is compared. */
  readonly subject: string | null;
}

export type RouteDecision =
  | { readonly kind: "route"; readonly plan: RoutePlan; readonly steps: readonly DecisionStep[] }
  | {
      readonly kind: "no";
      readonly reason: RefusalReason;
      /** The code a person sent to be paired; only with `direct_message_pairing_code`. */
      readonly pairingCode: string | null;
      readonly steps: readonly DecisionStep[];
    }
  | { readonly kind: "wait"; readonly reason: WaitReason; readonly steps: readonly DecisionStep[] };

/**
 * Decides what becomes of a message. Pure: the same facts, rules and memory give the same decision, so a preview
 * is this very function. The steps say what was looked at, in order; the last one decided.
 */
export function decideRoute(facts: MessageFacts, rules: RuleSet, memory: MemoryFacts): RouteDecision {
  const rule = rules.ruleFor(facts.channel, {
    conversation: facts.conversation,
    parent: facts.parentConversation,
    guild: facts.guild,
  });
  let match: MentionMatch | null | undefined;
  const mention = (): MentionMatch | null => {
    if (match === undefined) match = mentionOf(facts, rule);
    return match;
  };
  const context: RouteContext = { facts, memory, rules, rule, mention };
  const steps: DecisionStep[] = [];
  for (const { name, judge } of routeChecks) {
    const verdict = judge(context);
    if (verdict === null) continue;
    if ("pass" in verdict) {
      steps.push(step(name, "pass", verdict.pass, verdict.subject));
    } else if ("wait" in verdict) {
      steps.push(step(name, "wait", verdict.because));
      return { kind: "wait", reason: verdict.wait, steps };
    } else {
      steps.push(step(name, "stop", verdict.because, verdict.subject));
      return { kind: "no", reason: verdict.no, pairingCode: verdict.pairingCode ?? null, steps };
    }
  }
  return { kind: "route", plan: planOf(context, match ?? null), steps };
}

function step(
  check: string,
  outcome: DecisionStep["outcome"],
  because: string,
  subject?: string,
): DecisionStep {
  return { check, outcome, because, subject: subject ?? null };
}

function planOf({ facts, rule }: RouteContext, mention: MentionMatch | null): RoutePlan {
  const route = routeKey(facts.channel, facts.conversation);
  return {
    channel: facts.channel,
    routeKey: route,
    sessionKey: sessionKey(route, facts.sender, rule.isolate_session_by_sender),
    sessionLabel: facts.conversation,
    senderIdentity: facts.sender,
    isBroadcast: facts.requestedBroadcast,
    responsePrefix: rule.response_prefix,
    autoAckText: rule.auto_ack_text,
    autoReaction: rule.auto_reaction,
    replyMentions: rule.reply_mentions,
    concurrencyLimit: rule.concurrency_limit,
    mention,
  };
}

function mentionOf(facts: MessageFacts, rule: CompiledRule): MentionMatch | null {
  if (facts.addressesBot) return { kind: "entity", pattern: "<@bot>" };
  return isCommandText(facts.text)
    ? { kind: "command", pattern: "/palyra" }
    : rule.mentions.match(facts.text);
}
