import { spanWords } from "../contracts/failure-rate-words.ts";
import { undeliveredSentence } from "../contracts/route-reasons.ts";
import type {
  ControlCenterSnapshot,
  FailureRate,
  Latency,
  ServiceView,
  Warning,
} from "../contracts/snapshot.ts";
import { snapshotIn } from "../supervisor/next-steps.ts";
import { readinessCell } from "./commands/channels/connector-cells.ts";
import type { Paint } from "./terminal.ts";
import { visibleData, visibleText } from "./visible-text.ts";

/** Colour of a state: green is well, yellow is on its way or not quite well, red is not. */
const stateColours: Readonly<Record<string, "green" | "yellow" | "red" | "dim">> = {
  healthy: "green",
  running: "green",
  ready: "green",
  starting: "yellow",
  degraded: "yellow",
  backoff: "yellow",
  stopping: "yellow",
  down: "red",
  unhealthy: "red",
  failed: "red",
  stopped: "dim",
};

/**
 * A snapshot as lines for people.
 * @param now Unix time in milliseconds, for uptimes and waiting times
 */
export function renderStatus(snapshot: ControlCenterSnapshot, now: number, paint: Paint): string[] {
  const shown = visibleData(snapshotIn("terminal", snapshot));
  const { overall_status, overall_reason, overall_causes, quick_facts, services, gateway, warnings } = shown;
  const colour = (state: string, text = state): string => paint(stateColours[state] ?? "dim", text);
  const others = overall_causes.filter(({ message }) => message !== overall_reason);
  const lines = [
    `${paint("bold", "Palyra")} ${colour(overall_status)}: ${overall_reason}`,
    ...others.map(({ message }) => `  also: ${message}`),
    "",
  ];
  const connectors = gateway?.status.connectors ?? [];
  const nameWidth = Math.max(
    16,
    ...services.map(({ display_name }) => display_name.length),
    ...connectors.map(({ connector_id }) => connector_id.length),
  );
  for (const view of services) {
    const facts = serviceFacts(view, now).join(", ");
    lines.push(
      `  ${view.display_name.padEnd(nameWidth)} ${colour(view.state, view.state.padEnd(10))} ${facts}`.trimEnd(),
    );
  }
  for (const connector of connectors) {
    const identity = connector.identity === null ? "" : `, as ${connector.identity}`;
    const { text: state, style } = readinessCell(connector);
    const { inbox_pending, outbox_pending, dead_letters } = connector.queue;
    const queue = `queue ${inbox_pending} in, ${outbox_pending} out, ${dead_letters} dead`;
    lines.push(
      `  ${connector.connector_id.padEnd(nameWidth)} ${paint(style, state.padEnd(10))} ${queue}${identity}`,
    );
  }
  lines.push(...figureLines(shown, paint), ...undeliveredLines(shown, now));
  if (quick_facts.gateway_url !== null)
    lines.push("", `  ${paint("dim", "gateway")} ${quick_facts.gateway_url}`);
  const first = beginning(snapshot);
  if (first.length > 0) lines.push("", ...first.map((line) => `  ${paint("cyan", line)}`));
  if (warnings.length > 0) lines.push("");
  for (const warning of warnings) lines.push(...warningLines(warning, paint));
  lines.push(
    "",
    `  ${paint("dim", `state ${quick_facts.state_root} · secrets ${quick_facts.secrets_home} · ${quick_facts.role}`)}`,
  );
  return lines;
}

/** How well the gateway does its work; nothing while it is not known. */
function figureLines({ observability }: ControlCenterSnapshot, paint: Paint): string[] {
  if (observability === null) return [];
  const { answers, deliveries, answer_latency, delivery_latency } = observability;
  return [
    ...figureLine(paint("dim", "answers"), answers, answer_latency),
    ...figureLine(paint("dim", "sending"), deliveries, delivery_latency),
  ];
}

function figureLine(name: string, rate: FailureRate | null, latency: Latency | null): string[] {
  if (rate === null || rate.failure_rate_bps === null) return [];
  const percent = (rate.failure_rate_bps / 100).toFixed(1);
  const failed = `${percent} % of ${rate.attempts} failed ${spanWords(rate)}`;
  const time = latency === null ? "" : `, ${latency.average_ms} ms on average, ${latency.max_ms} ms at most`;
  return [`  ${name} ${failed}${time}`];
}

/** How many undeliverable replies are named. */
const undeliveredShown = 3;

