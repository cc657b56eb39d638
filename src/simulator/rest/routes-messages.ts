import { toApiMessage } from "../wire.ts";
import { mentionsIn } from "../world/mention-rules.ts";
import { ChannelKind, type Message } from "../world/model.ts";
import { compareSnowflakes, isSnowflake, snowflakeTime } from "../world/snowflake.ts";
import { apiErrors } from "./api-error.ts";
import { Form, notSnowflake } from "./form.ts";
import { isEmptyMessage, MessageFlag, readMessageForm } from "./message-form.ts";
import type { Route } from "./route.ts";
import { sendMessage, storeAttachments } from "./send-message.ts";
import {
  demand,
  existingMessage,
  may,
  noContent,
  ok,
  Permission,
  type RestRequest,
  type RestResult,
  viewerOf,
  visibleChannel,
} from "./services.ts";

const TWO_WEEKS_MS = 14 * 24 * 60 * 60 * 1000;

/** Messages of a channel (Discord docs: Message Resource). */
export const messageRoutes: readonly Route[] = [
  { method: "GET", path: "/channels/:channel_id/messages", bucket: "messages/list", handle: getMessages },
  {
    method: "POST",
    path: "/channels/:channel_id/messages",
    bucket: "messages/create",
    handle: createMessage,
  },
  {
    method: "POST",
    path: "/channels/:channel_id/messages/bulk-delete",
    bucket: "messages/bulk-delete",
    handle: bulkDelete,
  },
  {
    method: "GET",
    path: "/channels/:channel_id/messages/:message_id",
    bucket: "messages/get",
    handle: getMessage,
  },
  {
    method: "PATCH",
    path: "/channels/:channel_id/messages/:message_id",
    bucket: "messages/edit",
    handle: editMessage,
  },
  {
    method: "DELETE",
    path: "/channels/:channel_id/messages/:message_id",
    bucket: "messages/delete",
    handle: deleteMessage,
  },
];

function show(request: RestRequest, message: Message): object {
  return toApiMessage(request.services.context, message, viewerOf(request.bot));
}

function getMessages(request: RestRequest): RestResult {
  const channel = visibleChannel(request);
  const form = new Form(request.query);
  const limit = form.integer("limit", { min: 1, max: 100 }) ?? 50;
  const around = form.snowflake("around");
  const before = form.snowflake("before");
  const after = form.snowflake("after");
  if ([around, before, after].filter((one) => one !== null).length > 1) {
    form.complain([], {
      code: "MUTUALLY_EXCLUSIVE",
      message: "Only one of 'around', 'before' and 'after' may be passed at a time.",
    });
  }
  form.done();
  if (channel.kind === ChannelKind.forum || channel.kind === ChannelKind.category)
    throw apiErrors.notTextChannel();
  if (!may(request, channel, Permission.READ_MESSAGE_HISTORY)) return ok([]);
  const listed = channel.messages.filter((message) => message.onlyForUserId === null);
  const page = pageOf(listed, { limit, around, before, after });
  return ok(page.map((message) => show(request, message)));
}

/** Picks a page, newest first (Discord docs: Get Channel Messages). */
function pageOf(
  messages: readonly Message[],
  page: { limit: number; around: string | null; before: string | null; after: string | null },
): Message[] {
  const { limit, around, before, after } = page;
  if (after !== null) {
    const later = messages.filter((one) => compareSnowflakes(one.id, after) > 0);
    return later.slice(0, limit).reverse();
  }
  if (around !== null) {
    const earlier = messages.filter((one) => compareSnowflakes(one.id, around) < 0);
    const rest = messages.filter((one) => compareSnowflakes(one.id, around) >= 0);
    const half = Math.floor(limit / 2);
    return [...earlier.slice(-half), ...rest.slice(0, limit - Math.min(half, earlier.length))]
      .slice(0, limit)
      .reverse();
  }
  const until = before === null ? messages : messages.filter((one) => compareSnowflakes(one.id, before) < 0);
  return until.slice(-limit).reverse();
}

function getMessage(request: RestRequest): RestResult {
  const channel = visibleChannel(request);
  demand(request, channel, Permission.READ_MESSAGE_HISTORY);
  return ok(show(request, existingMessage(request, channel)));
}

