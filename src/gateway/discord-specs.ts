import type { AttachmentSetup } from "../connectors/attachments/fetched-file.ts";
import type { AdapterHost } from "../connectors/connector-adapter.ts";
import type { ConnectorSpec } from "../connectors/connector-instance.ts";
import type { NativeCommandHost } from "../connectors/discord/commands/answer-interaction.ts";
import { discordConnectorId, discordTokenRef, type GatewayConfig } from "../contracts/gateway-config.ts";

type DiscordModule = typeof import("../connectors/discord/discord-adapter.ts");

/**
 * Connectors for the Discord accounts of a configuration.
 * @param commandsOf slash commands of a connector
 * @param attachments limits and place of files, shared by all
 */
export function discordSpecs(
  config: GatewayConfig,
  discord: DiscordModule,
  commandsOf: (connectorId: string) => NativeCommandHost,
  attachments: AttachmentSetup,
): ConnectorSpec[] {
  return Object.entries(config.channels.discord).map(([account, channel]) => {
    const connectorId = discordConnectorId(account);
    const tokenRef = discordTokenRef(account);
    return {
      connectorId,
      kind: "discord",
      enabled: channel.enabled,
      tokenRef,
      egressAllowlist: [new URL(channel.api_base).hostname, "*.discord.gg"],
      connectionKey: JSON.stringify([channel.api_base, [...channel.answer_bots].sort()]),
      createAdapter: (host: AdapterHost, log) =>
        new discord.DiscordAdapter({
          connectorId,
          apiBase: channel.api_base,
          tokenRef,
          answeredBots: new Set(channel.answer_bots),
          host,
          log,
          commands: commandsOf(connectorId),
          attachments,
        }),
    };
  });
}
