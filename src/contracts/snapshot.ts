import * as z from "zod";
import { ErrorCode, ErrorDetails } from "./errors.ts";
import { BoundPort, LogLine, ServiceKind } from "./services.ts";
import { BrowserdStatus, GatewayStatus } from "./sidecar-status.ts";
import { TimelineEvent } from "./timeline.ts";

export const ServiceState = z.enum([
  "stopped",
  "starting",
  "running",
  "degraded",
  "unhealthy",
  "backoff",
  "failed",
  "stopping",
]);
export type ServiceState = z.infer<typeof ServiceState>;

export const ServiceUsage = z.object({
  /** Share of one core since the measurement before, in percent. */
  cpu_percent: z.number().nonnegative(),
  /** Resident memory. */
  memory_bytes: z.int().nonnegative(),
  measured_at_unix_ms: z.int(),
});
export type ServiceUsage = z.infer<typeof ServiceUsage>;

/** One service as the supervisor sees it. */
export const ServiceView = z.object({
  service: ServiceKind,
  display_name: z.string(),
  desired_running: z.boolean(),
  state: ServiceState,
  /** True when the process was found running and taken over, not started, by this control center. */
  adopted: z.boolean(),
  pid: z.int().nullable(),
  version: z.string().nullable(),
  ports: z.array(BoundPort),
  started_at_unix_ms: z.int().nullable(),
  ready_at_unix_ms: z.int().nullable(),
  /** Restarts after a crash or hang since the control center started. */
  restarts: z.int().nonnegative(),
  /** Unexpected ends since the user last started or stopped it, oldest first, the latest 20. */
  recent_crashes: z.array(z.object({ unix_ms: z.int(), reason: z.string() })).default([]),
  /** What its process costs; null = not measured: nobody looks, or it has just begun. */
  usage: ServiceUsage.nullable().default(null),
  /** One sentence about the last unexpected exit; null when there was none. */
  last_exit: z.string().nullable(),
  next_restart_unix_ms: z.int().nullable(),
  /** Why the state is not `running`; null when there is nothing to explain. */
  problem: ErrorDetails.nullable(),
});
export type ServiceView = z.infer<typeof ServiceView>;

/** A command that mends what a warning is about: an id from package.json. */
export const Remedy = z.object({ title: z.string(), command: z.string() });
export type Remedy = z.infer<typeof Remedy>;

export const Warning = z.object({
  id: z.string(),
  severity: z.enum(["warning", "error"]),
  /** Which part speaks: a service kind, a connector id, or `control-center`. */
  source: z.string(),
  /** What kind of problem it is; absent when it is none of the catalogue. */
  code: ErrorCode.optional(),
  message: z.string(),
  next_step: z.string(),
  remedy: Remedy.nullable(),
});
export type Warning = z.infer<typeof Warning>;

export const OverallStatus = z.enum(["stopped", "stopping", "starting", "healthy", "degraded", "down"]);
export type OverallStatus = z.infer<typeof OverallStatus>;

/** A part of the system that keeps the overall status from being better, and why, in one sentence. */
export const OverallCause = z.object({ source: z.string(), message: z.string() });
export type OverallCause = z.infer<typeof OverallCause>;

/** How old a part of the picture is. */
export const SnapshotSource = z.object({
  source: ServiceKind,
  /** `live`: its process is there and tells what changes; `stale`: it does not answer; `none`: nothing is known. */
  state: z.enum(["live", "stale", "none"]),
  /** When it last told of a change. A live one that told nothing since has not changed. */
  received_at_unix_ms: z.int().nullable(),
});
export type SnapshotSource = z.infer<typeof SnapshotSource>;

const Count = z.int().nonnegative();

/** How often something was done lately and how often it failed. */
export const FailureRate = z.object({
  /** How far it reaches back: an hour, or to the start of the gateway. */
  window_ms: Count,
  attempts: Count,
  failures: Count,
  /** Failures per 10,000 attempts; null without an attempt. */
  failure_rate_bps: Count.nullable(),
});
export type FailureRate = z.infer<typeof FailureRate>;

/** Milliseconds over all connectors. */
export const Latency = z.object({ samples: Count, average_ms: Count, max_ms: Count });
export type Latency = z.infer<typeof Latency>;

/** How well the gateway does its work. Each figure is null while it is not known. */
export const Observability = z.object({
  /** Messages that people wrote and that were given up. */
  answers: FailureRate.nullable(),
  /** Attempts to send a message. */
  deliveries: FailureRate.nullable(),
  /** From accepting a message to its answer; from the answer to the provider. */
  answer_latency: Latency.nullable(),
  delivery_latency: Latency.nullable(),
  /** Rows over all connectors. */
  queue: z.object({ waiting_in: Count, waiting_out: Count, dead_letters: Count }).nullable(),
  /** Connectors that are switched on, and how many of them are not ready. */
  connectors: z.object({ enabled: Count, not_ready: Count }).nullable(),
  /** Unexpected ends of services within the last hour. */
  crashes_last_hour: Count,
});
export type Observability = z.infer<typeof Observability>;

export const QuickFacts = z.object({
  version: z.string(),
  state_root: z.string(),
  profile: z.string(),
  /** `owner` runs the services; `observer` looks on while another window or terminal does. */
  role: z.enum(["owner", "observer"]),
  /** Base address of the gateway's HTTP port; null while it is not serving. */
  gateway_url: z.string().nullable(),
  browser_url: z.string().nullable(),
  secrets_home: z.enum(["vscode", "file"]),
});
export type QuickFacts = z.infer<typeof QuickFacts>;

export const snapshotSchemaVersion = 1;

/** The whole system at one moment. Holds no secret. */
export const ControlCenterSnapshot = z.object({
  schema_version: z.int(),
  /** Grows by one with each change; two snapshots with one revision are equal but for their time. */
  revision: z.int().nonnegative(),
  generated_at_unix_ms: z.int(),
  overall_status: OverallStatus,
  /** Why, in one sentence that can be shown. */
  overall_reason: z.string(),
  /** All that the status follows from, the weightiest first; empty when nothing is amiss. */
  overall_causes: z.array(OverallCause).default([]),
  quick_facts: QuickFacts,
  services: z.array(ServiceView),
  /** Last status each sidecar pushed and when; null when it never did or is not running: unknown, not zero. */
  gateway: z.object({ received_at_unix_ms: z.int(), status: GatewayStatus }).nullable(),
  browserd: z.object({ received_at_unix_ms: z.int(), status: BrowserdStatus }).nullable(),
  /** How old what is said about each service is. */
  sources: z.array(SnapshotSource).default([]),
  /** Null from an older control center. */
  observability: Observability.nullable().default(null),
  warnings: z.array(Warning),
  /** The newest events of the timeline, newest first, at most `timelineWindow`. */
  recent_events: z.array(TimelineEvent).default([]),
});
export type ControlCenterSnapshot = z.infer<typeof ControlCenterSnapshot>;

/** Log lines are streamed beside the snapshot, not inside it. */
export const LogWindow = z.object({ lines: z.array(LogLine), dropped: z.int().nonnegative() });
export type LogWindow = z.infer<typeof LogWindow>;
