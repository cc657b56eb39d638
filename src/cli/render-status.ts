import type { ControlCenterSnapshot, ServiceView, Warning } from "../contracts/snapshot.ts";
import type { Paint } from "./terminal.ts";
import { inTerminalWords } from "./terminal-wording.ts";
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
  const { overall_status, overall_reason, quick_facts, services, gateway, warnings } = visibleData(snapshot);
  const colour = (state: string, text = state): string => paint(stateColours[state] ?? "dim", text);
  const lines = [`${paint("bold", "Palyra")} ${colour(overall_status)}: ${overall_reason}`, ""];
  for (const view of services) {
    const facts = serviceFacts(view, now).join(", ");
    lines.push(
      `  ${view.display_name.padEnd(16)} ${colour(view.state, view.state.padEnd(10))} ${facts}`.trimEnd(),
    );
  }
  for (const connector of gateway?.status.connectors ?? []) {
    const identity = connector.identity === null ? "" : ` as ${connector.identity}`;
    const state = connector.enabled ? connector.readiness.replaceAll("_", " ") : "off";
    const { inbox_pending, outbox_pending, dead_letters } = connector.queue;
    const queue = `queue ${inbox_pending} in, ${outbox_pending} out, ${dead_letters} dead`;
    lines.push(
      `  ${connector.connector_id.padEnd(16)} ${colour(connector.readiness, state.padEnd(10))} ${queue}${identity}`,
    );
  }
  if (quick_facts.gateway_url !== null)
    lines.push("", `  ${paint("dim", "gateway")} ${quick_facts.gateway_url}`);
  if (warnings.length > 0) lines.push("");
  for (const warning of warnings.map(inTerminalWords)) lines.push(...warningLines(warning, paint));
  lines.push(
    "",
    paint(
      "dim",
      `  state ${quick_facts.state_root} · secrets ${quick_facts.secrets_home} · ${quick_facts.role}`,
    ),
  );
  return lines;
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
  for (const warning of after.warnings.map(inTerminalWords)) {
    if (!known.has(warning.id)) lines.push(`${warning.severity}: ${warning.message} ${warning.next_step}`);
  }
  if (before?.overall_status !== after.overall_status || before.overall_reason !== after.overall_reason) {
    lines.push(`Palyra is ${after.overall_status}: ${after.overall_reason}`);
  }
  return lines.map(visibleText);
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
