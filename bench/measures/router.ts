import { decideRoute } from "../../src/connectors/router/decide-route.ts";
import { factsOf } from "../../src/connectors/router/message-facts.ts";
import { compileRuleSet } from "../../src/connectors/router/rule-set.ts";
import { type MentionPattern, RouteRule, RouterConfig } from "../../src/contracts/router-config.ts";
import { atMost, type BenchResult, percentile } from "../result.ts";

const decisions = 20_000;
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
  const memory = { isPaired: false, activeTurns: 0 };
  const times: number[] = [];
  // The first tenth warms up and is not counted.
  for (let index = -decisions / 10; index < decisions; index += 1) {
    const text = Array.from(
      { length: 8 + (Math.abs(index) % 40) },
      (_, at) => words[Math.abs(index * 7 + at * at) % words.length],
    );
    const facts = {
      channel: "discord:default",
      conversation: `discord:channel:${Math.abs(index) % 500}`,
      guild: "9",
      sender: String(100 + (Math.abs(index) % 64)),
      senderVerified: true,
      text: text.join(" "),
    };
    const began = performance.now();
    decideRoute(factsOf(facts), rules, memory);
    if (index >= 0) times.push((performance.now() - began) * 1_000);
  }
  return atMost(name, Number(percentile(times, 0.99).toFixed(1)), "us", 50);
}
