import * as z from "zod";
import { ApprovalRisk } from "./approvals.ts";
import { byteLength } from "./byte-length.ts";
import { connectorBounds } from "./connector.ts";
import {
  CircuitStatus,
  ConnectorAvailability,
  ConnectorCapabilities,
  ConnectorEventRecord,
  ConnectorFigures,
  DeadLetterRecord,
  DrainOutcome,
  QueueStatus,
  Saturation,
} from "./connector-operations.ts";
import { MediaStatus } from "./media-config.ts";
import {
  DeleteMessageRequest,
  EditMessageRequest,
  MessageMutationResult,
  MessageRecord,
  messageAdminBounds,
  ReactionRequest,
  ReadMessagesResult,
  SearchMessagesResult,
} from "./message-admin.ts";
import { pageLimit, queryNumber } from "./query-number.ts";
import { ConnectorStatus } from "./sidecar-status.ts";

const bounded = (max: number) =>
  z.string().refine((text) => byteLength(text) <= max, { message: `must be at most ${max} bytes` });
const filled = (max: number) =>
  bounded(max).refine((text) => text.trim() !== "", { message: "must not be empty" });

export const ConnectorId = z
  .string()
  .max(connectorBounds.id)
  .regex(/^[a-z]+:[a-z0-9][a-z0-9._-]*$/, "must look like discord:default");
export const ConnectorParams = z.object({ connector_id: ConnectorId });
export const DeadLetterParams = ConnectorParams.extend({
  dead_letter_id: queryNumber(1),
});
const limits = { max: 500, usual: 100 } as const;

export const Connector = ConnectorStatus.extend({
  availability: ConnectorAvailability,
  capabilities: ConnectorCapabilities,
  principal: z.string(),
});
export type Connector = z.infer<typeof Connector>;

export const ChannelsResponse = z.object({
  connectors: z.array(Connector),
  /** Every provider there is, those that are only planned included. */
  providers: z.array(
    z.object({
      kind: z.string(),
      availability: ConnectorAvailability,
      capabilities: ConnectorCapabilities,
    }),
  ),
});
export type ChannelsResponse = z.infer<typeof ChannelsResponse>;

export const ChannelStatusResponse = z.object({
  connector: Connector,
  runtime: z.object({ metrics: ConnectorFigures, circuit: CircuitStatus }),
  media: MediaStatus,
  operations: z.object({
    queue: QueueStatus,
    saturation: Saturation,
    last_auth_failure: z.string().nullable(),
    rate_limits: z.object({
      global_retry_after_ms: z.int().nullable(),
      active_route_limits: z.int(),
      routes: z.array(z.object({ route: z.string(), retry_after_ms: z.int() })),
    }),
  }),
});
export type ChannelStatusResponse = z.infer<typeof ChannelStatusResponse>;

export const EnabledRequest = z.strictObject({ enabled: z.boolean() });
export const EnabledResponse = z.object({ connector: Connector });

/** Events and dead letters have ids of their own, and so has each list its own next page. */
export const LogsQuery = z.strictObject({
  limit: pageLimit(limits.max, limits.usual),
  /** Only events older than the one with this id. */
  before: queryNumber(1).optional(),
  /** Only dead letters older than the one with this id. */
  dead_letters_before: queryNumber(1).optional(),
});
export const LogsRequest = z.strictObject({
  connector_id: ConnectorId,
  limit: z.int().min(1).max(limits.max).default(limits.usual),
  before: z.int().positive().optional(),
  dead_letters_before: z.int().positive().optional(),
});
export const LogsResponse = z.object({
  events: z.array(ConnectorEventRecord),
  dead_letters: z.array(DeadLetterRecord),
});
export type LogsResponse = z.infer<typeof LogsResponse>;

export const ChannelActionResponse = ChannelStatusResponse.extend({
  action: z.object({
    type: z.enum([
      "queue_pause",
      "queue_resume",
      "queue_drain",
      "dead_letter_replay",
      "dead_letter_discard",
      "restart",
    ]),
    message: z.string(),
    drain: DrainOutcome.optional(),
    /** The letters that were sent again or let go. */
    dead_letters: z.array(DeadLetterRecord).optional(),
  }),
});
export type ChannelActionResponse = z.infer<typeof ChannelActionResponse>;