async function createMessage(request: RestRequest): Promise<RestResult> {
  const channel = visibleChannel(request);
  const body = await request.readBody();
  const form = new Form(body.fields);
  const sent = sendMessage(request, channel, form, readMessageForm(form, body));
  return ok({ ...show(request, sent.message), ...(sent.nonce === null ? {} : { nonce: sent.nonce }) });
}

/** Discord docs: Edit Message. All parameters are optional and nullable. */
async function editMessage(request: RestRequest): Promise<RestResult> {
  const { world } = request.services;
  const channel = visibleChannel(request);
  const message = existingMessage(request, channel);
  const body = await request.readBody();
  const form = new Form(body.fields);
  const given = readMessageForm(form, body);
  form.done();
  const own = message.authorId === request.bot.userId;
  if (!own) {
    const onlyFlags =
      Object.keys(body.fields as object).every((key) => key === "flags") && body.files.length === 0;
    if (!onlyFlags) throw apiErrors.notYourMessage();
    demand(request, channel, Permission.MANAGE_MESSAGES);
  }
  if (channel.thread?.archived) throw apiErrors.threadArchived();
  const next = {
    content: form.has("content") ? given.content : message.content,
    embeds: form.has("embeds") ? given.embeds : message.embeds,
    components: form.has("components") ? given.components : message.components,
    attachments: [...keptAttachments(form, message), ...storeAttachments(request, given.attachments)],
  };
  if (isEmptyMessage({ ...next, attachments: next.attachments as never[] })) throw apiErrors.emptyMessage();
  const repliedUserId =
    message.reference?.type === 0 && message.reference.messageId !== null
      ? (world.findMessage(channel, message.reference.messageId)?.authorId ?? null)
      : null;
  const mentions = mentionsIn(world, {
    channel,
    authorId: message.authorId,
    content: next.content,
    allowed: given.allowedMentions,
    repliedUserId,
  });
  world.updateMessage(
    message,
    (edited) => {
      Object.assign(edited, next);
      if (form.has("flags")) {
        edited.flags =
          (edited.flags & ~MessageFlag.SUPPRESS_EMBEDS) | (given.flags & MessageFlag.SUPPRESS_EMBEDS);
      }
      if (form.has("content")) {
        edited.mentionUserIds = mentions.userIds;
        edited.mentionRoleIds = mentions.roleIds;
        edited.mentionEveryone = mentions.everyone;
      }
    },
    own,
  );
  return ok(show(request, message));
}

/** Starting with v10 `attachments` names everything that stays (Discord docs: Edit Message). */
function keptAttachments(form: Form, message: Message): Message["attachments"] {
  const listed = form.list("attachments", 10);
  if (listed === null) return form.has("attachments") ? [] : message.attachments;
  const ids = listed.map((entry) => String((entry as { id?: unknown } | null)?.id));
  return message.attachments.filter((file) => ids.includes(file.id));
}

function deleteMessage(request: RestRequest): RestResult {
  const channel = visibleChannel(request);
  const message = existingMessage(request, channel);
  if (message.authorId !== request.bot.userId) {
    if (channel.kind === ChannelKind.dm) throw apiErrors.directMessageAction();
    demand(request, channel, Permission.MANAGE_MESSAGES);
  }
  request.services.world.removeMessage(channel, message.id);
  return noContent;
}

/** Discord docs: Bulk Delete Messages. */
async function bulkDelete(request: RestRequest): Promise<RestResult> {
  const channel = visibleChannel(request);
  if (channel.kind === ChannelKind.dm) throw apiErrors.directMessageAction();
  const form = new Form((await request.readBody()).fields);
  form.require("messages");
  const ids = (form.list("messages", Number.MAX_SAFE_INTEGER) ?? []).map(String);
  for (const [index, id] of ids.entries()) {
    if (!isSnowflake(id)) form.complain(["messages", String(index)], notSnowflake(id));
  }
  form.done();
  demand(request, channel, Permission.MANAGE_MESSAGES);
  if (ids.length < 2 || ids.length > 100) throw apiErrors.bulkDeleteCount();
  const oldest = request.services.clock.now() - TWO_WEEKS_MS;
  if (ids.some((id) => snowflakeTime(id) < oldest)) throw apiErrors.tooOldToBulkDelete();
  for (const id of new Set(ids)) request.services.world.removeMessage(channel, id);
  return noContent;
}
