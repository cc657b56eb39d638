import { type APIMessage, type APIUser, MessageReferenceType, MessageType } from "discord-api-types/v10";
import { connectorBounds, InboundMessageEvent } from "../../contracts/connector.ts";
import { cutToBytes } from "../../platform/cut-to-bytes.ts";
import type { ChannelFacts } from "./channel-directory.ts";
import { conversationOf, isSnowflake, personOf, snowflakeTime } from "./ids.ts";

/** Why a provider message is not an event at all. */
export type DropReason = "own_message" | "bot" | "webhook" | "system_message" | "malformed";

export type NormalisedMessage =
  | { readonly event: InboundMessageEvent }
  | { readonly dropped: DropReason; readonly detail?: string };

/** A message as it comes with MESSAGE_CREATE or from the REST API, which leaves out guild and member. */
export interface RawMessage extends APIMessage {
  readonly guild_id?: string;
  readonly member?: { readonly nick?: string | null; readonly roles?: readonly string[] };
}

export interface NormaliseContext {
  readonly connectorId: string;
  readonly botUserId: string;
  /** User ids of bots whose messages are events. */
  readonly answeredBots: ReadonlySet<string>;
  readonly channel: ChannelFacts | undefined;
  /** ULID for the event. */
  readonly envelopeId: string;
  readonly receivedAt: number;
}

const writtenByPeople: ReadonlySet<number> = new Set([MessageType.Default, MessageType.Reply]);

/**
 * Turns a Discord message into an event, or says why it is none: our own messages, other bots that nobody named,
 * webhooks and system messages would lead to loops. Nothing in the message is trusted to have its documented form.
 */
export function normaliseMessage(message: RawMessage, context: NormaliseContext): NormalisedMessage {
  try {
    const dropped = dropReasonOf(message, context);
    if (dropped !== null) return { dropped };
    const parsed = InboundMessageEvent.safeParse(eventOf(message, context));
    if (parsed.success) return { event: parsed.data };
    const fields = parsed.error.issues.map((issue) => issue.path.join("."));
    return { dropped: "malformed", detail: [...new Set(fields)].join(", ") };
  } catch (thrown) {
    return { dropped: "malformed", detail: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

function dropReasonOf(
  message: RawMessage,
  { answeredBots, botUserId }: Pick<NormaliseContext, "answeredBots" | "botUserId">,
): DropReason | null {
  if (!isSnowflake(message.id) || !isSnowflake(message.channel_id)) return "malformed";
  if (message.author.id === botUserId) return "own_message";
  if (message.webhook_id !== undefined) return "webhook";
  if (message.author.bot === true && !answeredBots.has(message.author.id)) return "bot";
  if (message.author.system === true || !writtenByPeople.has(message.type)) return "system_message";
  return null;
}

function eventOf(message: RawMessage, context: NormaliseContext): InboundMessageEvent {
  const guildId = message.guild_id ?? context.channel?.guildId ?? null;
  const parentId = context.channel?.parentId ?? null;
  return {
    envelope_id: context.envelopeId,
    connector_id: context.connectorId,
    provider_message_id: message.id,
    conversation_id: conversationOf(message.channel_id),
    parent_conversation_id: parentId === null ? null : conversationOf(parentId),
    guild_id: guildId,
    sender_id: personOf(message.author.id),
    sender_display: displayNameOf(message.author, message.member?.nick),
    sender_roles: [...(message.member?.roles ?? [])].slice(0, 256),
    body: withoutMention(message.content, context.botUserId),
    is_direct_message: guildId === null,
    mentions_bot: addressesBot(message, context.botUserId),
    // Discord says so for @everyone and @here, and only where the person may call them.
    requested_broadcast: message.mention_everyone === true,
    attachments: attachmentsOf(message),
    sent_at_unix_ms: snowflakeTime(message.id),
    received_at_unix_ms: context.receivedAt,
  };
}

/** Mentioned as an entity, or a message of the bot was replied to. Names in the text do not count. */
function addressesBot(message: RawMessage, botUserId: string): boolean {
  const isMentioned = (message.mentions ?? []).some((user) => user.id === botUserId);
  const isForward = message.message_reference?.type === MessageReferenceType.Forward;
  return isMentioned || (!isForward && message.referenced_message?.author.id === botUserId);
}

/** The text without the bot's own mention: it says whom the message is for, not what. */
export function withoutMention(content: string, botUserId: string): string {
  const mention = new RegExp(`[ \\t]*<@!?${botUserId}>[ \\t]*`, "g");
  return content
    .replace(mention, (match, offset: number) => {
      const atLineStart = offset === 0 || content[offset - 1] === "\n";
      const after = content[offset + match.length];
      const atLineEnd = after === undefined || after === "\n";
      return atLineStart || atLineEnd ? "" : " ";
    })
    .trim();
}

/** Name for showing, never for policy: nickname, display name or user name. */
export function displayNameOf(author: APIUser, nick: string | null | undefined): string | null {
  const name = [nick, author.global_name, author.username].find((candidate) => candidate?.trim());
  return name === undefined || name === null ? null : cutToBytes(name, connectorBounds.display);
}

/** Facts about the files of a message; the files themselves are fetched only when they are asked for. */
export function attachmentsOf(message: Pick<APIMessage, "attachments">): InboundMessageEvent["attachments"] {
  return (message.attachments ?? [])
    .filter((attachment) => (within(attachment.id, connectorBounds.attachmentId)?.trim() ?? "") !== "")
    .slice(0, connectorBounds.attachments)
    .map((attachment) => ({
      kind: isImage(attachment.content_type) ? "image" : "file",
      attachment_id: attachment.id,
      url: within(attachment.url, connectorBounds.attachmentUrl),
      filename:
        typeof attachment.filename === "string"
          ? cutToBytes(attachment.filename, connectorBounds.filename)
          : null,
      content_type: within(attachment.content_type, connectorBounds.contentType),
      size_bytes: Number.isSafeInteger(attachment.size) && attachment.size >= 0 ? attachment.size : null,
    }));
}

/** Null for what is no text or longer than `maxBytes`: half of an address or a type is worth nothing. */
function within(text: unknown, maxBytes: number): string | null {
  return typeof text === "string" && Buffer.byteLength(text) <= maxBytes ? text : null;
}

/** SVG can carry scripts and is never treated as an image. */
function isImage(contentType: unknown): boolean {
  return typeof contentType === "string" && /^image\/(?!svg)/i.test(contentType);
}
