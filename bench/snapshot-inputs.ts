import type { ConnectorStatus, RecentMessage } from "../src/contracts/sidecar-status.ts";
import { productVersion } from "../src/platform/version.ts";
import { newServiceMachine } from "../src/supervisor/service-model.ts";
import { serviceView } from "../src/supervisor/service-view.ts";
import type { SnapshotInputs } from "../src/supervisor/snapshot.ts";

const now = 1_800_000_000_000;

/** What a busy system's snapshot is made of: two services, 20 connectors, one of them failing, 50 messages. */
export function busySnapshotInputs(): SnapshotInputs {
  const problem = {
    code: "discord_auth_failed",
    message: "Discord refuses the token.",
    next_step: "Set it anew.",
  } as const;
  const connectors = Array.from({ length: 20 }, (_, index): ConnectorStatus => {
    const failing = index === 19;
    return {
      connector_id: `discord:account-${index}`,
      kind: "discord",
      enabled: true,
      readiness: failing ? "auth_failed" : "ready",
      liveness: failing ? "failed" : "running",
      identity: `bot ${index}`,
      queue: { inbox_pending: index, outbox_pending: index, dead_letters: 0 },
      sessions_started: 1,
      sessions_resumed: index,
      last_error: failing ? problem : null,
      last_inbound_unix_ms: now,
      last_outbound_unix_ms: now,
      figures: {
        inbound_events_processed: 1_000,
        inbound_dedupe_hits: 1,
        inbound_routed: 990,
        inbound_retries: 2,
        inbound_failed: 3,
        outbound_sends_ok: 1_200,
        outbound_sends_retry: 4,
        outbound_sends_deferred: 5,
        outbound_sends_dead_letter: 1,
        dead_letters_replayed: 0,
        route_message_latency_ms: { sample_count: 990, avg_ms: 40, max_ms: 900 },
        delivery_latency_ms: { sample_count: 1_200, avg_ms: 80, max_ms: 1_900 },
        policy_denials: [],
      },
    };
  });
  const recent_messages = Array.from(
    { length: 50 },
    (_, index): RecentMessage => ({
      trace_id: `01ARZ3NDEKTSV4RRFFQ69G5F${index}`,
      connector_id: "discord:account-1",
      conversation: `channel ${index % 5}`,
      direction: index % 2 === 0 ? "inbound" : "outbound",
      author: "somebody",
      text: "words ".repeat(40),
      state: "done",
      reason: null,
      unix_ms: now - index,
    }),
  );
  return {
    revision: 0,
    generated_at_unix_ms: now,
    services: [running("gateway", "palyrad"), running("browserd", "palyra-browserd")],
    facts: {
      version: productVersion,
      state_root: "/state",
      profile: "default",
      role: "owner",
      secrets_home: "file",
    },
    gateway: {
      received_at_unix_ms: now,
      status: {
        service: "gateway",
        health: "degraded",
        reasons: [problem],
        connectors,
        recent_messages,
        totals: { received: 1_000, answered: 990, dead_letters: 1 },
        config_hash: "hash",
      },
    },
    browserd: {
      received_at_unix_ms: now,
      status: {
        service: "browserd",
        health: "ok",
        reasons: [],
        browser: { path: "/usr/bin/chromium", source: "PATH", searched: [], state: "idle" },
        sessions: 3,
      },
    },
    notices: [],
  };
}

function running(service: "gateway" | "browserd", name: string): SnapshotInputs["services"][number] {
  const view = serviceView(service, newServiceMachine(name, true));
  return {
    ...view,
    state: "running",
    pid: 7,
    ready_at_unix_ms: now - 60_000,
    ports: [{ name: "http", port: 1 }],
  };
}
