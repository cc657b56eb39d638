import * as z from "zod";
import { AttachmentRef } from "./connector.ts";

/** Bounds of message administration; sizes in UTF-8 bytes. */
export const messageAdminBounds = {
  id: 128,
  conversationId: 256,
  identity: 256,
  display: 256,
  body: 131_072,
  query: 1_024,
  emoji: 128,
  reason: 512,
  link: 2_048,
  label: 128,
  /** Messages of one answer. */
  page: 100,
} as const;

const byteLength = (text: string): number => new TextEncoder().encode(text).length;
const bounded = (max: number) =>
  z.string().refine((text) => byteLength(text) <= max, { message: `must be at most ${max} bytes` });
const identifier = (max: number) =>
  bounded(max).refine((text) => text.trim().length > 0, { message: "must not be empty" });
const MessageId = identifier(messageAdminBounds.id);
const optionalId = MessageId.nullable().default(null);
const Instant = z.int().nonnegative();

/** Where a message is: a conversation as the adapter names it, and a thread in it when there is one. */
export const conversationTargetShape = {
  conversation_id: identifier(messageAdminBounds.conversationId),
  thread_id: identifier(messageAdminBounds.conversationId).nullable().default(null),
} as const;
export const ConversationTarget = z.object(conversationTargetShape);
export type ConversationTarget = z.infer<typeof ConversationTarget>;

export const MessageLocator = z.object({ ...conversationTargetShape, message_id: MessageId });
export type MessageLocator = z.infer<typeof MessageLocator>;

export const ReadMessagesRequest = z
  .strictObject({
    ...conversationTargetShape,
    /** Exactly this message; excludes the three cursors. */
    message_id: optionalId,
    before_message_id: optionalId,
    after_message_id: optionalId,
    around_message_id: optionalId,
    limit: z.int().min(1).default(50),
  })
  .refine(
    (request) =>
      request.message_id === null ||
      (request.before_message_id === null &&
        request.after_message_id === null &&
        request.around_message_id === null),
    { path: ["message_id"], message: "cannot be combined with a cursor" },
  )
  .refine(
    ({ before_message_id, after_message_id, around_message_id }) =>
      [before_message_id, after_message_id, around_message_id].filter((cursor) => cursor !== null).length < 2,
    { path: ["before_message_id"], message: "give one of the cursors before, after and around" },
  );
export type ReadMessagesRequest = z.infer<typeof ReadMessagesRequest>;

export const SearchMessagesRequest = z
  .strictObject({
    ...conversationTargetShape,
    query: bounded(messageAdminBounds.query).nullable().default(null),
    author_id: bounded(messageAdminBounds.identity).nullable().default(null),
    has_attachments: z.boolean().nullable().default(null),
    before_message_id: optionalId,
    limit: z.int().min(1).default(50),
  })
  .refine(
    ({ query, author_id, has_attachments }) =>
      (query ?? "").trim() !== "" || (author_id ?? "").trim() !== "" || has_attachments !== null,
    { path: ["query"], message: "give a query, an author_id or has_attachments" },
  );
export type SearchMessagesRequest = z.infer<typeof SearchMessagesRequest>;

export const EditMessageRequest = z.strictObject({
  locator: MessageLocator,
  body: identifier(messageAdminBounds.body),
});
export type EditMessageRequest = z.infer<typeof EditMessageRequest>;

export const DeleteMessageRequest = z.strictObject({
  locator: MessageLocator,
  reason: bounded(messageAdminBounds.reason).nullable().default(null),
});
export type DeleteMessageRequest = z.infer<typeof DeleteMessageRequest>;

export const ReactionRequest = z.strictObject({
  locator: MessageLocator,
  emoji: identifier(messageAdminBounds.emoji),
});
export type ReactionRequest = z.infer<typeof ReactionRequest>;

export const ReactionRecord = z.object({
  emoji: identifier(messageAdminBounds.emoji),
  count: z.int().nonnegative(),
  reacted_by_connector: z.boolean(),
});
export type ReactionRecord = z.infer<typeof ReactionRecord>;

export const MessageRecord = z.object({
  locator: MessageLocator,
  sender_id: identifier(messageAdminBounds.identity),
  sender_display: bounded(messageAdminBounds.display).nullable(),
  body: bounded(messageAdminBounds.body),
  created_at_unix_ms: Instant,
  edited_at_unix_ms: Instant.nullable(),
  is_direct_message: z.boolean(),
  is_connector_authored: z.boolean(),
  link: bounded(messageAdminBounds.link).nullable(),
  attachments: z.array(AttachmentRef).max(32),
  reactions: z.array(ReactionRecord).max(64),
});
export type MessageRecord = z.infer<typeof MessageRecord>;

/** Whether an operation is allowed to the bot where it is asked for, and what it means. */
export const OperationPreflight = z.object({
  allowed: z.boolean(),
  policy_action: identifier(messageAdminBounds.label),
  approval_mode: z.enum(["none", "conditional", "required"]),
  risk_level: z.enum(["low", "medium", "high", "conditional"]),
  /** Type of the event that is written, e.g. `message.edit`. */
  audit_event_type: identifier(messageAdminBounds.label),
  required_permissions: z.array(identifier(messageAdminBounds.label)).max(32),
  reason: bounded(messageAdminBounds.reason).nullable(),
});
export type OperationPreflight = z.infer<typeof OperationPreflight>;

/** A denied preflight comes with no messages. */
export const ReadMessagesResult = z.object({
  preflight: OperationPreflight,
  target: ConversationTarget,
  exact_message_id: MessageId.nullable(),
  /** Newest first. */
  messages: z.array(MessageRecord).max(messageAdminBounds.page),
  next_before_message_id: MessageId.nullable(),
  next_after_message_id: MessageId.nullable(),
});
export type ReadMessagesResult = z.infer<typeof ReadMessagesResult>;

export const SearchMessagesResult = z.object({
  preflight: OperationPreflight,
  target: ConversationTarget,
  matches: z.array(MessageRecord).max(messageAdminBounds.page),
  /** The oldest message that was looked at; null at the beginning of the conversation. */
  next_before_message_id: MessageId.nullable(),
});
export type SearchMessagesResult = z.infer<typeof SearchMessagesResult>;

/** A change of a message that exists. */
export type MessageChange =
  | { readonly operation: "edit"; readonly body: string }
  | { readonly operation: "delete" }
  | { readonly operation: "react_add" | "react_remove"; readonly emoji: string };
export type MutationOperation = MessageChange["operation"];

export const MessageMutationResult = z.object({
  preflight: OperationPreflight,
  locator: MessageLocator,
  status: z.enum(["updated", "deleted", "reaction_added", "reaction_removed", "denied"]),
  reason: bounded(messageAdminBounds.reason).nullable(),
  /** The message afterwards; null when it is gone or was never seen. */
  message: MessageRecord.nullable(),
  diff: z
    .object({
      before_body: bounded(messageAdminBounds.body).nullable(),
      after_body: bounded(messageAdminBounds.body).nullable(),
    })
    .nullable(),
});
export type MessageMutationResult = z.infer<typeof MessageMutationResult>;
