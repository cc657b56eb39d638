import * as z from "zod";
import { byteLength } from "./byte-length.ts";
import { ReplyMention } from "./router-config.ts";

/** Bounds of the connector protocol; sizes in UTF-8 bytes. */
export const connectorBounds = {
  id: 128,
  conversationId: 256,
  senderId: 256,
  display: 256,
  body: 65_536,
  attachments: 32,
  attachmentId: 128,
  attachmentUrl: 1_024,
  filename: 512,
  contentType: 256,
} as const;

const bounded = (max: number) =>
  z.string().refine((text) => byteLength(text) <= max, { message: `must be at most ${max} bytes` });
const identifier = (max: number) =>
  bounded(max).refine((text) => text.trim().length > 0, { message: "must not be empty" });

/** Unix time in milliseconds. */
const Instant = z.int().nonnegative();

export const AttachmentRef = z.object({
  kind: z.enum(["image", "file"]),
  attachment_id: identifier(connectorBounds.attachmentId),
  url: bounded(connectorBounds.attachmentUrl).nullable(),
  filename: bounded(connectorBounds.filename).nullable(),
  content_type: bounded(connectorBounds.contentType).nullable(),
  size_bytes: z.int().nonnegative().nullable(),
  /** The message it came with, where that is not the event's own. */
  provider_message_id: identifier(connectorBounds.id).optional(),
});
export type AttachmentRef = z.infer<typeof AttachmentRef>;

/** A message as an adapter hands it to the core: provider facts, already bounded and canonical. */
export const InboundMessageEvent = z.object({
  /** ULID made when the event was received: the trace id from end to end. */
  envelope_id: z.string().regex(/^[0-9A-HJKMNP-TV-Z]{26}$/),
  connector_id: identifier(connectorBounds.id),
  /** The provider's own id of the message: what makes a repeated event the same event. */
  provider_message_id: identifier(connectorBounds.id),
  /** Canonical, e.g. `discord:channel:123`. A thread is a conversation of its own. */
  conversation_id: identifier(connectorBounds.conversationId),
  /** Canonical id of the conversation a thread belongs to; null outside threads. */
  parent_conversation_id: bounded(connectorBounds.conversationId).nullable(),
  guild_id: bounded(connectorBounds.id).nullable(),
  /** Canonical, e.g. `discord:user:456`. */
  sender_id: identifier(connectorBounds.senderId),
  /** For showing only, never for policy. */
  sender_display: bounded(connectorBounds.display).nullable(),
  sender_roles: z.array(identifier(connectorBounds.id)).max(256),
  /** The person's own text; may be empty when there are attachments. */
  body: bounded(connectorBounds.body),
  is_direct_message: z.boolean(),
  /** The bot itself was mentioned as an entity, or a message of its own was replied to. */
  mentions_bot: z.boolean(),
  /** The message calls everybody of the conversation; absent means that it does not. */
  requested_broadcast: z.boolean().optional(),
  attachments: z.array(AttachmentRef).max(connectorBounds.attachments),
  sent_at_unix_ms: Instant,
  received_at_unix_ms: Instant,
});
export type InboundMessageEvent = z.infer<typeof InboundMessageEvent>;

export const inboxStates = ["received", "routing", "done", "ignored", "failed"] as const;
export const InboxState = z.enum(inboxStates);
export type InboxState = z.infer<typeof InboxState>;

/** A file the gateway keeps, to be sent with a message. */
export const OutboundAttachment = z.object({
  /** SHA-256 of the content, in hexadecimal: its name in the folder of kept files. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  filename: bounded(connectorBounds.filename),
});
export type OutboundAttachment = z.infer<typeof OutboundAttachment>;

/** A reply before it is split: what a turn of the agent puts out. */
export const RoutedOutput = z.object({
  text: identifier(connectorBounds.body),
  in_reply_to_message_id: bounded(connectorBounds.id).nullable(),
  /** Go with the first message of the text. */
  attachments: z.array(OutboundAttachment).max(10).optional(),
});
export type RoutedOutput = z.infer<typeof RoutedOutput>;

/** One provider-sized message: the payload of an outbox row. */
export const OutboundMessageRequest = z.object({
  connector_id: identifier(connectorBounds.id),
  conversation_id: identifier(connectorBounds.conversationId),
  /** The inbound envelope this answers; also the group whose chunks go in order. */
  envelope_id: identifier(connectorBounds.id),
  /** Position among the chunks of all outputs of the envelope, from 0. */
  sequence: z.int().nonnegative(),
  text: identifier(connectorBounds.body),
  in_reply_to_message_id: bounded(connectorBounds.id).nullable(),
  /** Whom the text may notify; nobody where it is left out. */
  mentions: z.array(ReplyMention).optional(),
  /** Files of the answer; never those of the message it answers. */
  attachments: z.array(OutboundAttachment).max(10).optional(),
  /** At most 25 characters, derived from the row's key: the provider's guard against a second send. */
  nonce: z.string().min(1).max(25),
});
export type OutboundMessageRequest = z.infer<typeof OutboundMessageRequest>;

export const RetryClass = z.enum(["rate_limit", "transient_network", "connector_restarting"]);
export type RetryClass = z.infer<typeof RetryClass>;

/** Why a delivery failed for good, typed so that nothing is read out of texts. */
export const FailureClass = z.enum([
  "auth_failed",
  "missing_access",
  "missing_permissions",
  "unknown_target",
  "recipient_refuses",
  "invalid_request",
  "expired",
  "attempts_exhausted",
]);
export type FailureClass = z.infer<typeof FailureClass>;

/** What became of one attempt to send. */
export const DeliveryOutcome = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("delivered"), native_message_id: z.string() }),
  z.object({
    kind: z.literal("retry"),
    class: RetryClass,
    reason: z.string(),
    retry_after_ms: z.int().nonnegative().nullable(),
  }),
  z.object({ kind: z.literal("permanent_failure"), class: FailureClass, reason: z.string() }),
]);
export type DeliveryOutcome = z.infer<typeof DeliveryOutcome>;
