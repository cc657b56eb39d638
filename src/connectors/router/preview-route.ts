import { refusalSentences, waitingSentences } from "../../contracts/route-reasons.ts";
import { type DecisionStep, decideRoute } from "./decide-route.ts";
import { type DescribedMessage, factsOf } from "./message-facts.ts";
import type { MemoryFacts } from "./route-checks.ts";
import type { RuleSet } from "./rule-set.ts";

/** What would become of a message, and why, step by step. */
export interface RoutePreview {
  readonly accepted: boolean;
  /** `routed`, or the code of the refusal or of what it waits for. */
  readonly reason: string;
  /** The reason in one sentence. */
  readonly sentence: string;
  readonly routeKey: string | null;
  readonly sessionKey: string | null;
  readonly senderIdentity: string | null;
  readonly configHash: string;
  /** Places of the configuration that apply, the most general first. */
  readonly origins: readonly string[];
  readonly steps: readonly DecisionStep[];
}

/** Explains the decision about a described message. Decides by the very function that routes, and changes nothing. */
export function previewRoute(message: DescribedMessage, rules: RuleSet, memory: MemoryFacts): RoutePreview {
  const facts = factsOf(message);
  const decision = decideRoute(facts, rules, memory);
  const place = { conversation: facts.conversation, parent: facts.parentConversation, guild: facts.guild };
  const common = {
    senderIdentity: facts.sender,
    configHash: rules.hash,
    origins: rules.ruleFor(facts.channel, place).origins,
    steps: decision.steps,
  };
  if (decision.kind === "route") {
    const { routeKey, sessionKey } = decision.plan;
    return {
      accepted: true,
      reason: "routed",
      sentence: "The message is answered.",
      routeKey,
      sessionKey,
      ...common,
    };
  }
  const sentence =
    decision.kind === "no" ? refusalSentences[decision.reason] : waitingSentences[decision.reason];
  return {
    accepted: false,
    reason: decision.reason,
    sentence,
    routeKey: null,
    sessionKey: null,
    ...common,
  };
}
