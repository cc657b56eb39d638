import type { DecisionStep } from "../../../../src/connectors/router/decide-route.ts";
import { decideRoute, type RouteDecision } from "../../../../src/connectors/router/decide-route.ts";
import { type DescribedMessage, factsOf } from "../../../../src/connectors/router/message-facts.ts";
import { loadRegexEngine } from "../../../../src/connectors/router/regex-engine.ts";
import type { MemoryFacts } from "../../../../src/connectors/router/route-checks.ts";
import { compileRuleSet, type RuleSet } from "../../../../src/connectors/router/rule-set.ts";
import { RouteRule, RouterConfig } from "../../../../src/contracts/router-config.ts";

await loadRegexEngine();

export const quiet: MemoryFacts = { isPaired: false, activeTurns: 0 };

/** Rules of one account `discord:default`, and of the router around it, written as in the configuration. */
export function rulesOf(account: unknown, router: unknown = {}): RuleSet {
  return compileRuleSet({
    router: RouterConfig.parse(router),
    accounts: {
      "discord:default": { origin: "channels.discord.default", rule: RouteRule.parse(account) },
    },
  });
}

/** A message of Ada in the server channel 100, mentioning the bot, unless something else is said. */
export function messageOf(change: Partial<DescribedMessage> = {}): DescribedMessage {
  return {
    channel: "discord:default",
    conversation: "100",
    guild: "900",
    sender: "42",
    senderVerified: true,
    addressesBot: true,
    text: "hello",
    ...change,
  };
}

export function directMessage(change: Partial<DescribedMessage> = {}): DescribedMessage {
  return messageOf({ guild: null, isDirectMessage: true, addressesBot: false, ...change });
}

export function decide(
  message: DescribedMessage,
  rules: RuleSet,
  memory: MemoryFacts = quiet,
): RouteDecision {
  return decideRoute(factsOf(message), rules, memory);
}

/** `routed`, or the reason. */
export function verdict(message: DescribedMessage, rules: RuleSet, memory: MemoryFacts = quiet): string {
  const decision = decide(message, rules, memory);
  return decision.kind === "route" ? "routed" : decision.reason;
}

export function lastStep(decision: RouteDecision): DecisionStep | undefined {
  return decision.steps.at(-1);
}
