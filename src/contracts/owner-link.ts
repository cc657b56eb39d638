import * as z from "zod";
import { DecideApprovalRequest } from "./approvals.ts";
import { SecretRef } from "./control-link.ts";
import { ErrorDetails } from "./errors.ts";
import { LogLine, ServiceKind } from "./services.ts";
import { ControlCenterSnapshot } from "./snapshot.ts";
import { SecretsHome } from "./state-file.ts";

/**
 * JSON-RPC between the owner of a state root (the window or terminal that runs the services) and its
 * observers (other windows, `palyra status`). Served on a local socket in the 0700 run folder.
 */
export const ownerProtocol = 1;

export const ownerMethods = {
  /** `OwnerHelloRequest` -> `OwnerHelloResponse` (snapshot at once; changes follow as notifications). */
  hello: "owner/hello",
  /** `OwnerCommand` -> `OwnerCommandResult`; answers when the command is carried out. */
  command: "owner/command",
  /** `{service?}` -> `{lines}`: the ring of recent lines. */
  logs: "owner/logs",
  /** `GatewayCall` -> `GatewayAnswer`: a request to the gateway, made by the owner, who has its token. */
  gateway: "owner/gateway",
} as const;

export const ownerNotifications = {
  /** `ControlCenterSnapshot` on change, at most ten a second. */
  snapshot: "owner/snapshot",
  /** `{lines: LogLine[]}` */
  log: "owner/log",
} as const;

export const OwnerHelloRequest = z.object({
  protocol: z.int(),
  client: z.object({
    name: z.string(),
    version: z.string(),
    pid: z.int(),
    /** Which home of secrets the observer could serve. An owner that cannot makes way for one that can. */
    secrets_home: SecretsHome.optional(),
  }),
});
export type OwnerHelloRequest = z.infer<typeof OwnerHelloRequest>;

export const OwnerHelloResponse = z.object({
  protocol: z.int(),
  owner: z.object({ name: z.string(), version: z.string(), pid: z.int() }),
  snapshot: ControlCenterSnapshot,
});
export type OwnerHelloResponse = z.infer<typeof OwnerHelloResponse>;

/** A command of the user. `service` absent = all. */
export const OwnerCommand = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("start"), service: ServiceKind.optional() }),
  z.object({ kind: z.literal("stop"), service: ServiceKind.optional() }),
  z.object({ kind: z.literal("restart"), service: ServiceKind.optional() }),
  z.object({ kind: z.literal("retry"), service: ServiceKind.optional() }),
  z.object({ kind: z.literal("rotate_tokens") }),
  /** Stored by the owner, because it can reach the home of the secrets; an empty value is refused. */
  z.object({ kind: z.literal("set_secret"), ref: SecretRef, value: z.string().min(1).max(4_096) }),
  z.object({ kind: z.literal("delete_secret"), ref: SecretRef }),
  z.object({ kind: z.literal("secret_changed"), ref: z.string() }),
  DecideApprovalRequest.extend({ kind: z.literal("decide_approval") }),
]);
export type OwnerCommand = z.infer<typeof OwnerCommand>;

export const OwnerCommandResult = z.discriminatedUnion("ok", [
  z.object({ ok: z.literal(true), message: z.string() }),
  z.object({ ok: z.literal(false), error: ErrorDetails }),
]);
export type OwnerCommandResult = z.infer<typeof OwnerCommandResult>;

/** A request of the gateway's administration API. */
export const GatewayCall = z.object({
  method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]),
  /** Path and query below `/admin/v1`; names in it are percent-encoded, and none is `.` or `..`. */
  path: z
    .string()
    .max(4_096)
    .regex(/^(?!.*(?:\/\.{1,2}(?:[/?]|$)|\/\/|%2e))\/[A-Za-z0-9\-._~%!$&'()*+,;=:@/?]*$/i),
  /** Sent as JSON. */
  body: z.unknown().optional(),
  /** How long the answer may take. */
  timeout_ms: z.int().min(1).max(300_000),
});
export type GatewayCall = z.infer<typeof GatewayCall>;

export const GatewayAnswer = z.discriminatedUnion("ok", [
  z.object({ ok: z.literal(true), body: z.unknown() }),
  z.object({ ok: z.literal(false), error: ErrorDetails }),
]);
export type GatewayAnswer = z.infer<typeof GatewayAnswer>;

export const OwnerLogs = z.object({ lines: z.array(LogLine) });
export type OwnerLogs = z.infer<typeof OwnerLogs>;
