import * as z from "zod";
import { QueueStatus } from "./connector-operations.ts";
import { Snowflake } from "./discord-id.ts";
import { AccountId } from "./gateway-config.ts";
import { ConnectorId } from "./http-channels.ts";
import { routeRuleShape } from "./router-config.ts";
import { ConnectorStatus } from "./sidecar-status.ts";

/** Times of onboarding, in milliseconds. */
export const onboardingTimes = {
  /** Longest wait until a new account is connected. */
  connectDefault: 20_000,
  connectMax: 60_000,
  /** Longest wait for somebody's first message within one request; it may be asked again. */
  verifyDefault: 60_000,
  verifyMax: 120_000,
} as const;

/** A bot token as people paste it; a leading “Bot ” and white space around it are taken off. Never stored by a probe. */
export const TypedToken = z
  .string()
  .max(4_096)
  .transform((text) => text.trim().replace(/^bot\s+/i, ""))
  .pipe(z.string().regex(/^[!-~]+$/, "must be one word of printable ASCII characters"));

/** Which account, with which token and at which Discord. */
const credentialShape = {
  account_id: AccountId.default("default"),
  /** A token that was typed just now. Left out: the stored one of the account. */
  token: TypedToken.optional(),
  /** Left out: as the account's section says, or Discord itself. The simulated Discord tells its own. */
  api_base: z.url({ protocol: /^https?$/ }).optional(),
} as const;

const { inbound_scope, allowed_guilds, allowed_channels, require_mention, mention_patterns } = routeRuleShape;
const { allow_from, deny_from, direct_message_policy, broadcast_strategy, concurrency_limit } =
  routeRuleShape;

/**
 * Who shall be answered. What is left out stays as it is in the account's section; in a new section it becomes
 * `newAccountPlan`.
 */
export const OnboardingPlan = z.strictObject({
  inbound_scope,
  allowed_guilds,
  allowed_channels,
  require_mention,
  mention_patterns,
  allow_from,
  deny_from,
  direct_message_policy,
  broadcast_strategy,
  concurrency_limit,
});
export type OnboardingPlan = z.infer<typeof OnboardingPlan>;

/** What a new account begins with where the plan says nothing: narrow, to be opened on purpose. */
export const newAccountPlan = {
  inbound_scope: "dm_only",
  require_mention: true,
  direct_message_policy: "pairing",
  broadcast_strategy: "deny",
  concurrency_limit: 2,
} as const satisfies OnboardingPlan;

export const CheckId = z.enum([
  "token",
  "account_unique",
  "application",
  "message_content_intent",
  "guild_members_intent",
  "gateway",
  "session_starts",
  "servers",
  "channel",
]);
export type CheckId = z.infer<typeof CheckId>;
/** `unknown`: could not be found out, for a reason the message tells. */
export const CheckStatus = z.enum(["ok", "warning", "failed", "unknown"]);
export type CheckStatus = z.infer<typeof CheckStatus>;

export const OnboardingCheck = z.object({
  id: CheckId,
  status: CheckStatus,
  /** What was found, in one plain sentence. */
  message: z.string(),
  /** What to do about it; null when nothing needs to be done. */
  next_step: z.string().nullable(),
});
export type OnboardingCheck = z.infer<typeof OnboardingCheck>;

export const IntentState = z.enum(["enabled", "limited", "disabled"]);
export type IntentState = z.infer<typeof IntentState>;

/** One message somebody might write, and what would become of it under the plan. */
export const PreviewExample = z.object({
  /** Who writes what and where, e.g. “Somebody mentions the bot in #general”. */
  example: z.string(),
  answered: z.boolean(),
  /** `routed`, or the code of the refusal or of what it waits for. */
  reason: z.string(),
  sentence: z.string(),
});
export type PreviewExample = z.infer<typeof PreviewExample>;

/** The six permissions a bot is invited with, in one channel. */
export const ChannelPermissions = z.object({
  view_channels: z.boolean(),
  send_messages: z.boolean(),
  read_message_history: z.boolean(),
  embed_links: z.boolean(),
  attach_files: z.boolean(),
  send_messages_in_threads: z.boolean(),
});
export type ChannelPermissions = z.infer<typeof ChannelPermissions>;

export const ChannelCheck = z.object({
  channel_id: z.string(),
  guild_id: z.string().nullable(),
  name: z.string().nullable(),
  /** Null when Discord did not say; the check `channel` tells why. */
  permissions: ChannelPermissions.nullable(),
  /** Labels of those that are missing, as Discord's own app calls them. */
  missing: z.array(z.string()),
});
export type ChannelCheck = z.infer<typeof ChannelCheck>;

