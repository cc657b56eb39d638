import * as z from "zod";
import { ErrorDetails } from "./errors.ts";
import { BoundPort, LogLevel, ServiceKind } from "./services.ts";
import { SidecarStatus } from "./sidecar-status.ts";

/** Version of the messages on the control link. A higher one is refused with `version_skew`. */
export const controlLinkProtocol = 1;

/** Times of the link, in milliseconds. Three missed heartbeats are a hang. */
export const heartbeatIntervalMs = 2_000;
export const heartbeatMissLimit = 3;
/** How long the old token stays valid beside the new one while a token is rotated. */
export const tokenRotationGraceMs = 10_000;

/**
 * The first and only line a sidecar reads from its standard input: JSON, at most 64 KiB, ended by a newline.
 * Its secrets exist nowhere else: not in arguments, environment or files.
 */
export const BootLine = z.object({
  protocol: z.literal(controlLinkProtocol),
  service: ServiceKind,
  /** 32 random bytes, base64url: proves on the control link that both ends belong together. */
  instance_id: z.string().min(43).max(64),
  state_root: z.string().min(1),
  /** Path of the local socket, or name of the pipe on Windows. */
  endpoint: z.string().min(1),
  /** Preferred port; `pinned` means: this one or none. */
  port: z.object({ number: z.int().min(0).max(65535), pinned: z.boolean() }),
  /** Tokens that callers of the service's HTTP port must show. Several are valid while one is rotated. */
  tokens: z.array(z.string().min(32)).min(1),
  /** Seconds to stay without a controller; -1 = until told. */
  linger_seconds: z.int().min(-1).max(86_400),
  log_level: LogLevel,
  /** Absolute path of the browser the user chose, for browserd. */
  browser_path: z.string().nullable(),
});
export type BootLine = z.infer<typeof BootLine>;

/**
 * Opening of a connection. The caller shows `sha256hex("palyra-client:" + instance_id + ":" + nonce)`;
 * the sidecar answers with the same over `palyra-sidecar:`. So a program that took over the address
 * is found out, and the id itself never crosses the socket.
 */
export const HelloRequest = z.object({
  protocol: z.int(),
  nonce: z.string().min(16).max(128),
  proof: z.string().length(64),
  /** A controller keeps the sidecar alive and serves its secret requests; an observer does not. */
  role: z.enum(["controller", "observer"]),
  client: z.object({ name: z.string(), version: z.string(), pid: z.int() }),
});
export type HelloRequest = z.infer<typeof HelloRequest>;

export const HelloResponse = z.object({
  protocol: z.int(),
  proof: z.string().length(64),
  service: ServiceKind,
  version: z.string(),
  pid: z.int(),
  started_at_unix_ms: z.int(),
  ports: z.array(BoundPort),
  status: SidecarStatus,
});
export type HelloResponse = z.infer<typeof HelloResponse>;

/** Requests a controller may send. Names are JSON-RPC methods. */
export const controlMethods = {
  hello: "hello",
  /** `{}` -> `{}`; the heartbeat. */
  ping: "ping",
  /** `StopRequest` -> `{}`, answered after the drain has begun; the process then exits with code 0. */
  stop: "stop",
  /** `SetTokensRequest` -> `{}`. */
  setTokens: "tokens/set",
  /** `SecretChangedRequest` -> `{}`: the named secret has a new value; ask for it again. */
  secretChanged: "secret/changed",
  /** `{}` -> `{}`: read the configuration files again now. */
  reloadConfig: "config/reload",
  /** `DecideApprovalRequest` -> `DecideApprovalResponse`: the owner's word. An observer may bring it too. */
  decideApproval: "approvals/decide",
  /** `EventsRequest` -> `EventsResponse`: what happened after a place in the gateway's log of events. */
  events: "events/after",
} as const;

/** Requests a sidecar may send to its controller. */
export const sidecarMethods = {
  /** `SecretRequest` -> `SecretResponse`. */
  getSecret: "secret/get",
  /** `SecretChange` -> `SecretChangeResult`: what the owner gave to the gateway, to be kept. */
  changeSecret: "secret/change",
} as const;

/** Notifications a sidecar sends. */
export const sidecarNotifications = {
  /** `SidecarStatus`, whenever it changes, at most ten a second. */
  status: "status",
  /** `TokenSuspicion`: the sidecar's own token may be known to others and should be replaced. */
  suspicion: "token/suspected",
  /** `LogNotification`: lines as they are written to the service's log file. */
  log: "log",
} as const;

export const StopRequest = z.object({
  /** Time to finish work in hand, in milliseconds. */
  drain_ms: z.int().min(0).max(60_000),
});
export type StopRequest = z.infer<typeof StopRequest>;

export const SetTokensRequest = z.object({
  tokens: z.array(z.string().min(32)).min(1),
  /** Tokens that stay valid only for `tokenRotationGraceMs`. */
  expiring: z.array(z.string()),
});
export type SetTokensRequest = z.infer<typeof SetTokensRequest>;

/** Reference of a secret, e.g. `global/discord_bot_token`. */
export const SecretRef = z.string().regex(/^[a-z0-9][a-z0-9._/-]{0,127}$/);

export const SecretRequest = z.object({ ref: SecretRef });
export type SecretRequest = z.infer<typeof SecretRequest>;

export const SecretResponse = z.discriminatedUnion("found", [
  z.object({ found: z.literal(true), value: z.string().max(4_096) }),
  z.object({ found: z.literal(false), error: ErrorDetails }),
]);
export type SecretResponse = z.infer<typeof SecretResponse>;

/** A new value, or null to remove it. */
export const SecretChange = z.object({ ref: SecretRef, value: z.string().min(1).max(4_096).nullable() });
export type SecretChange = z.infer<typeof SecretChange>;

export const SecretChangeResult = z.discriminatedUnion("done", [
  z.object({ done: z.literal(true) }),
  z.object({ done: z.literal(false), error: ErrorDetails }),
]);
export type SecretChangeResult = z.infer<typeof SecretChangeResult>;

export const SecretChangedRequest = z.object({ ref: SecretRef });
export type SecretChangedRequest = z.infer<typeof SecretChangedRequest>;

export const TokenSuspicion = z.object({ reason: z.string().min(1).max(200) });

export const LogNotification = z.object({
  lines: z.array(z.object({ unix_ms: z.int(), level: LogLevel, line: z.string() })),
});
export type LogNotification = z.infer<typeof LogNotification>;

/**
 * What the spawner writes beside the socket (mode 0600) before it starts a sidecar and completes after the
 * hello, so that another controller can find and prove a running one. Holds no token.
 */
export const RunRecord = z.object({
  service: ServiceKind,
  instance_id: z.string(),
  endpoint: z.string(),
  version: z.string(),
  pid: z.int().nullable(),
  /** Start time of the process as the operating system tells it; with the pid it proves a process ours. */
  process_start: z.string().nullable(),
  spawned_at_unix_ms: z.int(),
});
export type RunRecord = z.infer<typeof RunRecord>;

/** Exit codes with a meaning. All others are crashes. */
export const exitCodes = { ok: 0, usage: 2, config: 78 } as const;

/** Last line on standard error before an exit with `exitCodes.config`: JSON of `FatalReport`. */
export const FatalReport = z.object({ palyra_fatal: ErrorDetails });
export type FatalReport = z.infer<typeof FatalReport>;
