import assert from "node:assert/strict";
import type { ErrorDetails } from "../../../src/contracts/errors.ts";
import type {
  BrowserdStatus,
  ConnectorStatus,
  GatewayStatus,
} from "../../../src/contracts/sidecar-status.ts";
import { ControlCenterSnapshot, type ServiceView } from "../../../src/contracts/snapshot.ts";
import { newServiceMachine } from "../../../src/supervisor/service-model.ts";
import { serviceView } from "../../../src/supervisor/service-view.ts";
import { buildSnapshot, type SnapshotInputs } from "../../../src/supervisor/snapshot.ts";

const now = 1_800_000_000_000;
const problem = (code: ErrorDetails["code"], message: string): ErrorDetails => ({
  code,
  message,
  next_step: "Do something.",
});

function view(service: "gateway" | "browserd", fields: Partial<ServiceView> = {}): ServiceView {
  const name = service === "gateway" ? "palyrad" : "palyra-browserd";
  return {
    ...serviceView(service, newServiceMachine(name, true)),
    state: "running",
    pid: 7,
    ready_at_unix_ms: now - 60_000,
    ...fields,
  };
}

const connector: ConnectorStatus = {
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
};

function gatewayStatus(fields: Partial<GatewayStatus> = {}): GatewayStatus {
  return {
    service: "gateway",
    health: "ok",
    reasons: [],
    connectors: [connector],
    recent_messages: [],
    totals: { received: 0, answered: 0, dead_letters: 0 },
    config_hash: null,
    ...fields,
  };
}

const browserStatus: BrowserdStatus = {
  service: "browserd",
  health: "ok",
  reasons: [],
  browser: { path: "/usr/bin/chromium", source: "PATH", searched: [], state: "idle" },
  sessions: 0,
};

function snapshotOf(changes: {
  gateway?: Partial<ServiceView>;
  browserd?: Partial<ServiceView>;
  gatewayStatus?: Partial<GatewayStatus>;
  notices?: SnapshotInputs["notices"];
}): ControlCenterSnapshot {
  return buildSnapshot({
    revision: 1,
    generated_at_unix_ms: now,
    services: [view("gateway", changes.gateway), view("browserd", changes.browserd)],
    facts: { version: "1", state_root: "/s", profile: "default", role: "owner", secrets_home: "file" },
    gateway: { received_at_unix_ms: now, status: gatewayStatus(changes.gatewayStatus) },
    browserd: { received_at_unix_ms: now, status: browserStatus },
    notices: changes.notices ?? [],
  });
}

