import type { PanelState } from "../../../src/contracts/panel-link.ts";
import type {
  BrowserdStatus,
  ConnectorStatus,
  GatewayStatus,
} from "../../../src/contracts/sidecar-status.ts";
import type { ServiceView } from "../../../src/contracts/snapshot.ts";
import type { TimelineEvent } from "../../../src/contracts/timeline.ts";
import { newServiceMachine } from "../../../src/supervisor/service-model.ts";
import { serviceView } from "../../../src/supervisor/service-view.ts";
import { buildSnapshot, type SnapshotInputs } from "../../../src/supervisor/snapshot.ts";
import { panelState } from "../../../src/views/panel-state.ts";
import { initialViewState, withSnapshot } from "../../../src/views/view-state.ts";

/** A moment of today, so that the page shows clock times. */
const now = new Date().setHours(12, 0, 0, 0);

const figures: NonNullable<ConnectorStatus["figures"]> = {
  inbound_events_processed: 1_204,
  inbound_dedupe_hits: 3,
  inbound_routed: 1_180,
  inbound_retries: 4,
  inbound_failed: 2,
  outbound_sends_ok: 1_420,
  outbound_sends_retry: 11,
  outbound_sends_deferred: 6,
  outbound_sends_dead_letter: 3,
  dead_letters_replayed: 0,
  route_message_latency_ms: { sample_count: 1_180, avg_ms: 840, max_ms: 12_400 },
  delivery_latency_ms: { sample_count: 1_420, avg_ms: 190, max_ms: 31_000 },
  policy_denials: [],
};

function connector(changes: Partial<ConnectorStatus> = {}): ConnectorStatus {
  return {
    connector_id: "discord:default",
    kind: "discord",
    enabled: true,
    readiness: "ready",
    liveness: "running",
    identity: "palyra",
    queue: { inbox_pending: 0, outbox_pending: 0, dead_letters: 0 },
    sessions_started: 1,
    sessions_resumed: 2,
    last_error: null,
    last_inbound_unix_ms: now - 40_000,
    last_outbound_unix_ms: now - 39_000,
    figures,
    ...changes,
  };
}

function view(service: "gateway" | "browserd", changes: Partial<ServiceView> = {}): ServiceView {
  const name = service === "gateway" ? "palyrad" : "palyra-browserd";
  return {
    ...serviceView(service, newServiceMachine(name, true)),
    state: "running",
    pid: service === "gateway" ? 48_211 : 48_212,
    version: "0.1.0",
    ports: [service === "gateway" ? { name: "http", port: 7_142 } : { name: "mcp", port: 7_143 }],
    started_at_unix_ms: now - 7_260_000,
    ready_at_unix_ms: now - 7_259_000,
    usage: { cpu_percent: 0.4, memory_bytes: 92_000_000, measured_at_unix_ms: now },
    ...changes,
  };
}

interface Changes {
  readonly gateway?: Partial<ServiceView>;
  readonly browserd?: Partial<ServiceView>;
  readonly status?: Partial<GatewayStatus> | null;
  readonly browser?: Partial<BrowserdStatus>;
  readonly facts?: Partial<SnapshotInputs["facts"]>;
  readonly events?: readonly TimelineEvent[];
}

/** The state of the panel as the whole chain makes it from what the services tell. */
function stateOf({ gateway, browserd, status = {}, browser, facts, events }: Changes): PanelState {
  const told: GatewayStatus = {
    service: "gateway",
    health: "ok",
    reasons: [],
    connectors: [connector()],
    recent_messages: [],
    totals: { received: 1_204, answered: 1_180, dead_letters: 3 },
    config_hash: null,
    ...status,
  };
  const snapshot = buildSnapshot({
    revision: 1,
    generated_at_unix_ms: now,
    services: [view("gateway", gateway), view("browserd", browserd)],
    facts: {
      version: "0.1.0",
      state_root: "/home/mira/.local/state/palyra",
      profile: "default",
      role: "owner",
      secrets_home: "vscode",
      ...facts,
    },
    gateway: status === null ? null : { received_at_unix_ms: now - 39_000, status: told },
    browserd: {
      received_at_unix_ms: now - 7_000_000,
      status: {
        service: "browserd",
        health: "ok",
        reasons: [],
        browser: { path: "/usr/bin/chromium", source: "Chromium", searched: [], state: "idle" },
        sessions: 0,
        ...browser,
      },
    },
    notices: [],
    recentEvents: events ?? [],
  });
  return panelState(withSnapshot(initialViewState, snapshot));
}

const longText =
  "Could you please look at the three invoices that came last week, compare each of them with the order it belongs to, tell me where the numbers differ and by how much, and write a short and friendly message to the supplier about it, https://example.com/a/very/long/address/without/any/place/to/break/it/at/all?x=1";

const crash = (minutesAgo: number, reason: string) => ({ unix_ms: now - minutesAgo * 60_000, reason });

function event(seq: number, changes: Partial<TimelineEvent>): TimelineEvent {
  return {
    seq,
    unix_ms: now - seq * 61_000,
    kind: "service.ready",
    level: "info",
    service: "gateway",
    subject: null,
    message: "palyrad is ready.",
    details: {},
    ...changes,
  };
}

