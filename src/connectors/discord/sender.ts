import { DiscordAPIError, type RawFile } from "@discordjs/rest";
import {
  AllowedMentionsTypes,
  type APIMessage,
  type RESTPostAPIChannelMessageJSONBody,
} from "discord-api-types/v10";
import type { DeliveryOutcome, OutboundMessageRequest } from "../../contracts/connector.ts";
import { outcomeOfFailure } from "./delivery-failures.ts";
import type { DiscordRest } from "./discord-rest.ts";
import { channelOf, compareSnowflakes, isSnowflake, snowflakeAt } from "./ids.ts";

/** Difference between Discord's clock and ours that is allowed for when our own messages are read back, ms. */
const clockToleranceMs = 2_000;
/** Pages of 100 messages that are read back at most. */
const readBackPages = 5;

/** Discord's code for a reply where the bot may not read the history. */
const cannotReply = 160002;

/** Body of a message: its nonce is enforced, and what the agent writes notifies nobody whom the rules do not name. */
export function messageBody(request: OutboundMessageRequest): RESTPostAPIChannelMessageJSONBody {
  const reply = request.in_reply_to_message_id;
  const mentions = new Set(request.mentions ?? []);
  const { Everyone, Role, User } = AllowedMentionsTypes;
  return {
    content: request.text,
    nonce: request.nonce,
    enforce_nonce: true,
    allowed_mentions: {
      parse: [User, Role, Everyone].filter((kind) => mentions.has(`${kind}`)),
      replied_user: mentions.has("author"),
    },
    ...(reply !== null && isSnowflake(reply)
      ? { message_reference: { message_id: reply, fail_if_not_exists: false } }
      : {}),
  };
}

/** Sends a message once. @param files uploaded with it */
export async function sendMessage(
  rest: Pick<DiscordRest, "createMessage">,
  request: OutboundMessageRequest,
  files: readonly RawFile[] = [],
): Promise<DeliveryOutcome> {
  const channel = channelOf(request.conversation_id);
  if (channel === null) {
    const reason = "the conversation is not a Discord channel";
    return { kind: "permanent_failure", class: "invalid_request", reason };
  }
  try {
    const sent = await create(rest, channel, messageBody(request), files);
    if (typeof sent?.id === "string") return { kind: "delivered", native_message_id: sent.id };
    const reason = "Discord's answer is not a message";
    return { kind: "retry", class: "transient_network", reason, retry_after_ms: null };
  } catch (thrown) {
    return outcomeOfFailure(thrown);
  }
}

/** Where the bot may not read what was written before, Discord refuses a reply: it comes as a message of its own then. */
async function create(
  rest: Pick<DiscordRest, "createMessage">,
  channel: string,
  body: RESTPostAPIChannelMessageJSONBody,
  files: readonly RawFile[],
): Promise<Partial<APIMessage> | null> {
  try {
    return await rest.createMessage(channel, body, files);
  } catch (thrown) {
    if (!(thrown instanceof DiscordAPIError) || thrown.code !== cannotReply) throw thrown;
    const { message_reference: _, ...alone } = body;
    return await rest.createMessage(channel, alone, files);
  }
}

export interface SearchForSent {
  readonly botUserId: string;
  /** Instant of the first attempt, ms. */
  readonly notBefore: number;
  /** Ids of messages that are known to be others. */
  readonly others: ReadonlySet<string>;
}

/**
 * Looks for the message of an earlier attempt among the bot's own messages. The nonce is not told when
 * messages are read, so it is recognised by its text and by what it replies to; while one row of a
 * conversation is open no other one is sent there. Discord leaves out what it replies to when that was deleted
 * before: such a message counts where there is no closer one.
 * @returns its id, null when it is not there
 */
export async function findSentMessage(
  rest: Pick<DiscordRest, "messagesAfter">,
  request: OutboundMessageRequest,
  { botUserId, notBefore, others }: SearchForSent,
): Promise<string | null> {
  const channel = channelOf(request.conversation_id);
  if (channel === null) return null;
  // Discord trims the text of a message.
  const text = request.text.trim();
  let withoutQuestion: string | null = null;
  let after = snowflakeAt(notBefore - clockToleranceMs);
  for (let page = 0; page < readBackPages; page += 1) {
    const messages = await rest.messagesAfter(channel, after);
    for (const message of messages) {
      if (message.author.id !== botUserId || message.content !== text || others.has(message.id)) continue;
      const repliesTo = message.message_reference?.message_id ?? null;
      if (repliesTo === request.in_reply_to_message_id) return message.id;
      if (repliesTo === null) withoutQuestion = message.id;
    }
    const newest = messages
      .map((message) => message.id)
      .sort(compareSnowflakes)
      .at(-1);
    if (messages.length < 100 || newest === undefined) break;
    after = newest;
  }
  return withoutQuestion;
}
