import { toApiUser } from "../wire.ts";
import type { Channel, Message } from "../world/model.ts";
import { compareSnowflakes } from "../world/snowflake.ts";
import { apiErrors } from "./api-error.ts";
import { Form } from "./form.ts";
import type { Route } from "./route.ts";
import {
  demand,
  existingMessage,
  noContent,
  ok,
  Permission,
  type RestRequest,
  type RestResult,
  visibleChannel,
} from "./services.ts";

const MAX_DIFFERENT_REACTIONS = 20;
/** The `v` flag is newer than the language level that sources are checked at. */
const UNICODE_SETS = "v";
const ONE_EMOJI = new RegExp("^\\p{RGI_Emoji}$", UNICODE_SETS);
const PATH = "/channels/:channel_id/messages/:message_id/reactions/:emoji";

/** Reactions (Discord docs: Message Resource, Create Reaction and following). */
export const reactionRoutes: readonly Route[] = [
  { method: "PUT", path: `${PATH}/@me`, bucket: "reactions", handle: addReaction },
  { method: "DELETE", path: `${PATH}/@me`, bucket: "reactions", handle: removeOwnReaction },
  { method: "DELETE", path: `${PATH}/:user_id`, bucket: "reactions", handle: removeReaction },
  { method: "GET", path: PATH, bucket: "reactions/list", handle: getReactions },
];

/** True for one unicode emoji, with or without its variation selector. */
function isUnicodeEmoji(text: string): boolean {
  return ONE_EMOJI.test(text) || ONE_EMOJI.test(`${text}\uFE0F`);
}

function target(request: RestRequest): { channel: Channel; message: Message; emoji: string } {
  const channel = visibleChannel(request);
  const message = existingMessage(request, channel);
  const emoji = request.params.emoji ?? "";
  // The simulated servers have no custom emoji, so `name:id` is unknown too.
  if (!isUnicodeEmoji(emoji)) throw apiErrors.unknownEmoji();
  return { channel, message, emoji };
}

function addReaction(request: RestRequest): RestResult {
  const { channel, message, emoji } = target(request);
  demand(request, channel, Permission.READ_MESSAGE_HISTORY);
  const exists = message.reactions.some((one) => one.emoji === emoji);
  if (!exists) {
    demand(request, channel, Permission.ADD_REACTIONS);
    if (message.reactions.length >= MAX_DIFFERENT_REACTIONS) throw apiErrors.tooManyReactions();
  }
  request.services.world.addReaction(message, request.bot.userId, emoji);
  return noContent;
}

function removeOwnReaction(request: RestRequest): RestResult {
  const { message, emoji } = target(request);
  request.services.world.removeReaction(message, request.bot.userId, emoji);
  return noContent;
}

function removeReaction(request: RestRequest): RestResult {
  const { channel, message, emoji } = target(request);
  const userId = request.params.user_id ?? "";
  if (userId !== request.bot.userId) demand(request, channel, Permission.MANAGE_MESSAGES);
  request.services.world.removeReaction(message, userId, emoji);
  return noContent;
}

function getReactions(request: RestRequest): RestResult {
  const { message, emoji } = target(request);
  const form = new Form(request.query);
  const limit = form.integer("limit", { min: 1, max: 100 }) ?? 25;
  const after = form.snowflake("after") ?? "0";
  form.done();
  const ids = message.reactions.find((one) => one.emoji === emoji)?.userIds ?? [];
  const page = ids
    .filter((id) => compareSnowflakes(id, after) > 0)
    .sort(compareSnowflakes)
    .slice(0, limit);
  return ok(page.map((id) => toApiUser(request.services.world.user(id))));
}
