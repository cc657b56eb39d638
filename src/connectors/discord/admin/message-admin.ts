import { DiscordAPIError } from "@discordjs/rest";
import type { APIMessage } from "discord-api-types/v10";
import {
  type ConversationTarget,
  type DeleteMessageRequest,
  type EditMessageRequest,
  type MessageChange,
  type MessageLocator,
  type MessageMutationResult,
  type MutationOperation,
  messageAdminBounds,
  type OperationPreflight,
  type ReactionRequest,
  type ReadMessagesRequest,
  type ReadMessagesResult,
  type SearchMessagesRequest,
  type SearchMessagesResult,
} from "../../../contracts/message-admin.ts";
import type { DiscordRest } from "../discord-rest.ts";
import { emojiInPath } from "../emoji.ts";
import { isSnowflake } from "../ids.ts";
import { discordFault } from "../onboarding/discord-fault.ts";
import { type ChannelAccess, lookAtChannel, missingPermissions } from "./channel-access.ts";
import { messageRecord } from "./message-record.ts";
import { type MessageOperation, preflightOf, requiredPermissions } from "./operations.ts";
import { matchesSearch } from "./search.ts";

/** Longest text of one Discord message, in characters. */
const messageLimit = 2_000;
const tooLong = `A message of Discord has at most ${messageLimit} characters.`;
const noEmoji = "The reaction is no emoji.";

type AdminRest = Pick<
  DiscordRest,
  | "apiBase"
  | "channel"
  | "guild"
  | "member"
  | "message"
  | "messages"
  | "editMessage"
  | "deleteMessage"
  | "addReaction"
  | "removeReaction"
>;

/** Changes a message; a text is the reason why not. */
type Change = (
  found: Found,
) => Promise<
  string | (Pick<MessageMutationResult, "status" | "message" | "diff"> & { reason?: string | null })
>;

/** A message that is there, and may be dealt with. */
interface Found {
  readonly access: ChannelAccess;
  readonly message: APIMessage;
}

/**
 * Administration of messages: what the bot may do is looked at before anything is read or changed, and every id is
 * one of Discord's before it stands in a path. What Discord cannot do now is told in words of the error catalogue.
 */
export class MessageAdmin {
  readonly #rest: AdminRest;
  readonly #botUserId: string;

  constructor(rest: AdminRest, botUserId: string) {
    this.#rest = rest;
    this.#botUserId = botUserId;
  }

  /** @throws `rate_limited`, `discord_unreachable` and the like, as the other operations do */
  read(request: ReadMessagesRequest): Promise<ReadMessagesResult> {
    return this.#explained(() => this.#read(request));
  }

