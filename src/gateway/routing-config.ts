import type { RoutingConfig } from "../connectors/router/rule-set.ts";
import { discordConnectorId, type GatewayConfig } from "../contracts/gateway-config.ts";

/** What `palyra.toml` says about routing: the router, and the rule of each account. */
export function routingConfigOf(config: GatewayConfig): RoutingConfig {
  const accounts = Object.entries(config.channels.discord).map(([account, section]) => {
    const { api_base: _base, answer_bots: _bots, ...rule } = section;
    return [discordConnectorId(account), { origin: `channels.discord.${account}`, rule }];
  });
  return { router: config.router, accounts: Object.fromEntries(accounts) };
}
