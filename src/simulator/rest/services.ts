import type { Clock } from "../clock.ts";
import type { Faults } from "../faults.ts";
import type { Gateway } from "../gateway/gateway.ts";
import type { Interactions } from "../interactions.ts";
import type { Viewer, WireContext } from "../wire.ts";
import type { BotApplication, Channel, Message } from "../world/model.ts";
import { Permission, sendPermission } from "../world/permissions.ts";
import type { World } from "../world/world.ts";
import { apiErrors } from "./api-error.ts";
import type { NonceMemory } from "./nonce-memory.ts";
import type { InvalidRequests, RateLimits, RateRule } from "./rate-limits.ts";
import type { RequestBody } from "./request-body.ts";

/** One request as the log keeps it. Tokens never enter it. */
export interface RequestLogEntry {
  readonly atMs: number;
  readonly method: string;
  /** Path after the version, with interaction tokens masked. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** The parsed body; files are listed by name and size. */
  body: unknown;
  status: number | null;
  readonly botUserId: string | null;
}

export interface RestServices {
  readonly world: World;
  readonly clock: Clock;
  readonly context: WireContext;
  readonly gateway: Gateway;
  readonly gatewayUrl: () => string;
  readonly faults: Faults;
  readonly rateLimits: RateLimits;
  readonly rateRules: Readonly<Record<string, RateRule>> | "off";
  readonly invalidRequests: InvalidRequests;
  readonly nonces: NonceMemory;
  readonly interactions: Interactions;
  readonly requestLog: RequestLogEntry[];
  readonly applicationFlags: (bot: BotApplication) => number;
}

/** What a route's handler gets. */
export interface RestRequest {
  readonly services: RestServices;
  readonly bot: BotApplication;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readBody(): Promise<RequestBody>;
}

export interface RestResult {
  readonly status: number;
  readonly body?: unknown;
}

export const noContent: RestResult = { status: 204 };
export const ok = (body: unknown): RestResult => ({ status: 200, body });

/** A bot's view over REST: content depends on what its application has enabled (Discord docs: HTTP Restrictions). */
export function viewerOf(bot: BotApplication): Viewer {
  return { userId: bot.userId, messageContent: bot.privilegedIntents.messageContent };
}

/** @throws ApiError 10003 when it does not exist, 50001 when the bot may not see it */
export function visibleChannel(request: RestRequest, id = request.params.channel_id): Channel {
  const channel = request.services.world.channels.get(id ?? "");
  if (!channel) throw apiErrors.unknownChannel();
  if (!request.services.world.canView(channel, request.bot.userId)) throw apiErrors.missingAccess();
  return channel;
}

/** @throws ApiError 10008 */
export function existingMessage(request: RestRequest, channel: Channel): Message {
  const message = request.services.world.findMessage(channel, request.params.message_id ?? "");
  if (!message) throw apiErrors.unknownMessage();
  return message;
}

export function may(request: RestRequest, channel: Channel, permission: bigint): boolean {
  return (request.services.world.permissionsIn(channel, request.bot.userId) & permission) === permission;
}

/** @throws ApiError 50013 when the bot lacks one of the permissions */
export function demand(request: RestRequest, channel: Channel, permission: bigint): void {
  if (!may(request, channel, permission)) throw apiErrors.missingPermissions();
}

export function demandSend(request: RestRequest, channel: Channel): void {
  demand(request, channel, sendPermission(channel));
}

export { Permission };
