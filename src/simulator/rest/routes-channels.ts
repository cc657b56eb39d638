import { toApiChannel, toApiMessage } from "../wire.ts";
import { mentionsIn } from "../world/mention-rules.ts";
import { type Channel, ChannelKind, MessageKind } from "../world/model.ts";
import { apiErrors } from "./api-error.ts";
import { Form } from "./form.ts";
import { isEmptyMessage, readMessageForm } from "./message-form.ts";
import type { Route } from "./route.ts";
import { storeAttachments } from "./send-message.ts";
import {
  demand,
  demandSend,
  existingMessage,
  noContent,
  ok,
  Permission,
  type RestRequest,
  type RestResult,
  viewerOf,
  visibleChannel,
} from "./services.ts";

const ARCHIVE_MINUTES = [60, 1440, 4320, 10_080] as const;

/** Channels, threads and typing (Discord docs: Channel Resource). */
export const channelRoutes: readonly Route[] = [
  { method: "GET", path: "/channels/:channel_id", bucket: "channels", handle: getChannel },
  { method: "PATCH", path: "/channels/:channel_id", bucket: "channels/edit", handle: editChannel },
  { method: "POST", path: "/channels/:channel_id/typing", bucket: "typing", handle: startTyping },
  { method: "POST", path: "/channels/:channel_id/threads", bucket: "threads/create", handle: createThread },
  {
    method: "POST",
    path: "/channels/:channel_id/messages/:message_id/threads",
    bucket: "threads/create",
    handle: createThreadFromMessage,
  },
  {
    method: "GET",
    path: "/channels/:channel_id/threads/archived/public",
    bucket: "threads/archived",
    handle: listArchivedThreads,
  },
  {
    method: "GET",
    path: "/channels/:channel_id/users/@me/threads/archived/private",
    bucket: "threads/archived/joined",
    handle: listJoinedArchivedThreads,
  },
  {
    method: "PUT",
    path: "/channels/:channel_id/thread-members/@me",
    bucket: "thread-members",
    handle: joinThread,
  },
  {
    method: "DELETE",
    path: "/channels/:channel_id/thread-members/@me",
    bucket: "thread-members",
    handle: leaveThread,
  },
];

function getChannel(request: RestRequest): RestResult {
  return ok(toApiChannel(request.services.world, visibleChannel(request), request.bot.userId));
}

async function editChannel(request: RestRequest): Promise<RestResult> {
  const { world } = request.services;
  const channel = visibleChannel(request);
  if (channel.kind === ChannelKind.dm) throw apiErrors.directMessageAction();
  const form = new Form((await request.readBody()).fields);
  const name = form.string("name", { min: 1, max: 100 });
  const topic = form.string("topic", { max: 1024 });
  const archived = form.boolean("archived");
  const locked = form.boolean("locked");
  form.done();
  const ownThread = channel.thread?.ownerId === request.bot.userId && locked === null;
  if (!ownThread)
    demand(request, channel, channel.thread ? Permission.MANAGE_THREADS : Permission.MANAGE_CHANNELS);
  world.updateChannel(channel, (edited) => {
    if (name !== null) edited.name = name;
    if (edited.thread === null) {
      if (form.has("topic")) edited.topic = topic;
      return;
    }
    if (archived !== null && archived !== edited.thread.archived) {
      edited.thread.archived = archived;
      edited.thread.archiveChangedAtMs = request.services.clock.now();
    }
    if (locked !== null) edited.thread.locked = locked;
  });
  return ok(toApiChannel(world, channel, request.bot.userId));
}

function startTyping(request: RestRequest): RestResult {
  const channel = visibleChannel(request);
  if (channel.kind !== ChannelKind.dm) demandSend(request, channel);
  if (channel.kind === ChannelKind.forum) throw apiErrors.notTextChannel();
  request.services.world.startTyping(channel, request.bot.userId);
  return noContent;
}

interface ThreadForm {
  readonly name: string;
  readonly autoArchiveMinutes: number;
}

function readThreadForm(form: Form): ThreadForm {
  form.require("name");
  const name = form.string("name", { min: 1, max: 100 }) ?? "";
  const autoArchiveMinutes = form.choice("auto_archive_duration", ARCHIVE_MINUTES) ?? 4320;
  return { name, autoArchiveMinutes };
}

/** Discord docs: Channel Resource, Start Thread from Message. */
async function createThreadFromMessage(request: RestRequest): Promise<RestResult> {
  const { world } = request.services;
  const parent = visibleChannel(request);
  if (parent.kind !== ChannelKind.text && parent.kind !== ChannelKind.announcement)
    throw apiErrors.wrongChannelType();
  const starter = existingMessage(request, parent);
  const form = new Form((await request.readBody()).fields);
  const { name, autoArchiveMinutes } = readThreadForm(form);
  form.done();
  demand(request, parent, Permission.CREATE_PUBLIC_THREADS);
  if (starter.threadId !== null || world.channels.has(starter.id)) throw apiErrors.threadExists();
  const thread = world.addThread(parent, {
    name,
    kind: ChannelKind.publicThread,
    ownerId: request.bot.userId,
    autoArchiveMinutes,
    starter,
  });
  return { status: 201, body: toApiChannel(world, thread, request.bot.userId) };
}