/** Replies that were given up, the newest with their reasons. */
function undeliveredLines({ gateway }: ControlCenterSnapshot, now: number): string[] {
  const count = (gateway?.status.connectors ?? []).reduce((sum, { queue }) => sum + queue.dead_letters, 0);
  if (count === 0) return [];
  const newest = (gateway?.status.undelivered ?? []).slice(0, undeliveredShown);
  const end = newest.length > 0 ? ", the newest first:" : ".";
  return [
    "",
    `  ${count === 1 ? "1 reply was" : `${count} replies were`} given up${end}`,
    ...newest.map(
      ({ reason, conversation, unix_ms }) =>
        `    ${duration(Math.max(0, now - unix_ms))} ago, ${conversation}: ${undeliveredSentence(reason)}`,
    ),
  ];
}

/** What one service adds to its state, most important first. */
export function serviceFacts(view: ServiceView, now: number): string[] {
  const facts: string[] = [];
  if (view.pid !== null) facts.push(`pid ${view.pid}`);
  if (view.ports[0] !== undefined) facts.push(`port ${view.ports[0].port}`);
  if (view.started_at_unix_ms !== null) facts.push(`up ${duration(now - view.started_at_unix_ms)}`);
  if (view.usage !== null) {
    const { cpu_percent, memory_bytes } = view.usage;
    facts.push(`${cpu_percent} % CPU`, `${Math.round(memory_bytes / 1_000_000)} MB`);
  }
  if (view.next_restart_unix_ms !== null) {
    facts.push(`next start in ${duration(Math.max(0, view.next_restart_unix_ms - now))}`);
  }
  if (view.restarts > 0) facts.push(`${view.restarts} ${view.restarts === 1 ? "restart" : "restarts"}`);
  if (view.adopted) facts.push("taken over");
  return facts;
}

const stateWords: Readonly<Record<ServiceView["state"], string>> = {
  stopped: "is stopped",
  starting: "is starting",
  running: "is running",
  degraded: "is degraded",
  unhealthy: "does not answer and is replaced",
  backoff: "waits for its next start",
  failed: "has failed",
  stopping: "is stopping",
};

/** One line per change between two snapshots, for output that is not a screen. */
export function changeLines(
  before: ControlCenterSnapshot | null,
  after: ControlCenterSnapshot,
  now: number,
): string[] {
  const lines: string[] = [];
  for (const view of after.services) {
    const earlier = before?.services.find(({ service }) => service === view.service);
    if (earlier?.state === view.state && earlier.pid === view.pid) continue;
    const facts = serviceFacts(view, now);
    const problem = view.problem === null ? "" : ` ${view.problem.message}`;
    lines.push(
      `${view.display_name} ${stateWords[view.state]}${facts.length > 0 ? ` (${facts.join(", ")})` : ""}.${problem}`,
    );
  }
  const known = new Set(before?.warnings.map(({ id }) => id));
  for (const warning of snapshotIn("terminal", after).warnings) {
    if (!known.has(warning.id)) lines.push(`${warning.severity}: ${warning.message} ${warning.next_step}`);
  }
  if (before?.overall_status !== after.overall_status || before.overall_reason !== after.overall_reason) {
    const status = `Palyra is ${after.overall_status}`;
    const isSaid = after.overall_reason.startsWith(status);
    lines.push(isSaid ? after.overall_reason : `${status}: ${after.overall_reason}`);
  }
  if (before === null || beginning(before).length === 0) lines.push(...beginning(after));
  return lines.map(visibleText);
}

/** How long a service that just came may say that it is not ready yet, in milliseconds. */
const openingMs = 5_000;

/**
 * How long to wait until a snapshot is worth a line: a gateway that just came opens its store for a moment.
 * @returns milliseconds, 0 for not at all
 */
export function openingFor({ services, gateway }: ControlCenterSnapshot, now: number): number {
  const startedAt = services.find(({ service }) => service === "gateway")?.started_at_unix_ms ?? null;
  const isOpening = gateway?.status.reasons.some(({ code }) => code === "service_unavailable") ?? false;
  return isOpening && startedAt !== null ? Math.max(0, startedAt + openingMs - now) : 0;
}

/** How to begin where no channel is connected yet; empty otherwise. */
function beginning({ gateway }: ControlCenterSnapshot): string[] {
  const isKnown = gateway !== null && gateway.status.reasons.length === 0;
  if (!isKnown || gateway.status.connectors.length > 0) return [];
  return ["No channel is connected yet. Begin with “palyra channels add discord”."];
}

/** A time span for people: the two largest units. */
export function duration(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

function warningLines(warning: Warning, paint: Paint): string[] {
  const mark = paint(warning.severity === "error" ? "red" : "yellow", warning.severity);
  return [`  ${mark} ${warning.message}`, `    ${warning.next_step}`];
}
