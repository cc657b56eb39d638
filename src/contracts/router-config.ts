import * as z from "zod";
import { Snowflake } from "./discord-id.ts";

/** Bounds of routing rules; sizes in UTF-8 bytes. */
export const routerBounds = {
  mentionPatterns: 64,
  literalPattern: 128,
  regexPattern: 256,
  senders: 512,
  sender: 256,
  places: 256,
  rules: 64,
  text: 256,
  reaction: 64,
  concurrency: 32,
} as const;

const byteLength = (text: string): number => new TextEncoder().encode(text).length;
const bounded = (max: number) =>
  z.string().refine((text) => byteLength(text) <= max, { message: `must be at most ${max} bytes` });
const filled = (max: number) =>
  bounded(max).refine((text) => text.trim() !== "", { message: "must not be blank" });

export const InboundScope = z.enum(["dm_only", "allowlisted_guild_channels", "open_guild_channels"]);
export type InboundScope = z.infer<typeof InboundScope>;
export const DirectMessagePolicy = z.enum(["deny", "pairing", "allow"]);
export type DirectMessagePolicy = z.infer<typeof DirectMessagePolicy>;
export const BroadcastStrategy = z.enum(["deny", "mention_only", "allow"]);
export type BroadcastStrategy = z.infer<typeof BroadcastStrategy>;

/** Whom the text of an answer may notify; `author` is the person it answers. */
export const ReplyMention = z.enum(["author", "users", "roles", "everyone"]);
export type ReplyMention = z.infer<typeof ReplyMention>;

/** A literal text, or a tagged regular expression: `{ regex = "..." }`. */
export const MentionPattern = z.union([
  filled(routerBounds.literalPattern),
  z.strictObject({ regex: filled(routerBounds.regexPattern) }),
]);
export type MentionPattern = z.infer<typeof MentionPattern>;

