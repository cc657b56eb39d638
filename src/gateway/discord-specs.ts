import type { AdapterHost } from "../connectors/connector-adapter.ts";
import type { ConnectorSpec } from "../connectors/connector-instance.ts";
import { conversationOf } from "../connectors/discord/ids.ts";
import type { RoutingRules } from "../connectors/router.ts";
import {
  type DiscordChannelConfig,
  discordConnectorId,
  discordTokenRef,
  type GatewayConfig,
} from "../contracts/gateway-config.ts";

type DiscordModule = typeof import("../connectors/discord/discord-adapter.ts");

/** Routing rules of a Discord account, as its section in `palyra.toml` says. */
export function discordRules(config: DiscordChannelConfig): RoutingRules {
  return {
    enabled: config.enabled,
    inboundScope: config.inbound_scope,
    allowedConversations: new Set(config.allowed_channels.map(conversationOf)),
    requireMention: config.require_mention,
    directMessagePolicy: config.direct_message_policy,
  };
}

/** Connectors for the Discord accounts of a configuration. */
export function discordSpecs(config: GatewayConfig, discord: DiscordModule): ConnectorSpec[] {
  return Object.entries(config.channels.discord).map(([account, channel]) => {
    const connectorId = discordConnectorId(account);
    const tokenRef = discordTokenRef(account);
    return {
      connectorId,
      kind: "discord",
      rules: discordRules(channel),
      connectionKey: channel.api_base,
      createAdapter: (host: AdapterHost, log) =>
        new discord.DiscordAdapter({ connectorId, apiBase: channel.api_base, tokenRef, host, log }),
    };
  });
}
