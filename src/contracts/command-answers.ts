import * as z from "zod";
import { ApprovalVerdict, PendingApprovals } from "./approvals.ts";
import { ConnectorCapabilities, DeadLetterRecord } from "./connector-operations.ts";
import { DoctorReport } from "./doctor.ts";
import { GatewayConfig } from "./gateway-config.ts";
import {
  ApprovalRequired,
  ChannelActionResponse,
  ChannelStatusResponse,
  ChannelsResponse,
  EnabledResponse,
  HealthRefreshResponse,
  LogsResponse,
  MutationDone,
  ReadMessagesResponse,
  SearchMessagesResponse,
  TestMessageResponse,
  TestSendResponse,
} from "./http-channels.ts";
import {
  AccountLoginResponse,
  AccountLogoutResponse,
  AccountRemoveResponse,
  ApplyResponse,
} from "./http-onboarding.ts";
import {
  PairingCodeResponse,
  PairingDecisionResponse,
  PairingsResponse,
  RoutePreviewResponse,
  RouterRulesResponse,
  RouterWarningsResponse,
} from "./http-router.ts";
import {
  DeliveriesResponse,
  DeliveryActionResponse,
  HookAccepted,
  PutWebhookResponse,
  SignWebhookResponse,
  TestWebhookResponse,
  WebhookDeletedResponse,
  WebhookResponse,
  WebhooksResponse,
} from "./http-webhooks.ts";
import { LogLine, ServiceKind } from "./services.ts";
import { ControlCenterSnapshot } from "./snapshot.ts";
import { TimelineEvent } from "./timeline.ts";

const Mutation = z.union([ApprovalRequired, MutationDone]);
const Providers = z.object({ providers: ChannelsResponse.shape.providers });
const Decision = z.object({ approval_id: z.string(), verdict: ApprovalVerdict, message: z.string() });
const ConfigChange = z.object({
  file: z.string(),
  config_hash: z.string(),
  key: z.string(),
  /** Null where the setting is at its default, and there is none to show. */
  value: z.json(),
});

/**
 * What `--json` prints on standard output, by command: one document, and of `up`, `logs` and `timeline` one in each
 * line.
 */
export const commandAnswers = {
  up: ControlCenterSnapshot,
  status: ControlCenterSnapshot,
  stop: z.object({ stopped: z.boolean() }),
  restart: z.object({ restarted: z.literal(true), service: ServiceKind.nullable(), message: z.string() }),
  logs: LogLine,
  timeline: TimelineEvent,
  doctor: DoctorReport,
  "support-bundle": z.object({ file: z.string(), bytes: z.int(), entries: z.array(z.string()) }),
  reset: z.union([
    z.object({ reset: z.literal("secrets"), forgotten: z.array(z.string()) }),
    z.object({ reset: z.string(), kept: z.array(z.string()) }),
  ]),
  completion: z.object({ shell: z.string(), script: z.string() }),
  approvals: PendingApprovals,
  "approvals allow": Decision,
  "approvals deny": Decision,
  "profile list": z.object({
    profiles: z.array(z.object({ name: z.string(), state_root: z.string(), used: z.boolean() })),
  }),
  "profile create": z.object({ created: z.string(), state_root: z.string() }),
  "profile use": z.object({ used: z.string() }),
  "profile remove": z.object({ removed: z.string() }),
  "secrets set": z.object({ ref: z.string(), stored: z.literal(true) }),
  "secrets list": z.object({ secrets: z.array(z.object({ ref: z.string() })) }),
  "secrets delete": z.object({ ref: z.string(), deleted: z.literal(true) }),
  "secrets rotate": z.object({ rotated: z.literal(true), message: z.string() }),
  "config get": z.object({
    file: z.string(),
    exists: z.boolean(),
    key: z.string().nullable(),
    /** The whole configuration when no key is named. */
    value: z.union([GatewayConfig, z.json()]),
  }),
  "config set": ConfigChange,
  "config unset": ConfigChange,
  "config validate": z.object({
    valid: z.literal(true),
    file: z.string(),
    exists: z.boolean(),
    config_hash: z.string(),
  }),
  "channels discord add": ApplyResponse,
  "channels discord login": AccountLoginResponse,
  "channels discord status": ChannelStatusResponse,
  "channels discord health-refresh": HealthRefreshResponse,
  "channels discord verify": TestSendResponse,
  "channels add": ApplyResponse,
  "channels login": AccountLoginResponse,
  "channels logout": AccountLogoutResponse,
  "channels remove": AccountRemoveResponse,
  "channels list": ChannelsResponse,
  /** Of all connectors when none is named. */
  "channels status": z.union([ChannelStatusResponse, ChannelsResponse]),
  "channels enable": EnabledResponse,
  "channels disable": EnabledResponse,
  "channels restart": ChannelActionResponse,
  "channels logs": LogsResponse,
  "channels test": TestMessageResponse,
  "channels verify": TestSendResponse,
  "channels health-refresh": HealthRefreshResponse,
  "channels queue-pause": ChannelActionResponse,
  "channels queue-resume": ChannelActionResponse,
  "channels queue-drain": ChannelActionResponse,
  "channels dead-letters": z.object({ dead_letters: z.array(DeadLetterRecord) }),
  "channels dead-letter-replay": ChannelActionResponse,
  "channels dead-letter-discard": ChannelActionResponse,
  "channels capabilities": Providers,
  "channels resolve": z.object({
    provider: z.string(),
    account_id: z.string(),
    entity: z.string(),
    input: z.string(),
    normalized: z.string(),
    /** As the settings name it. */
    canonical: z.string(),
  }),
  "channels pairings": PairingsResponse,
  "channels pairing-code": PairingCodeResponse,
  "channels pairing-approve": PairingDecisionResponse,
  "channels pairing-deny": PairingDecisionResponse,
  "channels pairing-revoke": PairingDecisionResponse,
  "channels router rules": RouterRulesResponse,
  "channels router warnings": RouterWarningsResponse,
  "channels router preview": RoutePreviewResponse,
  "channels router pairings": PairingsResponse,
  "channels router mint-pairing-code": PairingCodeResponse,
  "message capabilities": z.object({
    connector_id: z.string(),
    provider: z.string(),
    message: ConnectorCapabilities.shape.message,
  }),
  "message send": TestSendResponse,
  "message thread": TestSendResponse,
  "message read": ReadMessagesResponse,
  "message search": SearchMessagesResponse,
  "message edit": Mutation,
  "message delete": Mutation,
  "message react": Mutation,
  "webhooks list": WebhooksResponse,
  "webhooks show": WebhookResponse,
  "webhooks add": PutWebhookResponse,
  "webhooks enable": WebhookResponse,
  "webhooks disable": WebhookResponse,
  "webhooks remove": WebhookDeletedResponse,
  "webhooks test": TestWebhookResponse,
  "webhooks sign": SignWebhookResponse,
  "webhooks dispatch": HookAccepted,
  "webhooks deliveries": DeliveriesResponse,
  "webhooks replay": DeliveryActionResponse,
  "webhooks discard": DeliveryActionResponse,
} as const satisfies Record<string, z.ZodType>;