/** `POST …/channels/discord/onboarding/probe`: changes and stores nothing. */
export const ProbeRequest = z.strictObject({
  ...credentialShape,
  plan: OnboardingPlan.default({}),
  /** Also look at what the bot may do in this channel. */
  verify_channel_id: Snowflake.optional(),
});
export type ProbeRequest = z.infer<typeof ProbeRequest>;

export const Preflight = z.object({
  account_id: z.string(),
  connector_id: z.string(),
  /** Whether the account is in palyra.toml already. */
  is_configured: z.boolean(),
  token_source: z.enum(["typed", "stored"]),
  /** No check failed: `apply` can be tried. */
  ready: z.boolean(),
  checks: z.array(OnboardingCheck),
  /** Null while the token was not accepted. */
  bot: z.object({ id: z.string(), username: z.string() }).nullable(),
  application: z
    .object({
      id: z.string(),
      name: z.string(),
      /** Whether others than its owner may invite the bot. */
      is_public: z.boolean(),
      intents: z.object({ message_content: IntentState, guild_members: IntentState, presence: IntentState }),
    })
    .nullable(),
  /** Opens Discord's page that adds the bot to a server, with exactly the needed permissions. */
  invite_url: z.string().nullable(),
  required_permissions: z.array(z.string()),
  session_starts: z.object({ total: z.int(), remaining: z.int(), reset_after_ms: z.int() }).nullable(),
  channel: ChannelCheck.nullable(),
  /** The account's rule as it would be. */
  planned: OnboardingPlan,
  /** About the plan and what Discord told. */
  warnings: z.array(z.string()),
  /** Rules that are probably not meant. */
  policy_warnings: z.array(z.object({ code: z.string(), origin: z.string(), message: z.string() })),
  routing_preview: z.array(PreviewExample),
});
export type Preflight = z.infer<typeof Preflight>;
export const ProbeResponse = z.object({ preflight: Preflight });
export type ProbeResponse = z.infer<typeof ProbeResponse>;

const Limit = z.int().min(1).max(200).default(100);

/** `POST …/channels/discord/onboarding/guilds`: the servers the bot is in. A POST, because a token may be in it. */
export const GuildsRequest = z.strictObject({
  ...credentialShape,
  limit: Limit,
  /** `next_after` of the page before. */
  after: Snowflake.optional(),
});
export type GuildsRequest = z.infer<typeof GuildsRequest>;
export const GuildsResponse = z.object({
  guilds: z.array(z.object({ guild_id: z.string(), name: z.string() })),
  next_after: z.string().nullable(),
});
export type GuildsResponse = z.infer<typeof GuildsResponse>;

/** `POST …/channels/discord/onboarding/guild-channels`: where the bot could write in one server. */
export const GuildChannelsRequest = z.strictObject({
  ...credentialShape,
  guild_id: Snowflake,
  limit: Limit,
  after: Snowflake.optional(),
});
export type GuildChannelsRequest = z.infer<typeof GuildChannelsRequest>;
export const GuildChannel = ChannelCheck.extend({
  name: z.string(),
  kind: z.enum(["text", "announcement", "voice", "stage"]),
  /** Name of the category it is in. */
  category: z.string().nullable(),
  permissions: ChannelPermissions,
});
export type GuildChannel = z.infer<typeof GuildChannel>;
export const GuildChannelsResponse = z.object({
  guild: z.object({ guild_id: z.string(), name: z.string() }),
  /** In the order of Discord's app. Channels the bot does not see are in it, with what they lack. */
  channels: z.array(GuildChannel),
  next_after: z.string().nullable(),
});
export type GuildChannelsResponse = z.infer<typeof GuildChannelsResponse>;

/** Longest wait for the connection. Closing the request before takes everything back. */
const ConnectTimeout = z
  .int()
  .min(1_000)
  .max(onboardingTimes.connectMax)
  .default(onboardingTimes.connectDefault);

/**
 * `POST …/channels/discord/onboarding/apply`: token into the secret store, section into palyra.toml, connected.
 * All of it or nothing.
 */
export const ApplyRequest = z.strictObject({
  ...ProbeRequest.shape,
  /** Has to be true for `open_guild_channels`: everybody in every server could be answered. */
  confirm_open_guild_channels: z.boolean().default(false),
  timeout_ms: ConnectTimeout,
});
export type ApplyRequest = z.infer<typeof ApplyRequest>;

/** An account after something was done to it. */
export const AccountState = z.object({
  account_id: z.string(),
  connector_id: z.string(),
  /** Null when the account is no more. */
  connector: ConnectorStatus.nullable(),
});