describe("The snapshot", () => {
  it("is healthy when all services run and all connectors are ready", () => {
    const snapshot = snapshotOf({ gateway: { ports: [{ name: "http", port: 7142 }] } });
    assert.equal(snapshot.overall_status, "healthy");
    assert.deepEqual(snapshot.warnings, []);
    assert.equal(snapshot.quick_facts.gateway_url, "http://127.0.0.1:7142");
    assert.equal(snapshot.quick_facts.browser_url, null);
    ControlCenterSnapshot.parse(snapshot);
  });

  it("is stopped when nothing is wanted", () => {
    const off = { desired_running: false, state: "stopped", pid: null } as const;
    assert.equal(snapshotOf({ gateway: off, browserd: off }).overall_status, "stopped");
  });

  it("is stopping, and says what, until the last process is gone", () => {
    const off = { desired_running: false, state: "stopped", pid: null } as const;
    const ending = { desired_running: false, state: "stopping" } as const;
    const one = snapshotOf({ gateway: off, browserd: ending });
    assert.deepEqual([one.overall_status, one.overall_reason], ["stopping", "palyra-browserd is stopping."]);
    const both = snapshotOf({ gateway: ending, browserd: ending });
    assert.deepEqual(
      both.overall_causes.map(({ message }) => message),
      ["palyrad is stopping.", "palyra-browserd is stopping."],
    );
  });

  it("is down with the gateway, and says why in one sentence", () => {
    const fault = problem("port_in_use", "Port 7142 is used by another program. It is called nginx.");
    const { overall_status, overall_reason, warnings } = snapshotOf({
      gateway: { state: "failed", problem: fault, pid: null },
    });
    assert.equal(overall_status, "down");
    assert.equal(overall_reason, "Port 7142 is used by another program.");
    assert.deepEqual(
      warnings.map(({ id, severity, message, remedy }) => [id, severity, message, remedy?.command]),
      [["gateway:port_in_use", "error", fault.message, "palyra.openSettings"]],
    );
  });

  it("is starting, not down, while a gateway that just came up opens its store", () => {
    const opening = problem("service_unavailable", "The message store is being opened.");
    const status = { health: "unhealthy", reasons: [opening] } as const;
    const young = { state: "degraded", ready_at_unix_ms: now - 500, problem: opening } as const;
    assert.equal(
      snapshotOf({ gateway: young, gatewayStatus: { ...status, reasons: [opening] } }).overall_status,
      "starting",
    );
    const old = { ...young, ready_at_unix_ms: now - 20_000 };
    assert.equal(
      snapshotOf({ gateway: old, gatewayStatus: { ...status, reasons: [opening] } }).overall_status,
      "down",
    );
  });

  it("shows a service that is still opening as starting, without a problem or a warning", () => {
    const waiting = problem("service_unavailable", "The message store is being opened.");
    const gatewayStatus = { health: "unhealthy", reasons: [waiting], connectors: [] } as const;
    const young = { state: "degraded", ready_at_unix_ms: now - 500, problem: waiting } as const;
    const shown = snapshotOf({
      gateway: young,
      gatewayStatus: { ...gatewayStatus, reasons: [waiting], connectors: [] },
    });
    assert.deepEqual(
      [shown.overall_status, shown.services[0]?.state, shown.services[0]?.problem, shown.warnings],
      ["starting", "starting", null, []],
    );
    const late = snapshotOf({
      gateway: { ...young, ready_at_unix_ms: now - 60_000 },
      gatewayStatus: { ...gatewayStatus, reasons: [waiting], connectors: [] },
    });
    assert.deepEqual([late.services[0]?.state, late.warnings.length], ["degraded", 1]);
  });

  it("names all that its status follows from, the weightiest first and each once, with where it is", () => {
    const refused = problem("discord_auth_failed", "Discord refused the bot token. Set it anew.");
    const missing = problem("browser_missing", "No browser was found.");
    const { overall_reason, overall_causes } = snapshotOf({
      gateway: { state: "degraded", problem: refused },
      browserd: { state: "degraded", problem: missing },
      gatewayStatus: {
        health: "degraded",
        reasons: [refused],
        connectors: [{ ...connector, readiness: "auth_failed", last_error: refused }],
      },
    });
    assert.equal(overall_reason, "Discord refused the bot token.");
    assert.deepEqual(overall_causes, [
      { source: "discord:default", message: "Discord refused the bot token." },
      { source: "browserd", message: "No browser was found." },
    ]);
    assert.deepEqual(snapshotOf({}).overall_causes, []);
  });

  it("is degraded when only the browser daemon is not well", () => {
    const missing = problem("browser_missing", "No browser was found.");
    const { overall_status, overall_reason } = snapshotOf({
      browserd: { state: "degraded", problem: missing },
    });
    assert.deepEqual([overall_status, overall_reason], ["degraded", "No browser was found."]);
  });

  it("is degraded when a connector is not ready, and offers the command that mends it", () => {
    const refused = problem("discord_auth_failed", "Discord refused the bot token.");
    const { overall_status, warnings } = snapshotOf({
      gatewayStatus: { connectors: [{ ...connector, readiness: "auth_failed", last_error: refused }] },
    });
    assert.equal(overall_status, "degraded");
    assert.deepEqual(
      warnings.map(({ source, remedy }) => [source, remedy?.command]),
      [["discord:default", "palyra.setDiscordToken"]],
    );
  });

  it("tells the same problem once, by the part that knows it best", () => {
    const refused = problem("discord_auth_failed", "Discord refused the bot token.");
    const { warnings } = snapshotOf({
      gateway: { state: "degraded", problem: refused },
      gatewayStatus: {
        health: "degraded",
        reasons: [refused],
        connectors: [{ ...connector, readiness: "auth_failed", last_error: refused }],
      },
    });
    assert.deepEqual(
      warnings.map(({ source }) => source),
      ["discord:default"],
    );
  });

  it("is degraded while sending is paused or the connection is lost, and says which connector it is", () => {
    const paused = { ...connector, saturation: { state: "paused" as const, reasons: ["queue_paused"] } };
    const snapshot = snapshotOf({ gatewayStatus: { connectors: [paused] } });
    assert.deepEqual(
      [snapshot.overall_status, snapshot.overall_reason],
      ["degraded", "discord:default sends nothing: its sending is paused."],
    );
    const [warning] = snapshot.warnings;
    assert.deepEqual(
      [warning?.id, warning?.remedy?.command],
      ["discord:default:paused", "palyra.resumeQueue"],
    );
    const lost = snapshotOf({ gatewayStatus: { connectors: [{ ...connector, liveness: "restarting" }] } });
    assert.equal(lost.overall_reason, "discord:default has lost its connection.");
    const off = { ...paused, enabled: false };
    assert.equal(snapshotOf({ gatewayStatus: { connectors: [off] } }).overall_status, "healthy");
  });

  it("ignores a connector that is switched off", () => {
    const off = { ...connector, enabled: false, readiness: "missing_credential" } as const;
    assert.equal(snapshotOf({ gatewayStatus: { connectors: [off] } }).overall_status, "healthy");
  });

  it("is healthy without the browser daemon when the user wants it so, and not without the gateway", () => {
    const { overall_status, overall_reason } = snapshotOf({
      browserd: { desired_running: false, state: "stopped", pid: null },
    });
    assert.deepEqual(
      [overall_status, overall_reason],
      ["healthy", "palyra-browserd is stopped, as you wished."],
    );
    const gateway = snapshotOf({ gateway: { desired_running: false, state: "stopped", pid: null } });
    assert.deepEqual(
      [gateway.overall_status, gateway.overall_reason],
      ["degraded", "palyrad is stopped, as you wished."],
    );
  });
});