/** Discord docs: Channel Resource, Start Thread without Message, and Start Thread in Forum or Media Channel. */
async function createThread(request: RestRequest): Promise<RestResult> {
  const { world } = request.services;
  const parent = visibleChannel(request);
  if (parent.kind === ChannelKind.forum) return createForumPost(request, parent);
  if (parent.kind !== ChannelKind.text && parent.kind !== ChannelKind.announcement)
    throw apiErrors.wrongChannelType();
  const form = new Form((await request.readBody()).fields);
  const { name, autoArchiveMinutes } = readThreadForm(form);
  const kind =
    form.choice("type", [ChannelKind.publicThread, ChannelKind.privateThread]) ?? ChannelKind.privateThread;
  const invitable = form.boolean("invitable") ?? true;
  form.done();
  const isPublic = kind === ChannelKind.publicThread;
  demand(request, parent, isPublic ? Permission.CREATE_PUBLIC_THREADS : Permission.CREATE_PRIVATE_THREADS);
  const thread = world.addThread(parent, {
    name,
    kind,
    ownerId: request.bot.userId,
    autoArchiveMinutes,
    invitable,
  });
  if (isPublic) {
    world.addMessage(parent, {
      authorId: request.bot.userId,
      kind: MessageKind.threadCreated,
      content: name,
      reference: { type: 0, messageId: null, channelId: thread.id, guildId: parent.guildId },
    });
  }
  return { status: 201, body: toApiChannel(world, thread, request.bot.userId) };
}

async function createForumPost(request: RestRequest, parent: Channel): Promise<RestResult> {
  const { world, context } = request.services;
  const body = await request.readBody();
  const form = new Form(body.fields);
  const { name, autoArchiveMinutes } = readThreadForm(form);
  form.require("message");
  form.done();
  const messageForm = new Form(form.object("message") ?? {});
  const message = readMessageForm(messageForm, { fields: form.object("message") ?? {}, files: body.files });
  messageForm.done();
  demandSend(request, parent);
  if (isEmptyMessage(message)) throw apiErrors.emptyMessage();
  const thread = world.addThread(parent, {
    name,
    kind: ChannelKind.publicThread,
    ownerId: request.bot.userId,
    autoArchiveMinutes,
  });
  const mentions = mentionsIn(world, {
    channel: thread,
    authorId: request.bot.userId,
    content: message.content,
    allowed: message.allowedMentions,
    repliedUserId: null,
  });
  const created = world.addMessage(thread, {
    id: thread.id,
    authorId: request.bot.userId,
    content: message.content,
    embeds: message.embeds,
    attachments: storeAttachments(request, message.attachments),
    mentionUserIds: mentions.userIds,
    mentionRoleIds: mentions.roleIds,
    mentionEveryone: mentions.everyone,
  });
  return {
    status: 201,
    body: {
      ...toApiChannel(world, thread, request.bot.userId),
      message: toApiMessage(context, created, viewerOf(request.bot)),
    },
  };
}

/** Discord docs: Channel Resource, List Public Archived Threads: those archived last first. */
function listArchivedThreads(request: RestRequest): RestResult {
  const { world } = request.services;
  const parent = visibleChannel(request);
  demand(request, parent, Permission.READ_MESSAGE_HISTORY);
  const form = new Form(request.query);
  const limit = form.integer("limit", { min: 1, max: 100 }) ?? 50;
  const before = form.string("before", { max: 64 });
  form.done();
  const beforeMs = before === null ? Number.POSITIVE_INFINITY : Date.parse(before);
  const archived = world
    .channelsOf(parent.guildId ?? "")
    .flatMap((one) => (one.thread === null ? [] : [{ channel: one, thread: one.thread }]))
    .filter(({ channel, thread }) => channel.parentId === parent.id && thread.archived)
    .filter(({ channel }) => channel.kind !== ChannelKind.privateThread)
    .filter(({ thread }) => thread.archiveChangedAtMs < beforeMs)
    .sort((a, b) => b.thread.archiveChangedAtMs - a.thread.archiveChangedAtMs);
  const page = archived.slice(0, limit);
  return ok({
    threads: page.map(({ channel }) => toApiChannel(world, channel, request.bot.userId)),
    members: [],
    has_more: archived.length > page.length,
  });
}

/** Discord docs: Channel Resource, List Joined Private Archived Threads: the newest first. */
function listJoinedArchivedThreads(request: RestRequest): RestResult {
  const { world } = request.services;
  const parent = visibleChannel(request);
  demand(request, parent, Permission.READ_MESSAGE_HISTORY);
  const form = new Form(request.query);
  const limit = form.integer("limit", { min: 1, max: 100 }) ?? 50;
  const before = form.snowflake("before");
  form.done();
  const archived = world
    .channelsOf(parent.guildId ?? "")
    .filter((one) => one.parentId === parent.id && one.kind === ChannelKind.privateThread)
    .filter(({ thread }) => thread?.archived === true && thread.memberIds.has(request.bot.userId))
    .filter(({ id }) => before === null || BigInt(id) < BigInt(before))
    .sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? 1 : -1));
  const page = archived.slice(0, limit);
  return ok({
    threads: page.map((channel) => toApiChannel(world, channel, request.bot.userId)),
    members: [],
    has_more: archived.length > page.length,
  });
}

function joinThread(request: RestRequest): RestResult {
  const channel = visibleChannel(request);
  if (channel.thread === null) throw apiErrors.wrongChannelType();
  if (channel.thread.archived) throw apiErrors.threadArchived();
  channel.thread.memberIds.add(request.bot.userId);
  return noContent;
}

function leaveThread(request: RestRequest): RestResult {
  const channel = visibleChannel(request);
  if (channel.thread === null) throw apiErrors.wrongChannelType();
  channel.thread.memberIds.delete(request.bot.userId);
  return noContent;
}
