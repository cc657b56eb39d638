import { decideRoute } from "../../src/connectors/router/decide-route.ts";
import { factsOf } from "../../src/connectors/router/message-facts.ts";
import { loadRegexEngine } from "../../src/connectors/router/regex-engine.ts";
import { compileRuleSet, type RuleSet } from "../../src/connectors/router/rule-set.ts";
import { type MentionPattern, RouteRule, RouterConfig } from "../../src/contracts/router-config.ts";
import { atMost, type BenchResult, percentile } from "../result.ts";

await loadRegexEngine();

const rounds = 9;
const decisions = 4_000;
const words = "the quick brown fox asks palyra, team@palyra.io or (someone) else about 42 things".split(" ");

/** A routing decision about messages of a chat, with 64 mention patterns that mostly do not match. */
export function measure(): Promise<BenchResult[]> {
  const literals = Array.from({ length: 64 }, (_, index) => `@palyra-${index}`);
  const mixed = literals.map(
    (literal, index): MentionPattern =>
      index % 2 === 0 ? literal : { regex: `\\b(hey|ok|yo)\\s+palyra${index}\\b` },
  );
  return Promise.resolve([
    measureWith("routing decision, 64 literal patterns, p99", literals),
    measureWith("routing decision, 32 literals and 32 regular expressions, p99", mixed),
  ]);
}

function measureWith(name: string, mention_patterns: readonly MentionPattern[]): BenchResult {
  const rules = compileRuleSet({
    router: RouterConfig.parse({ channels: [{ channel: "discord:*", deny_from: ["1"] }] }),
    accounts: {
      "discord:default": {
        origin: "channels.discord.default",
        rule: RouteRule.parse({
          inbound_scope: "open_guild_channels",
          mention_patterns,
          allow_from: Array.from({ length: 64 }, (_, index) => `<@${index + 100}>`),
        }),
      },
    },
  });
  // The first round warms up. The median of the rounds is not moved by one in which the machine was busy.
  const p99s = Array.from({ length: rounds + 1 }, () => percentile(decide(rules), 0.99)).slice(1);
  return atMost(name, Number(percentile(p99s, 0.5).toFixed(1)), "us", 50);
}

/** Times of one round, in microseconds. */
function decide(rules: RuleSet): number[] {
  const memory = { isPaired: false, activeTurns: 0 };
  return Array.from({ length: decisions }, (_, index) => {
    const text = Array.from(
      { length: 8 + (index % 40) },
      (_, at) => words[(index * 7 + at * at) % words.length],
    );
    const message = {
      channel: "discord:default",
      conversation: `discord:channel:${index % 500}`,
      guild: "9",
      sender: String(100 + (index % 64)),
      senderVerified: true,
      text: text.join(" "),
    };
    const began = performance.now();
    const decision = decideRoute(factsOf(message), rules, memory);
    const time = (performance.now() - began) * 1_000;
    // Only a message that no pattern matches has been compared with all of them.
    if (decision.kind !== "no" || decision.reason !== "no_matching_mention_or_dm_policy") {
      throw new Error(`a decision of the measure was ${decision.kind}, not a missing mention`);
    }
    return time;
  });
}
