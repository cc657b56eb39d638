import type { Command } from "commander";
import { RouterRulesResponse } from "../../../contracts/http-router.ts";
import { withExamples } from "../../examples.ts";
import { record } from "../../output/record.ts";
import { facts, table } from "../../output/table.ts";
import { needsGateway, type Shell, showFromGateway } from "../../shell.ts";

/** Adds `palyra channels router rules`. */
export function addRules(router: Command, shell: Shell): void {
  const rules = needsGateway(router.command("rules").description("show the routing rules that are applied"));
  withExamples(rules, "palyra channels router rules");
  rules.action(async (given: { start?: boolean }) => {
    await showFromGateway(shell, given, async (gateway) => {
      const answer = await gateway.get("/channels/router/rules", RouterRulesResponse);
      const { config, config_hash } = answer;
      return {
        data: answer,
        records: [
          record("channels.router.rules", {
            config_hash,
            enabled: config.enabled,
            channels: config.channels.length,
            default_direct_message_policy: config.default_direct_message_policy,
            default_broadcast_strategy: config.default_broadcast_strategy,
          }),
          ...config.channels.map((rule) =>
            record("channels.router.rule", { channel: rule.channel, settings: settingsOf(rule) }),
          ),
        ],
        lines: (paint, _now, width) => [
          ...facts(
            [
              ["answers", config.enabled ? "on" : { text: "off", style: "red" }],
              ["direct messages", config.default_direct_message_policy],
              ["to everybody", config.default_broadcast_strategy],
              ["at a time", config.default_concurrency_limit],
              ["longest message", `${config.max_message_bytes} bytes`],
            ],
            paint,
          ),
          "",
          ...(config.channels.length === 0
            ? ["There are no rules by pattern; each account has its own section."]
            : table(
                ["channel", "rule"],
                config.channels.map((rule) => [rule.channel, settingsOf(rule).join(", ")]),
                paint,
                width,
              )),
        ],
      };
    });
  });
}

function settingsOf({
  channel: _pattern,
  ...rule
}: RouterRulesResponse["config"]["channels"][number]): string[] {
  return Object.entries(rule).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
}
