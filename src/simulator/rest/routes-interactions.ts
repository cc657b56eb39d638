import type { Interaction } from "../interactions.ts";
import { toApiMessage } from "../wire.ts";
import { mentionsIn } from "../world/mention-rules.ts";
import { DEFAULT_ALLOWED_MENTIONS } from "../world/mentions.ts";
import { type Message, MessageKind } from "../world/model.ts";
import { apiErrors } from "./api-error.ts";
import { Form } from "./form.ts";
import { isEmptyMessage, MessageFlag, type MessageForm, readMessageForm } from "./message-form.ts";
import type { RequestBody } from "./request-body.ts";
import type { Route } from "./route.ts";
import { storeAttachments } from "./send-message.ts";
import { noContent, ok, type RestRequest, type RestResult, viewerOf } from "./services.ts";

const CallbackType = { message: 4, deferred: 5 } as const;
/** Flag LOADING: "is thinking" (Discord docs: Message Resource, Message Flags). */
const LOADING = 1 << 7;
const WEBHOOK = "/webhooks/:webhook_id/:interaction_token";
/** The token in the path is the authorisation, and the global limit does not apply (Discord docs: Endpoints). */
const shared = { bucket: "webhooks", anonymous: true, outsideGlobalLimit: true } as const;

/** Answering slash commands (Discord docs: Receiving and Responding). */
export const interactionRoutes: readonly Route[] = [
  {
    ...shared,
    method: "POST",
    path: "/interactions/:interaction_id/:interaction_token/callback",
    handle: respond,
  },
  { ...shared, method: "POST", path: WEBHOOK, handle: followUp },
  { ...shared, method: "GET", path: `${WEBHOOK}/messages/:message`, handle: getResponse },
  { ...shared, method: "PATCH", path: `${WEBHOOK}/messages/:message`, handle: editResponse },
  { ...shared, method: "DELETE", path: `${WEBHOOK}/messages/:message`, handle: deleteResponse },
];

async function respond(request: RestRequest): Promise<RestResult> {
  const { interactions, world } = request.services;
  const { interaction_id: id = "", interaction_token: token = "" } = request.params;
  const interaction = interactions.awaiting(id, token);
  if (!interaction) throw apiErrors.unknownInteraction();
  const body = await request.readBody();
  const form = new Form(body.fields);
  form.require("type");
  const type = form.choice("type", [CallbackType.message, CallbackType.deferred]);
  const data = form.object("data") ?? {};
  form.done();
  const { message, flags } = readData({ fields: data, files: body.files });
  if (interaction.answered) throw apiErrors.alreadyAcknowledged();
  if (type === CallbackType.message && isEmptyMessage(message)) throw apiErrors.emptyMessage();
  interaction.answered = true;
  const created = world.addMessage(interaction.channel, {
    ...contentOf(request, interaction, message),
    kind: MessageKind.chatInputCommand,
    authorId: interaction.bot.userId,
    applicationId: interaction.bot.applicationId,
    flags: flags | (type === CallbackType.deferred ? LOADING : 0),
    onlyForUserId: flags & MessageFlag.EPHEMERAL ? interaction.userId : null,
    interaction: {
      interactionId: interaction.id,
      userId: interaction.userId,
      commandName: interaction.command.name,
    },
  });
  interaction.originalMessageId = created.id;
  if (request.query.with_response !== "true") return noContent;
  return ok({
    interaction: { id: interaction.id, type: 2, response_message_id: created.id },
    resource: { type, message: show(request, interaction, created) },
  });
}