describe("How old and how good the picture is", () => {
  const recent = {
    window_ms: 3_600_000,
    inbound_routed: 4,
    inbound_failed: 1,
    outbound_sends_ok: 6,
    outbound_sends_retry: 1,
    outbound_sends_dead_letter: 1,
  };
  const figures: NonNullable<ConnectorStatus["figures"]> = {
    inbound_events_processed: 12,
    inbound_dedupe_hits: 0,
    inbound_routed: 9,
    inbound_retries: 0,
    inbound_failed: 1,
    outbound_sends_ok: 30,
    outbound_sends_retry: 9,
    outbound_sends_deferred: 4,
    outbound_sends_dead_letter: 1,
    dead_letters_replayed: 0,
    route_message_latency_ms: { sample_count: 9, avg_ms: 10, max_ms: 50 },
    delivery_latency_ms: { sample_count: 30, avg_ms: 100, max_ms: 900 },
    policy_denials: [],
    recent,
  };

  it("is told for each source: live, stale when its process does not answer, none when it told nothing", () => {
    assert.deepEqual(snapshotOf({}).sources, [
      { source: "gateway", state: "live", received_at_unix_ms: now },
      { source: "browserd", state: "live", received_at_unix_ms: now },
    ]);
    assert.equal(snapshotOf({ gateway: { state: "unhealthy" } }).sources[0]?.state, "stale");
    const blank = buildSnapshot({ ...emptyInputs(), gateway: null, browserd: null });
    assert.deepEqual(blank.sources[0], { source: "gateway", state: "none", received_at_unix_ms: null });
  });

  it("has the failure rates of the last hour, delays and queues over all connectors", () => {
    const one = { ...connector, figures, queue: { inbox_pending: 2, outbox_pending: 3, dead_letters: 1 } };
    const other = {
      ...one,
      readiness: "unknown" as const,
      figures: { ...figures, route_message_latency_ms: { sample_count: 1, avg_ms: 110, max_ms: 110 } },
    };
    const { observability } = snapshotOf({ gatewayStatus: { connectors: [one, other] } });
    assert.deepEqual(observability, {
      answers: { window_ms: 3_600_000, attempts: 10, failures: 2, failure_rate_bps: 2_000 },
      deliveries: { window_ms: 3_600_000, attempts: 16, failures: 4, failure_rate_bps: 2_500 },
      answer_latency: { samples: 10, average_ms: 20, max_ms: 110 },
      delivery_latency: { samples: 60, average_ms: 100, max_ms: 900 },
      queue: { waiting_in: 4, waiting_out: 6, dead_letters: 2 },
      connectors: { enabled: 2, not_ready: 1 },
      crashes_last_hour: 0,
    });
  });

  it("has null, and never zero, for what is not known or did not happen", () => {
    const { observability } = buildSnapshot({ ...emptyInputs(), gateway: null });
    assert.deepEqual(
      [observability?.answers, observability?.delivery_latency, observability?.queue],
      [null, null, null],
    );
    const idle = { sample_count: 0, avg_ms: 0, max_ms: 0 };
    const unused = {
      ...figures,
      recent: { ...recent, inbound_routed: 0, inbound_failed: 0, window_ms: 60_000 },
      route_message_latency_ms: idle,
    };
    const none = snapshotOf({ gatewayStatus: { connectors: [{ ...connector, figures: unused }] } });
    const nothing = { window_ms: 60_000, attempts: 0, failures: 0, failure_rate_bps: null };
    assert.deepEqual(none.observability?.answers, nothing);
    assert.equal(none.observability?.answer_latency, null);
  });

  function emptyInputs(): SnapshotInputs {
    return {
      revision: 1,
      generated_at_unix_ms: now,
      services: [view("gateway"), view("browserd")],
      facts: { version: "1", state_root: "/s", profile: "default", role: "owner", secrets_home: "file" },
      gateway: null,
      browserd: null,
      notices: [],
    };
  }
});

