import type {
  BrowserdStatus,
  ConnectorStatus,
  GatewayStatus,
} from "../../../src/contracts/sidecar-status.ts";
import type { ControlCenterSnapshot, ServiceView } from "../../../src/contracts/snapshot.ts";
import type { ViewState } from "../../../src/views/view-state.ts";

/** A moment all samples agree on. */
export const now = Date.UTC(2026, 5, 1, 12, 0, 0);

export function service(changes: Partial<ServiceView> = {}): ServiceView {
  return {
    service: "gateway",
    display_name: "palyrad",
    desired_running: true,
    state: "running",
    adopted: false,
    pid: 4_321,
    version: "1.2.3",
    ports: [{ name: "http", port: 7_142 }],
    started_at_unix_ms: now - 65_000,
    ready_at_unix_ms: now - 60_000,
    restarts: 0,
    recent_crashes: [],
    usage: null,
    last_exit: null,
    next_restart_unix_ms: null,
    problem: null,
    ...changes,
  };
}

export function stopped(changes: Partial<ServiceView> = {}): ServiceView {
  return service({
    desired_running: false,
    state: "stopped",
    pid: null,
    version: null,
    ports: [],
    started_at_unix_ms: null,
    ready_at_unix_ms: null,
    ...changes,
  });
}

export const crashLoop = {
  code: "crash_loop",
  message: "palyrad ended 5 times within 3 minutes.",
  next_step: "Show the logs, mend the cause, then choose Retry.",
} as const;

export function failed(changes: Partial<ServiceView> = {}): ServiceView {
  return stopped({ desired_running: true, state: "failed", problem: crashLoop, ...changes });
}

export function connector(changes: Partial<ConnectorStatus> = {}): ConnectorStatus {
  return {
    connector_id: "discord:default",
    kind: "discord",
    enabled: true,
    readiness: "ready",
    liveness: "running",
    identity: "palyra",
    queue: { inbox_pending: 0, outbox_pending: 0, dead_letters: 0 },
    sessions_started: 1,
    sessions_resumed: 0,
    last_error: null,
    last_inbound_unix_ms: null,
    last_outbound_unix_ms: null,
    ...changes,
  };
}

export function gateway(connectors: readonly ConnectorStatus[]): ControlCenterSnapshot["gateway"] {
  const status: GatewayStatus = {
    service: "gateway",
    health: "ok",
    reasons: [],
    connectors: [...connectors],
    recent_messages: [],
    totals: { received: 0, answered: 0, dead_letters: 0 },
    config_hash: null,
  };
  return { received_at_unix_ms: now, status };
}

/** A browser daemon that found this browser; none with null. */
export function browserd(path: string | null): ControlCenterSnapshot["browserd"] {
  const status: BrowserdStatus = {
    service: "browserd",
    health: path === null ? "degraded" : "ok",
    reasons:
      path === null
        ? [{ code: "browser_missing", message: "No browser was found.", next_step: "Install one." }]
        : [],
    browser: { path, source: "path", searched: [], state: path === null ? "missing" : "idle" },
    sessions: 0,
  };
  return { received_at_unix_ms: now, status };
}

export function snapshot(changes: Partial<ControlCenterSnapshot> = {}): ControlCenterSnapshot {
  return {
    schema_version: 1,
    revision: 1,
    generated_at_unix_ms: now,
    overall_status: "healthy",
    overall_reason: "Both services run.",
    overall_causes: [],
    sources: [],
    observability: null,
    quick_facts: {
      version: "1.2.3",
      state_root: "/home/mira/.local/state/palyra",
      profile: "default",
      role: "owner",
      gateway_url: "http://127.0.0.1:7142",
      browser_url: "http://127.0.0.1:7143",
      secrets_home: "vscode",
    },
    services: [service(), service({ service: "browserd", display_name: "palyra-browserd", pid: 4_322 })],
    gateway: null,
    browserd: null,
    recent_events: [],
    warnings: [],
    ...changes,
  };
}

export function opened(changes: Partial<ControlCenterSnapshot> = {}, everActive = true): ViewState {
  const told = snapshot(changes);
  return { center: { kind: "open", snapshot: told, everActive, settled: told }, settingWarnings: [] };
}
