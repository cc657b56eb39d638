import * as z from "zod";
import { Snowflake } from "./discord-id.ts";
import { MediaConfig } from "./media-config.ts";
import { RouterConfig, routeRuleShape } from "./router-config.ts";
import { WebhooksConfig } from "./webhooks-config.ts";

export { snowflakePattern } from "./discord-id.ts";

/** Version of `palyra.toml` written by this code. */
export const gatewayConfigVersion = 1;

/** Lower-case letters, digits, `.`, `_`, `-`. */
export const AccountId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "use lower-case letters, digits, . _ -");

/**
 * `[channels.discord.ACCOUNT]` in `palyra.toml`: the connection, and the account's routing rule. What the rule does not
 * say is decided by `[router]`.
 */
export const DiscordChannelConfig = z.strictObject({
  ...routeRuleShape,
  /** An account is switched on unless it says otherwise; a rule for all accounts cannot take that over. */
  enabled: z.boolean().default(true).describe("Whether the account connects and answers."),
  api_base: z
    .url({ protocol: /^https?$/ })
    .default("https://discord.com/api")
    .describe("Base of Discord's REST API; another one is for a compatible server or the simulator."),
  answer_bots: z
    .array(Snowflake)
    .max(64)
    .default([])
    .describe(
      "User ids of bots that are answered as people are; all other bots are ignored. Two bots that answer each other do not end by themselves.",
    ),
});
export type DiscordChannelConfig = z.infer<typeof DiscordChannelConfig>;

/** `palyra.toml`: channels, router, models and tools of the gateway. */
export const GatewayConfig = z.strictObject({
  version: z.literal(gatewayConfigVersion).default(gatewayConfigVersion),
  channels: z
    .strictObject({ discord: z.record(AccountId, DiscordChannelConfig).default({}) })
    .default({ discord: {} }),
  router: RouterConfig.default(RouterConfig.parse({})),
  media: MediaConfig.default(MediaConfig.parse({})),
  webhooks: WebhooksConfig.default({ hosts: [] }),
  model: z.strictObject({ provider: z.enum(["echo"]).default("echo") }).default({ provider: "echo" }),
});
export type GatewayConfig = z.infer<typeof GatewayConfig>;

/** Connector id of a Discord account: `discord:ACCOUNT`. */
export function discordConnectorId(account: string): string {
  return `discord:${account}`;
}

/** Reference of a Discord account's bot token in the secret store. */
export function discordTokenRef(account: string): string {
  return account === "default" ? "global/discord_bot_token" : `global/discord_bot_token.${account}`;
}