export const ApplyResponse = AccountState.extend({
  preflight: Preflight,
  applied: z.object({
    /** False when everything was as wished already. */
    changed: z.boolean(),
    token_stored: z.boolean(),
    config_path: z.string(),
    config_created: z.boolean(),
    config_changed: z.boolean(),
  }),
});
export type ApplyResponse = z.infer<typeof ApplyResponse>;

/** `POST …/channels/discord/accounts/login`: switches an account on and connects it. */
export const AccountLoginRequest = z.strictObject({
  account_id: AccountId.default("default"),
  /** A new token. Left out: the stored one. */
  token: TypedToken.optional(),
  timeout_ms: ConnectTimeout,
});
export type AccountLoginRequest = z.infer<typeof AccountLoginRequest>;
export const AccountLoginResponse = AccountState.extend({
  bot: z.object({ id: z.string(), username: z.string() }),
  token_stored: z.boolean(),
});
export type AccountLoginResponse = z.infer<typeof AccountLoginResponse>;

/** The account named in the address, as in `POST …/channels/discord/accounts/{account_id}/logout`. */
export const AccountParams = z.object({ account_id: AccountId });

/** `POST …/channels/discord/accounts/logout`: disconnects and stays so; the account's settings are kept. */
export const AccountLogoutRequest = z.strictObject({
  account_id: AccountId.default("default"),
  /** Also delete the stored token; the next login needs a new one. */
  delete_credential: z.boolean().default(false),
});
export type AccountLogoutRequest = z.infer<typeof AccountLogoutRequest>;
/** The same where the address names the account. */
export const NamedAccountLogoutRequest = AccountLogoutRequest.omit({ account_id: true });
export const AccountLogoutResponse = AccountState.extend({ credential_deleted: z.boolean() });
export type AccountLogoutResponse = z.infer<typeof AccountLogoutResponse>;

/** `POST …/channels/discord/accounts/remove`: out of palyra.toml, its token and its queue with it. */
export const AccountRemoveRequest = z.strictObject({
  account_id: AccountId,
  confirm: z.literal(true, { error: "must be true: what waits in the queue is let go" }),
  keep_credential: z.boolean().default(false),
  /** Keep its events and dead letters. */
  keep_history: z.boolean().default(true),
});
export type AccountRemoveRequest = z.infer<typeof AccountRemoveRequest>;
/** The same where the address names the account. */
export const NamedAccountRemoveRequest = AccountRemoveRequest.omit({ account_id: true });
export const AccountRemoveResponse = AccountState.extend({
  connector: z.null(),
  credential_deleted: z.boolean(),
  config_path: z.string(),
  /** What was in the queue and is gone with it. */
  queue_before: QueueStatus.nullable(),
});
export type AccountRemoveResponse = z.infer<typeof AccountRemoveResponse>;

/** `GET …/channels/discord/accounts`: accounts in palyra.toml. */
export const AccountsResponse = z.object({
  accounts: z.array(
    z.object({
      account_id: z.string(),
      connector_id: z.string(),
      enabled: z.boolean(),
      api_base: z.string(),
      /** Whether a token is stored; null when the control center could not be asked. */
      has_credential: z.boolean().nullable(),
      connector: ConnectorStatus.nullable(),
    }),
  ),
});
export type AccountsResponse = z.infer<typeof AccountsResponse>;

/**
 * `POST …/channels/discord/onboarding/verify`: waits for the next message somebody writes to the bot, a direct one or
 * one that mentions it, and answers as soon as it is decided what becomes of it. Closing the request ends the wait.
 */
export const VerifyRequest = z.strictObject({
  account_id: AccountId.default("default"),
  /** Only messages in this channel or its threads. */
  channel_id: Snowflake.optional(),
  timeout_ms: z.int().min(1_000).max(onboardingTimes.verifyMax).default(onboardingTimes.verifyDefault),
});
export type VerifyRequest = z.infer<typeof VerifyRequest>;
export const VerifyResponse = z.object({
  connector_id: ConnectorId,
  /** `nothing_heard`: nobody wrote in time; ask again, or look at what the message tells. */
  outcome: z.enum(["answered", "not_answered", "nothing_heard"]),
  message: z.string(),
  next_step: z.string().nullable(),
  heard: z
    .object({
      sender_id: z.string(),
      sender_display: z.string().nullable(),
      conversation_id: z.string(),
      conversation: z.string(),
      is_direct_message: z.boolean(),
      /** `routed`, or why it is not answered. */
      reason: z.string(),
      received_at_unix_ms: z.int(),
    })
    .nullable(),
});
export type VerifyResponse = z.infer<typeof VerifyResponse>;