export const HealthRefreshRequest = z.strictObject({
  verify_channel_id: z
    .string()
    .regex(/^[A-Za-z0-9:_-]{1,128}$/, "must be the id of a channel")
    .optional(),
});
export const HealthRefreshResponse = ChannelStatusResponse.extend({
  health_refresh: z.object({
    supported: z.boolean(),
    refreshed: z.boolean(),
    /** Why it was not refreshed. */
    message: z.string().nullable(),
    identity: z.string().nullable(),
    account_id: z.string().nullable(),
    required_permissions: z.array(z.string()),
    missing_permissions: z.array(z.string()).nullable(),
    warnings: z.array(z.string()),
  }),
});
export type HealthRefreshResponse = z.infer<typeof HealthRefreshResponse>;

export const TestMessageRequest = z.strictObject({
  text: filled(connectorBounds.body - 64),
  conversation_id: filled(connectorBounds.conversationId).default("test:conversation"),
  sender_id: filled(connectorBounds.senderId).default("test-user"),
  sender_display: bounded(connectorBounds.display).optional(),
  is_direct_message: z.boolean().default(true),
  /** As if the message called everybody of the conversation. */
  requested_broadcast: z.boolean().default(false),
});
export type TestMessageRequest = z.infer<typeof TestMessageRequest>;
export const TestMessageResponse = z.object({
  ingest: z.object({ envelope_id: z.string(), accepted: z.boolean() }),
  status: ChannelStatusResponse,
});
export type TestMessageResponse = z.infer<typeof TestMessageResponse>;

export const TestSendRequest = z.strictObject({
  /** Id of the channel, with or without `channel:` or `thread:` before it. */
  target: z
    .string()
    .trim()
    .regex(/^(?:channel:|thread:)?\d{16,20}$/, "must be a channel id, with or without “channel:” before it"),
  text: filled(connectorBounds.body).default("palyra discord test message"),
  /** Has to be true: people will see the message. */
  confirm: z.literal(true, { error: "must be true: people will see the message" }),
  reply_to_message_id: z
    .string()
    .regex(/^\d{16,20}$/, "must be a message id")
    .optional(),
});
export type TestSendRequest = z.infer<typeof TestSendRequest>;
export const TestSendHeaders = z.object({
  /** A request that is made again under its key does nothing a second time; another one under it is refused. */
  "idempotency-key": z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/, "must be 1 to 128 visible ASCII characters")
    .optional(),
});
export const TestSendResponse = z.object({
  dispatch: z.object({
    envelope_id: z.string(),
    connector_id: z.string(),
    target: z.string(),
    /** New parts in the outbox: none when the same request was made before under the same key. */
    enqueued: z.int(),
    /** These count all parts, whichever request put them there. */
    delivered: z.int(),
    /** Still in the outbox: sent as soon as that is possible. */
    waiting: z.int(),
    dead_lettered: z.int(),
    /** The first part at the provider. */
    native_message_id: z.string().nullable(),
    in_reply_to_message_id: z.string().nullable(),
    /** Why a part was not delivered. */
    reason: z.string().nullable(),
  }),
  status: ChannelStatusResponse,
});
export type TestSendResponse = z.infer<typeof TestSendResponse>;

export const ReadMessagesResponse = z.object({ result: ReadMessagesResult });
export const SearchMessagesResponse = z.object({ result: SearchMessagesResult });

const approvalId = filled(messageAdminBounds.id).optional();
export const EditMessageHttpRequest = EditMessageRequest.extend({ approval_id: approvalId });
export const DeleteMessageHttpRequest = DeleteMessageRequest.extend({ approval_id: approvalId });
export const ReactionHttpRequest = ReactionRequest.extend({ approval_id: approvalId });

export const ApprovalRequired = z.object({
  approval_required: z.literal(true),
  approval: z.object({
    /** To be sent with the same request, once, after the owner allowed it. */
    approval_id: z.string(),
    state: z.enum(["pending", "allowed"]),
    subject: z.string(),
    /** What happens when it is allowed, as the owner reads it. */
    sentence: z.string(),
    expires_at_unix_ms: z.int(),
    options: z.array(z.enum(["allow_once", "deny_once"])),
  }),
  policy: z.object({
    action: z.string(),
    resource: z.string(),
    risk: ApprovalRisk,
    reason: z.string(),
  }),
  preview: MessageRecord,
});
export type ApprovalRequired = z.infer<typeof ApprovalRequired>;
export const MutationDone = z.object({ result: MessageMutationResult });
export type MutationDone = z.infer<typeof MutationDone>;
/** Done, or waiting for the owner. */
export type MutationResponse = MutationDone | ApprovalRequired;
