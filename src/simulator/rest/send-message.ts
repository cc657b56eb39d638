import { mentionsIn } from "../world/mention-rules.ts";
import {
  type Attachment,
  type Channel,
  ChannelKind,
  type Message,
  MessageKind,
  type MessageReference,
} from "../world/model.ts";
import { Permission } from "../world/permissions.ts";
import { apiErrors } from "./api-error.ts";
import type { Form } from "./form.ts";
import { type AttachmentForm, isEmptyMessage, type MessageForm, type ReferenceForm } from "./message-form.ts";
import { demand, demandSend, may, type RestRequest } from "./services.ts";

/** Message types a person or bot wrote; the others are system messages that cannot be replied to. */
const WRITTEN_KINDS: readonly number[] = [
  MessageKind.default,
  MessageKind.reply,
  MessageKind.chatInputCommand,
];

/**
 * Sends a bot's message after every check of Discord docs: Create Message, Limitations.
 *
 * @param form the form the message was read from; takes complaints about the reference
 * @throws ApiError as Discord would
 */
export function sendMessage(
  request: RestRequest,
  channel: Channel,
  form: Form,
  message: MessageForm,
): { message: Message; nonce: string | number | null } {
  form.done();
  checkChannel(request, channel);
  const earlier = earlierMessage(request, message);
  if (earlier) return { message: earlier, nonce: message.nonce };
  checkPermissions(request, channel, message);
  const target = resolveReference(request, channel, form, message.reference);
  if (isEmptyMessage(message) && target?.kind !== "forward") throw apiErrors.emptyMessage();
  const created = create(request, channel, message, target);
  if (message.nonce !== null) {
    request.services.nonces.remember(request.bot.userId, message.nonce, {
      messageId: created.id,
      channelId: channel.id,
      atMs: request.services.clock.now(),
    });
  }
  return { message: created, nonce: message.nonce };
}

function checkChannel(request: RestRequest, channel: Channel): void {
  const { world } = request.services;
  if (channel.kind === ChannelKind.forum) throw apiErrors.forumNeedsThread();
  if (channel.kind === ChannelKind.category) throw apiErrors.notTextChannel();
  if (channel.kind === ChannelKind.dm) {
    const others = channel.recipientIds.filter((id) => id !== request.bot.userId).map((id) => world.user(id));
    for (const other of others) {
      const shared = world.guildsOf(other.id).some((guild) => guild.members.has(request.bot.userId));
      if (!shared) throw apiErrors.noMutualGuilds();
      if (other.bot || !other.acceptsDirectMessages) throw apiErrors.cannotMessageUser();
    }
    return;
  }
  demandSend(request, channel);
  if (channel.thread?.locked && !may(request, channel, Permission.MANAGE_THREADS))
    throw apiErrors.threadLocked();
}

function checkPermissions(request: RestRequest, channel: Channel, message: MessageForm): void {
  if (message.tts) demand(request, channel, Permission.SEND_TTS_MESSAGES);
  if (message.attachments.length > 0) demand(request, channel, Permission.ATTACH_FILES);
}

/** Discord docs: Create Message, enforce_nonce. A deleted earlier message answers 10008. */
function earlierMessage(request: RestRequest, message: MessageForm): Message | undefined {
  if (message.nonce === null || !message.enforceNonce) return undefined;
  const { nonces, world, clock } = request.services;
  const known = nonces.find(request.bot.userId, message.nonce, clock.now());
  if (!known) return undefined;
  const channel = world.channels.get(known.channelId);
  const earlier = channel && world.findMessage(channel, known.messageId);
  if (!earlier) throw apiErrors.unknownMessage();
  return earlier;
}

type Target =
  | { readonly kind: "reply"; readonly to: Message }
  | { readonly kind: "forward"; readonly of: Message; readonly from: Channel };