/** States of the panel that are seldom or hard to bring about, by what a user would call them. */
export const panelStates: Readonly<Record<string, PanelState>> = {
  "a service that crashes again and again": stateOf({
    status: null,
    gateway: {
      state: "failed",
      pid: null,
      ports: [],
      ready_at_unix_ms: null,
      version: null,
      usage: null,
      restarts: 4,
      last_exit: "palyrad exited with code 1: Error: ENOSPC: no space left on device, write",
      recent_crashes: [5, 4, 3, 2, 1].map((minutes) => crash(minutes, "palyrad exited with code 1.")),
      problem: {
        code: "crash_loop",
        message:
          "palyrad ended 5 times within 3 minutes. Its last words: Error: ENOSPC: no space left on device, write",
        next_step: "Show the logs, mend the cause, then start again.",
      },
    },
  }),
  "approvals that wait": stateOf({
    status: {
      approvals: {
        count: 23,
        first: [
          {
            approval_id: "a",
            sentence: "Delete the message “see you at nine” of Grace Hopper in #general of Example.",
            risk: "high",
            requested_by: "admin:local",
            requested_at_unix_ms: now - 120_000,
            expires_at_unix_ms: now + 780_000,
          },
          {
            approval_id: "b",
            sentence: `React with 👍 to the message “${longText}”.`,
            risk: "medium",
            requested_by: "agent",
            requested_at_unix_ms: now - 60_000,
            expires_at_unix_ms: now + 840_000,
          },
        ],
      },
    },
  }),
  "undeliverable replies": stateOf({
    status: {
      connectors: [connector({ queue: { inbox_pending: 0, outbox_pending: 4, dead_letters: 3 } })],
      undelivered: [
        ["missing_permissions: Missing Permissions (403, code 50013)", "The report is in the folder."],
        ["attempts_exhausted: Discord answered 503", longText.slice(0, 140)],
        ["recipient_refuses: Cannot send messages to this user (403, code 50007)", "Hello!"],
      ].map(([reason = "", text = ""], index) => ({
        dead_letter_id: index,
        connector_id: "discord:default",
        conversation: "discord:channel:1573890251372363779",
        reason,
        text,
        attempts: index + 1,
        unix_ms: now - index * 3_600_000,
      })),
    },
  }),
  "a profile in a window that looks on": stateOf({
    facts: { profile: "work", role: "observer", secrets_home: "file" },
    browserd: { usage: null },
  }),
  "several causes at once": stateOf({
    gateway: { state: "degraded", recent_crashes: [crash(1, "a"), crash(2, "b"), crash(3, "a")] },
    browserd: { desired_running: true, state: "unhealthy" },
    status: {
      health: "degraded",
      reasons: [
        {
          code: "config_invalid",
          message: "palyra.toml, line 12: “inbound_scope” must be one of the known words.",
          next_step: "Correct the named setting; the last good configuration is in use until then.",
        },
      ],
      connectors: [
        connector({
          readiness: "auth_failed",
          liveness: "failed",
          last_error: {
            code: "discord_auth_failed",
            message: "Discord refuses the bot token.",
            next_step: "Store a valid bot token.",
          },
        }),
      ],
    },
  }),
  "twenty connectors": stateOf({
    status: {
      connectors: Array.from({ length: 20 }, (_, index) =>
        connector({
          connector_id: `discord:account-with-a-name-${index}`,
          identity: `bot-number-${index}`,
          queue: { inbox_pending: index, outbox_pending: index * 7, dead_letters: 0 },
          ...(index % 5 === 3 ? { readiness: "missing_credential", liveness: "stopped" } : {}),
        }),
      ),
    },
  }),
  "long texts and recent events": stateOf({
    status: {
      recent_messages: [
        ["inbound", "Ada Lovelace", longText, "done", null],
        ["outbound", "palyra", longText, "dead", "missing_permissions: Missing Permissions (403)"],
        ["inbound", "Grace", "good morning", "ignored", "no_matching_mention_or_dm_policy"],
      ].map(([direction, author, text, state, reason], index) => ({
        trace_id: `t${index}`,
        connector_id: "discord:default",
        conversation: "#general in Example",
        direction: direction as "inbound",
        author: author ?? "",
        text: text ?? "",
        state: state as "done",
        reason: reason ?? null,
        unix_ms: now - index * 4_000,
      })),
    },
    events: [
      event(1, { message: longText, level: "warn" }),
      event(2, {
        kind: "connector.state_changed",
        subject: "discord:default",
        message: "The connector works.",
      }),
      event(3, { level: "error", message: "palyrad was ended by SIGKILL." }),
      event(4, { service: null, kind: "tokens.rotated", message: "The tokens of the services are new." }),
    ],
  }),
  "no browser": stateOf({
    browserd: { state: "degraded", usage: null },
    browser: {
      health: "degraded",
      reasons: [
        {
          code: "browser_missing",
          message: "No Chrome, Chromium, Edge or Brave was found on this machine.",
          next_step: "Install Chrome or Chromium, or name the browser to use.",
        },
      ],
      browser: {
        path: null,
        source: null,
        searched: ["google-chrome-stable (on the PATH)", "/opt/google/chrome/chrome", "/snap/bin/chromium"],
        state: "missing",
      },
    },
  }),
};