describe("A service that goes up and down", () => {
  const crash = (secondsAgo: number, reason: string) => ({ unix_ms: now - secondsAgo * 1_000, reason });
  const crashes = [
    crash(3_000, "long ago"),
    crash(500, "palyrad was ended by SIGSEGV."),
    crash(300, "palyrad exited with code 1."),
    crash(100, "palyrad was ended by SIGSEGV."),
  ];

  it("is shown as such, with how often and why, while it runs", () => {
    const snapshot = snapshotOf({ gateway: { recent_crashes: crashes } });
    assert.equal(snapshot.overall_status, "degraded");
    assert.match(snapshot.overall_reason, /^palyrad ended unexpectedly 3 times within 10 minutes/);
    const warning = snapshot.warnings.find(({ id }) => id === "gateway:flapping");
    assert.match(warning?.message ?? "", /2 x palyrad was ended by SIGSEGV\. · palyrad exited with code 1\./);
    assert.equal(snapshot.services[0]?.state, "running");
  });

  it("is not shown so for two crashes, for old ones, or when it has failed and says why itself", () => {
    for (const gateway of [
      { recent_crashes: crashes.slice(0, 3) },
      { recent_crashes: crashes, state: "failed" as const },
      { recent_crashes: crashes.map(({ reason }) => crash(700, reason)) },
    ]) {
      const { warnings } = snapshotOf({ gateway });
      assert.ok(!warnings.some(({ id }) => id === "gateway:flapping"));
    }
  });
});