function resolveReference(
  request: RestRequest,
  channel: Channel,
  form: Form,
  reference: ReferenceForm | null,
): Target | null {
  if (reference === null) return null;
  if (reference.type === 1) return resolveForward(request, reference);
  if (reference.channelId !== null && reference.channelId !== channel.id) {
    form.complain(["message_reference"], {
      code: "REPLIES_CANNOT_REFERENCE_OTHER_CHANNEL",
      message: "Cannot reply to a message in a different channel",
    });
    form.done();
  }
  if (!may(request, channel, Permission.READ_MESSAGE_HISTORY)) throw apiErrors.cannotReply();
  const to = request.services.world.findMessage(channel, reference.messageId);
  if (!to) {
    if (!reference.failIfNotExists) return null;
    form.complain(["message_reference"], { code: "REPLIES_UNKNOWN_MESSAGE", message: "Unknown message" });
  } else if (!WRITTEN_KINDS.includes(to.kind)) {
    form.complain(["message_reference"], {
      code: "REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE",
      message: "Cannot reply to a system message",
    });
  }
  form.done();
  return to ? { kind: "reply", to } : null;
}

function resolveForward(request: RestRequest, reference: ReferenceForm): Target {
  const { world } = request.services;
  const from = world.channels.get(reference.channelId ?? "");
  if (!from) throw apiErrors.unknownChannel();
  if (!world.canView(from, request.bot.userId)) throw apiErrors.missingAccess();
  const of = world.findMessage(from, reference.messageId);
  if (!of) throw apiErrors.unknownMessage();
  if (
    !request.bot.privilegedIntents.messageContent &&
    from.kind !== ChannelKind.dm &&
    of.authorId !== request.bot.userId
  ) {
    if (!of.mentionUserIds.includes(request.bot.userId)) throw apiErrors.cannotForwardUnread();
  }
  return { kind: "forward", of, from };
}

function create(
  request: RestRequest,
  channel: Channel,
  message: MessageForm,
  target: Target | null,
): Message {
  const { world } = request.services;
  const mentions = mentionsIn(world, {
    channel,
    authorId: request.bot.userId,
    content: message.content,
    allowed: message.allowedMentions,
    repliedUserId: target?.kind === "reply" ? target.to.authorId : null,
  });
  return world.addMessage(channel, {
    authorId: request.bot.userId,
    kind: target?.kind === "reply" ? MessageKind.reply : MessageKind.default,
    content: message.content,
    tts: message.tts,
    flags: message.flags,
    // Without the permission Discord drops the embeds and sends the rest.
    embeds: may(request, channel, Permission.EMBED_LINKS) ? message.embeds : [],
    components: message.components,
    attachments: storeAttachments(request, message.attachments),
    mentionUserIds: mentions.userIds,
    mentionRoleIds: mentions.roleIds,
    mentionEveryone: mentions.everyone,
    nonce: message.nonce,
    ...referenceOf(channel, target),
  });
}

function referenceOf(
  channel: Channel,
  target: Target | null,
): Partial<Pick<Message, "reference" | "snapshot">> {
  if (target === null) return {};
  if (target.kind === "reply") {
    const reference: MessageReference = {
      type: 0,
      messageId: target.to.id,
      channelId: channel.id,
      guildId: channel.guildId,
    };
    return { reference };
  }
  const { of, from } = target;
  return {
    reference: { type: 1, messageId: of.id, channelId: from.id, guildId: from.guildId },
    snapshot: {
      content: of.content,
      kind: of.kind,
      timestampMs: of.timestampMs,
      embeds: [...of.embeds],
      attachments: [...of.attachments],
    },
  };
}

export function storeAttachments(request: RestRequest, attachments: readonly AttachmentForm[]): Attachment[] {
  return attachments.map((one) => ({
    id: request.services.world.newId(),
    filename: safeFilename(one.filename),
    title: one.title,
    description: one.description,
    contentType: one.file.contentType,
    bytes: one.file.bytes,
    spoiler: one.spoiler,
  }));
}

/** Discord keeps letters, digits, dots, dashes and underscores of a file name. */
function safeFilename(name: string): string {
  const cleaned = name.replace(/\s+/g, "_").replace(/[^\p{L}\p{N}._-]/gu, "");
  return cleaned === "" ? "file" : cleaned;
}
