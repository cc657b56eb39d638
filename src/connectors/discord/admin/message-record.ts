import type { APIMessage } from "discord-api-types/v10";
import { type MessageRecord, messageAdminBounds } from "../../../contracts/message-admin.ts";
import { personOf, snowflakeTime } from "../ids.ts";
import { attachmentsOf, displayNameOf, type RawMessage } from "../normalise-message.ts";
import type { ChannelAccess } from "./channel-access.ts";

/** Kinds of reactions that are told of one message. */
const reactionLimit = 64;

/**
 * A message for an operator. Messages of the REST API do not say which server they are from: that is taken from
 * the channel.
 */
export function messageRecord(
  message: APIMessage,
  access: Pick<ChannelAccess, "channelId" | "guildId">,
  target: { readonly conversation_id: string; readonly thread_id: string | null },
  botUserId: string,
): MessageRecord {
  const { channelId, guildId } = access;
  const edited = message.edited_timestamp === null ? Number.NaN : Date.parse(message.edited_timestamp);
  return {
    locator: {
      conversation_id: target.conversation_id,
      thread_id: target.thread_id,
      message_id: message.id,
    },
    sender_id: personOf(message.author.id),
    sender_display: displayNameOf(message.author, (message as RawMessage).member?.nick),
    body: message.content.slice(0, messageAdminBounds.body / 4),
    created_at_unix_ms: snowflakeTime(message.id),
    edited_at_unix_ms: Number.isFinite(edited) ? edited : null,
    is_direct_message: guildId === null,
    is_connector_authored: message.author.id === botUserId,
    link: `https://discord.com/channels/${guildId ?? "@me"}/${channelId}/${message.id}`,
    attachments: attachmentsOf(message),
    reactions: (message.reactions ?? []).slice(0, reactionLimit).map((reaction) => ({
      emoji: emojiName(reaction.emoji),
      count: reaction.count,
      reacted_by_connector: reaction.me,
    })),
  };
}

function emojiName(emoji: { readonly id: string | null; readonly name: string | null }): string {
  if (emoji.id === null) return emoji.name ?? "?";
  return `${emoji.name ?? "_"}:${emoji.id}`;
}