async function followUp(request: RestRequest): Promise<RestResult> {
  const interaction = answeredInteraction(request);
  const { message, flags } = readData(await request.readBody());
  if (isEmptyMessage(message)) throw apiErrors.emptyMessage();
  const original = request.services.interactions.originalOf(interaction);
  if (original && original.flags & LOADING) return ok(fillIn(request, interaction, original, message));
  const created = request.services.world.addMessage(interaction.channel, {
    ...contentOf(request, interaction, message),
    kind: original ? MessageKind.reply : MessageKind.default,
    authorId: interaction.bot.userId,
    applicationId: interaction.bot.applicationId,
    flags,
    onlyForUserId: flags & MessageFlag.EPHEMERAL ? interaction.userId : null,
    reference: original
      ? {
          type: 0,
          messageId: original.id,
          channelId: interaction.channel.id,
          guildId: interaction.channel.guildId,
        }
      : null,
  });
  return ok(show(request, interaction, created));
}

function getResponse(request: RestRequest): RestResult {
  const interaction = answeredInteraction(request);
  return ok(show(request, interaction, responseMessage(request, interaction)));
}

async function editResponse(request: RestRequest): Promise<RestResult> {
  const interaction = answeredInteraction(request);
  const target = responseMessage(request, interaction);
  const { message } = readData(await request.readBody());
  if (isEmptyMessage(message)) throw apiErrors.emptyMessage();
  return ok(fillIn(request, interaction, target, message));
}

function deleteResponse(request: RestRequest): RestResult {
  const interaction = answeredInteraction(request);
  request.services.world.removeMessage(interaction.channel, responseMessage(request, interaction).id);
  return noContent;
}

/** @throws ApiError 10015 when there is no such token or no response yet, 50027 after 15 minutes */
function answeredInteraction(request: RestRequest): Interaction {
  const { webhook_id: id = "", interaction_token: token = "" } = request.params;
  const interaction = request.services.interactions.answered(id, token);
  if (interaction === "expired") throw apiErrors.invalidWebhookToken();
  if (!interaction) throw apiErrors.unknownWebhook();
  return interaction;
}

function responseMessage(request: RestRequest, interaction: Interaction): Message {
  const { interactions, world } = request.services;
  const wanted = request.params.message ?? "";
  const found =
    wanted === "@original"
      ? interactions.originalOf(interaction)
      : world.findMessage(interaction.channel, wanted);
  if (found?.applicationId !== interaction.bot.applicationId) throw apiErrors.unknownMessage();
  return found;
}

function fillIn(
  request: RestRequest,
  interaction: Interaction,
  target: Message,
  message: MessageForm,
): object {
  const loading = (target.flags & LOADING) !== 0;
  request.services.world.updateMessage(
    target,
    (edited) => {
      Object.assign(edited, contentOf(request, interaction, message));
      edited.flags &= ~LOADING;
    },
    !loading,
  );
  return show(request, interaction, target);
}

function readData(body: RequestBody): { message: MessageForm; flags: number } {
  const form = new Form(body.fields);
  const read = readMessageForm(form, body);
  form.done();
  const ephemeral = Number(form.raw("flags") ?? 0) & MessageFlag.EPHEMERAL;
  // Interactions mention people only, unless told otherwise (Discord docs: Default Settings for Allowed Mentions).
  const allowedMentions = form.has("allowed_mentions")
    ? read.allowedMentions
    : { ...DEFAULT_ALLOWED_MENTIONS, parse: ["users" as const] };
  return { message: { ...read, allowedMentions }, flags: read.flags | ephemeral };
}

function contentOf(request: RestRequest, interaction: Interaction, message: MessageForm) {
  const mentions = mentionsIn(request.services.world, {
    channel: interaction.channel,
    authorId: interaction.bot.userId,
    content: message.content,
    allowed: message.allowedMentions,
    repliedUserId: null,
  });
  return {
    content: message.content,
    embeds: message.embeds,
    components: message.components,
    attachments: storeAttachments(request, message.attachments),
    mentionUserIds: mentions.userIds,
    mentionRoleIds: mentions.roleIds,
    mentionEveryone: mentions.everyone,
  };
}

function show(request: RestRequest, interaction: Interaction, message: Message): object {
  return toApiMessage(request.services.context, message, viewerOf(interaction.bot));
}