const Sender = bounded(routerBounds.sender).regex(
  /^[A-Za-z0-9._\-@:/#<>!&\s]*$/,
  "must be an id, not a name: letters, digits and . _ - @ : / # < > ! &",
);
const Senders = z.array(Sender).max(routerBounds.senders);

/**
 * What can be said about an account and, more closely, about some of its conversations. Every key may be left
 * out: then the next more general place decides.
 */
export const routeRuleShape = {
  enabled: z.boolean().optional().describe("Whether messages are answered at all."),
  inbound_scope: InboundScope.optional().describe(
    "Where messages are answered: dm_only (direct messages only), allowlisted_guild_channels (also the channels in allowed_channels), open_guild_channels (also every server channel the bot sees).",
  ),
  allowed_channels: z
    .array(Snowflake)
    .max(routerBounds.places)
    .optional()
    .describe("Channel ids for allowlisted_guild_channels. A thread is allowed with its channel."),
  allowed_guilds: z
    .array(Snowflake)
    .max(routerBounds.places)
    .optional()
    .describe("Server ids outside of which nothing is answered but direct messages. Empty: any server."),
  require_mention: z
    .boolean()
    .optional()
    .describe("Whether a message in a server channel must mention the bot or match a pattern."),
  mention_patterns: z
    .array(MentionPattern)
    .max(routerBounds.mentionPatterns)
    .optional()
    .describe(
      'Texts that count as a mention besides the real one, such as "@palyra", and regular expressions written as { regex = "..." }. "*" matches every message.',
    ),
  mention_roles: z
    .array(Snowflake)
    .max(routerBounds.mentionPatterns)
    .optional()
    .describe("Role ids whose mention counts as a mention of the bot."),
  allow_from: Senders.optional().describe(
    "Only these are answered, when the list is not empty: user ids, <@ID>, discord:user:ID or discord:role:ID. Names never count.",
  ),
  deny_from: Senders.optional().describe(
    "Never answered, whatever else is set; same forms as allow_from. The lists of all places that apply add up.",
  ),
  direct_message_policy: DirectMessagePolicy.optional().describe(
    "Direct messages: deny, pairing (only people who entered a pairing code, or are in allow_from), or allow.",
  ),
  isolate_session_by_sender: z
    .boolean()
    .optional()
    .describe("Whether each person in a channel has a session of their own."),
  broadcast_strategy: BroadcastStrategy.optional().describe(
    "Messages that ask for an answer to everybody: deny, mention_only, or allow.",
  ),
  concurrency_limit: z
    .int()
    .min(1)
    .max(routerBounds.concurrency)
    .optional()
    .describe("How many messages of the account are answered at the same time; the others wait."),
  response_prefix: bounded(routerBounds.text).optional().describe("Text in front of every answer."),
  auto_ack_text: bounded(routerBounds.text)
    .optional()
    .describe("Text that is sent at once, before the answer."),
  auto_reaction: bounded(routerBounds.reaction)
    .optional()
    .describe("Emoji that is put on a message when it is accepted."),
  reply_mentions: z
    .array(ReplyMention)
    .max(ReplyMention.options.length)
    .optional()
    .describe(
      "Whom answers may notify: author (who is answered), users and roles that they mention, everyone. Empty: nobody.",
    ),
} as const;

/** Settings of one place: an account, or a `[[router.channels]]` entry. */
export const RouteRule = z.strictObject(routeRuleShape);
export type RouteRule = z.infer<typeof RouteRule>;

/** `[[router.channels]]`: settings for accounts, or some of their conversations, by pattern. */
export const RouterChannel = z.strictObject({
  channel: z
    .string()
    .trim()
    .toLowerCase()
    .regex(/^[a-z0-9._:*-]{1,128}$/, "use letters, digits, . _ : - and * for any text")
    .describe('Connector id such as "discord:default"; "*" stands for any text, as in "discord:*".'),
  conversations: z
    .array(filled(routerBounds.sender))
    .max(routerBounds.places)
    .optional()
    .describe(
      'Only these conversations: channel ids, "guild:ID", or patterns with "*". A thread counts as its channel.',
    ),
  ...routeRuleShape,
});
export type RouterChannel = z.infer<typeof RouterChannel>;

/** Messages of one person that follow each other quickly become one turn. */
export const CoalescingConfig = z.strictObject({
  enabled: z.boolean().default(false).describe("Whether messages in quick succession are answered as one."),
  debounce_ms: z
    .int()
    .min(0)
    .max(60_000)
    .default(0)
    .describe("A message waits this long for the next one, in milliseconds. 0: not at all."),
  max_tracked_keys: z
    .int()
    .min(1)
    .max(65_536)
    .default(1_024)
    .describe("Conversations and people that may wait at the same time; more are answered at once."),
  bypass_commands: z.boolean().default(true).describe("Commands never wait."),
  bypass_media: z.boolean().default(true).describe("Messages with attachments never wait."),
});
export type CoalescingConfig = z.infer<typeof CoalescingConfig>;

/** `[router]` in `palyra.toml`. */
export const RouterConfig = z.strictObject({
  enabled: z.boolean().default(true).describe("Whether any message is answered."),
  max_message_bytes: z
    .int()
    .min(1)
    .max(65_536)
    .default(32_768)
    .describe("Longest message that is answered, in bytes of UTF-8. Answers have limits of their own."),
  default_response_prefix: bounded(routerBounds.text)
    .optional()
    .describe("Text in front of every answer where no rule says another one."),
  default_channel_enabled: z
    .boolean()
    .default(false)
    .describe("Whether connectors without a section or rule of their own are answered."),
  default_direct_message_policy: DirectMessagePolicy.default("pairing").describe(
    "direct_message_policy where no rule says another one.",
  ),
  default_isolate_session_by_sender: z
    .boolean()
    .default(false)
    .describe("isolate_session_by_sender where no rule says otherwise."),
  default_broadcast_strategy: BroadcastStrategy.default("deny").describe(
    "broadcast_strategy where no rule says another one.",
  ),
  default_concurrency_limit: z
    .int()
    .min(1)
    .max(routerBounds.concurrency)
    .default(2)
    .describe("concurrency_limit where no rule says another one."),
  inbound_coalescing: CoalescingConfig.default(CoalescingConfig.parse({})).describe(
    "Answering messages in quick succession as one.",
  ),
  channels: z
    .array(RouterChannel)
    .max(routerBounds.rules)
    .default([])
    .describe(
      "Rules by pattern. A closer one wins: a channel with *, then the account's section, then a full channel, then one with conversations; among equals the later one.",
    ),
});
export type RouterConfig = z.infer<typeof RouterConfig>;
