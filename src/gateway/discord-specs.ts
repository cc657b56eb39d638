import type { AdapterHost } from "../connectors/connector-adapter.ts";
import type { ConnectorSpec } from "../connectors/connector-instance.ts";
import { compileRuleSet, type RuleSet } from "../connectors/router/rule-set.ts";
import type { RoutingRules } from "../connectors/router.ts";
import { discordConnectorId, discordTokenRef, type GatewayConfig } from "../contracts/gateway-config.ts";
import { routingConfigOf } from "./routing-config.ts";

type DiscordModule = typeof import("../connectors/discord/discord-adapter.ts");

/** Routing rules of a Discord account, as its section in `palyra.toml` and the rules around it say. */
function discordRules(connectorId: string, rules: RuleSet): RoutingRules {
  const rule = rules.ruleFor(connectorId, { conversation: null, parent: null, guild: null });
  return {
    enabled: rule.enabled && rules.router.enabled,
    inboundScope: rule.inbound_scope,
    allowedConversations: rule.channels,
    requireMention: rule.require_mention,
    directMessagePolicy: rule.direct_message_policy,
  };
}

/** Connectors for the Discord accounts of a configuration. */
export function discordSpecs(config: GatewayConfig, discord: DiscordModule): ConnectorSpec[] {
  const rules = compileRuleSet(routingConfigOf(config));
  return Object.entries(config.channels.discord).map(([account, channel]) => {
    const connectorId = discordConnectorId(account);
    const tokenRef = discordTokenRef(account);
    return {
      connectorId,
      kind: "discord",
      enabled: channel.enabled,
      tokenRef,
      egressAllowlist: [new URL(channel.api_base).hostname, "*.discord.gg"],
      rules: discordRules(connectorId, rules),
      connectionKey: channel.api_base,
      createAdapter: (host: AdapterHost, log) =>
        new discord.DiscordAdapter({ connectorId, apiBase: channel.api_base, tokenRef, host, log }),
    };
  });
}