  async #read(request: ReadMessagesRequest): Promise<ReadMessagesResult> {
    const target = targetOf(request);
    const cursors = [request.before_message_id, request.after_message_id, request.around_message_id];
    const ids = [request.message_id, ...cursors].filter((id) => id !== null);
    const empty = {
      target,
      exact_message_id: request.message_id,
      messages: [],
      next_before_message_id: null,
      next_after_message_id: null,
    };
    const gate = await this.#open("read", target, ids);
    if (gate.access === null) return { ...empty, preflight: gate.preflight };
    if (request.message_id !== null) {
      const message = await this.#find(gate.access, request.message_id);
      const messages = message === null ? [] : [this.#record(message, gate.access, target)];
      return { ...empty, preflight: gate.preflight, messages };
    }
    const page = await this.#rest.messages(gate.access.channelId, {
      limit: Math.min(request.limit, messageAdminBounds.page),
      ...(request.before_message_id === null ? {} : { before: request.before_message_id }),
      ...(request.after_message_id === null ? {} : { after: request.after_message_id }),
      ...(request.around_message_id === null ? {} : { around: request.around_message_id }),
    });
    return {
      ...empty,
      preflight: gate.preflight,
      messages: page.map((message) => this.#record(message, gate.access, target)),
      next_before_message_id: page.at(-1)?.id ?? null,
      next_after_message_id: page[0]?.id ?? null,
    };
  }

  /** Searches one page; `next_before_message_id` is where the next one begins. */
  search(request: SearchMessagesRequest): Promise<SearchMessagesResult> {
    return this.#explained(() => this.#search(request));
  }

  async #search(request: SearchMessagesRequest): Promise<SearchMessagesResult> {
    const target = targetOf(request);
    const before = request.before_message_id;
    const gate = await this.#open("search", target, before === null ? [] : [before]);
    const empty = { preflight: gate.preflight, target, matches: [], next_before_message_id: null };
    if (gate.access === null) return empty;
    const limit = Math.min(request.limit, messageAdminBounds.page);
    const page = await this.#rest.messages(gate.access.channelId, {
      limit,
      ...(before === null ? {} : { before }),
    });
    const records = page.map((message) => this.#record(message, gate.access, target));
    return {
      ...empty,
      matches: records.filter((record) => matchesSearch(record, request)),
      next_before_message_id: page.length < limit ? null : (page.at(-1)?.id ?? null),
    };
  }

  async edit(request: EditMessageRequest): Promise<MessageMutationResult> {
    const { locator, body } = request;
    return await this.#mutate("edit", locator, async ({ access, message }) => {
      if (isTooLong(body)) return tooLong;
      const edited = await this.#rest.editMessage(access.channelId, message.id, {
        content: body,
        allowed_mentions: { parse: [] },
      });
      return {
        status: "updated",
        message: this.#record(edited, access, locator),
        diff: { before_body: message.content, after_body: edited.content },
      };
    });
  }

  async delete(request: DeleteMessageRequest): Promise<MessageMutationResult> {
    const { locator, reason } = request;
    return await this.#mutate("delete", locator, async ({ access, message }) => {
      await this.#rest.deleteMessage(access.channelId, message.id);
      return {
        status: "deleted",
        reason,
        message: null,
        diff: { before_body: message.content, after_body: null },
      };
    });
  }

  async addReaction(request: ReactionRequest): Promise<MessageMutationResult> {
    return await this.#react("react_add", request);
  }

  async removeReaction(request: ReactionRequest): Promise<MessageMutationResult> {
    return await this.#react("react_remove", request);
  }

  async #react(
    operation: "react_add" | "react_remove",
    { locator, emoji }: ReactionRequest,
  ): Promise<MessageMutationResult> {
    return await this.#mutate(operation, locator, async ({ access, message }) => {
      const inPath = emojiInPath(emoji);
      if (inPath === null) return noEmoji;
      const isAdding = operation === "react_add";
      if (isAdding) await this.#rest.addReaction(access.channelId, message.id, inPath);
      else await this.#rest.removeReaction(access.channelId, message.id, inPath);
      return {
        status: isAdding ? "reaction_added" : "reaction_removed",
        message: this.#record(await this.#again(access, message), access, locator),
        diff: null,
      };
    });
  }

  /** Why a change would be refused now; null when it would be tried. Changes nothing. */
  async refusal(change: MessageChange, locator: MessageLocator): Promise<MessageMutationResult | null> {
    return await this.#explained(async () => {
      const looked = await this.#lookAt(change.operation, locator);
      if (looked.found === null) return looked.refusal;
      const reason = unfit(change);
      return reason === null ? null : denied(locator, looked.preflight, reason);
    });
  }

  #mutate(
    operation: MutationOperation,
    locator: MessageLocator,
    change: Change,
  ): Promise<MessageMutationResult> {
    return this.#explained(() => this.#gatedMutate(operation, locator, change));
  }

  async #gatedMutate(
    operation: MutationOperation,
    locator: MessageLocator,
    change: Change,
  ): Promise<MessageMutationResult> {
    const looked = await this.#lookAt(operation, locator);
    if (looked.found === null) return looked.refusal;
    const { found, preflight } = looked;
    try {
      const outcome = await change(found);
      if (typeof outcome === "string") return denied(locator, preflight, outcome);
      return { preflight, locator, reason: null, ...outcome };
    } catch (thrown) {
      return denied(locator, preflight, refusalOf(thrown));
    }
  }

  /** The message, when the bot may change it so. */
  async #lookAt(
    operation: MutationOperation,
    locator: MessageLocator,
  ): Promise<
    { found: Found; preflight: OperationPreflight } | { found: null; refusal: MessageMutationResult }
  > {
    const { access, preflight: entry } = await this.#open(operation, targetOf(locator), [locator.message_id]);
    const refused = (reason: string | null, preflight = entry) => ({
      found: null,
      refusal: denied(locator, preflight, reason),
    });
    if (access === null) return refused(entry.reason);
    try {
      const message = await this.#find(access, locator.message_id);
      if (message === null) return refused("Discord does not know this message.");
      const preflight = this.#preflight(operation, access, message.author.id === this.#botUserId);
      if (!preflight.allowed) return refused(preflight.reason, preflight);
      return { found: { access, message }, preflight };
    } catch (thrown) {
      return refused(refusalOf(thrown));
    }
  }

  /** Preflight with the access it is based on; no access when it is denied. */
  async #open(
    operation: MessageOperation,
    target: ConversationTarget,
    messageIds: readonly string[],
  ): Promise<
    | { preflight: ReturnType<typeof preflightOf>; access: ChannelAccess }
    | { preflight: ReturnType<typeof preflightOf>; access: null }
  > {
    const nowhere = { isThread: false, isOwnMessage: true };
    if (!messageIds.every(isSnowflake)) {
      const refusal = "A message id is not one of Discord's.";
      return { preflight: preflightOf(operation, nowhere, refusal), access: null };
    }
    const { access, refusal } = await lookAtChannel(this.#rest, target, this.#botUserId);
    if (access === null) return { preflight: preflightOf(operation, nowhere, refusal), access };
    const preflight = this.#preflight(operation, access, true);
    return preflight.allowed ? { preflight, access } : { preflight, access: null };
  }

  #preflight(operation: MessageOperation, access: ChannelAccess, isOwnMessage: boolean) {
    const place = { isThread: access.isThread, isOwnMessage };
    const missing = missingPermissions(access, requiredPermissions(operation, place));
    const isForeignDirect = operation === "delete" && access.permissions === null && !isOwnMessage;
    const isForeignEdit = operation === "edit" && !isOwnMessage;
    const refusal =
      missing.length > 0
        ? `The bot lacks here: ${missing.join(", ")}.`
        : isForeignDirect
          ? "In a direct message only the bot's own messages can be deleted."
          : isForeignEdit
            ? "Only messages of the bot itself can be edited."
            : null;
    return preflightOf(operation, place, refusal);
  }

  async #explained<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      throw discordFault(thrown, this.#rest.apiBase);
    }
  }

  /** Null when the message is not there, or not to be seen. */
  async #find(access: ChannelAccess, messageId: string): Promise<APIMessage | null> {
    try {
      return await this.#rest.message(access.channelId, messageId);
    } catch (thrown) {
      if (thrown instanceof DiscordAPIError && (thrown.status === 404 || thrown.status === 403)) return null;
      throw thrown;
    }
  }

  /** A message as it is after a change; as it was, when it cannot be read: the change was made all the same. */
  async #again(access: ChannelAccess, message: APIMessage): Promise<APIMessage> {
    try {
      return (await this.#find(access, message.id)) ?? message;
    } catch {
      return message;
    }
  }

  #record(message: APIMessage, access: ChannelAccess, target: ConversationTarget) {
    return messageRecord(message, access, target, this.#botUserId);
  }
}

/** Why Discord takes a change of no message at all; null when it would. */
function unfit(change: MessageChange): string | null {
  if (change.operation === "edit") return isTooLong(change.body) ? tooLong : null;
  if (change.operation === "delete") return null;
  return emojiInPath(change.emoji) === null ? noEmoji : null;
}

function isTooLong(body: string): boolean {
  return [...body].length > messageLimit;
}

function denied(
  locator: MessageLocator,
  preflight: OperationPreflight,
  reason: string | null,
): MessageMutationResult {
  return { preflight, locator, status: "denied", reason, message: null, diff: null };
}

/** What Discord refused, in words. @throws what is no refusal of its */
function refusalOf(thrown: unknown): string {
  if (!(thrown instanceof DiscordAPIError) || thrown.status >= 500) throw thrown;
  return `Discord refused: ${thrown.message} (code ${thrown.code}).`.slice(0, messageAdminBounds.reason);
}

function targetOf(target: ConversationTarget): ConversationTarget {
  return { conversation_id: target.conversation_id, thread_id: target.thread_id };
}
