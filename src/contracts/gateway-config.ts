import * as z from "zod";

/** Version of `palyra.toml` written by this code. */
export const gatewayConfigVersion = 1;

/** Lower-case letters, digits, `.`, `_`, `-`. */
export const AccountId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "use lower-case letters, digits, . _ -");

export const snowflakePattern = /^\d{16,20}$/;
export const Snowflake = z.string().regex(snowflakePattern, "must be a Discord id (16 to 20 digits)");

/** `[channels.discord.ACCOUNT]` in `palyra.toml`. */
export const DiscordChannelConfig = z.strictObject({
  enabled: z.boolean().default(true),
  /** Base of Discord's REST API; another one is for a compatible server or the simulator. */
  api_base: z.url({ protocol: /^https?$/ }).default("https://discord.com/api"),
  inbound_scope: z.enum(["dm_only", "allowlisted_guild_channels", "open_guild_channels"]).default("dm_only"),
  /** Channels that count for `allowlisted_guild_channels`. */
  allowed_channels: z.array(Snowflake).max(256).default([]),
  require_mention: z.boolean().default(true),
  direct_message_policy: z.enum(["deny", "pairing", "allow"]).default("pairing"),
});
export type DiscordChannelConfig = z.infer<typeof DiscordChannelConfig>;

/** `palyra.toml`: channels, router, models and tools of the gateway. */
export const GatewayConfig = z.strictObject({
  version: z.literal(gatewayConfigVersion).default(gatewayConfigVersion),
  channels: z
    .strictObject({ discord: z.record(AccountId, DiscordChannelConfig).default({}) })
    .default({ discord: {} }),
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
