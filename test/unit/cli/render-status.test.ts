import assert from "node:assert/strict";
import { changeLines, renderStatus } from "../../../src/cli/render-status.ts";
import type { ConnectorStatus } from "../../../src/contracts/sidecar-status.ts";
import { observabilityOf } from "../../../src/supervisor/observability.ts";
import { newServiceMachine } from "../../../src/supervisor/service-model.ts";
import { serviceView } from "../../../src/supervisor/service-view.ts";
import { buildSnapshot } from "../../../src/supervisor/snapshot.ts";
import { connector, gateway, now, snapshot } from "../views/sample-snapshot.ts";

describe("The status in the terminal", () => {
  it("shows foreign texts in identities, problems and paths without letting them steer the terminal", () => {
    const evil = "evil\u001b[2J\u009b\u202e";
    const snapshot = buildSnapshot({
      revision: 1,
      generated_at_unix_ms: 0,
      services: [
        {
          ...serviceView("gateway", newServiceMachine("palyrad", true)),
          state: "degraded",
          problem: { code: "discord_unreachable", message: evil, next_step: evil },
        },
      ],
      facts: {
        version: "1",
        state_root: `/${evil}`,
        profile: "default",
        role: "owner",
        secrets_home: "file",
      },
      gateway: {
        received_at_unix_ms: 0,
        status: {
          service: "gateway",
          health: "ok",
          reasons: [],
          connectors: [
            {
              connector_id: "discord:default",
              kind: "discord",
              enabled: true,
              readiness: "ready",
              liveness: "running",
              identity: evil,
              queue: { inbox_pending: 0, outbox_pending: 0, dead_letters: 0 },
              sessions_started: 1,
              sessions_resumed: 0,
              last_error: null,
              last_inbound_unix_ms: null,
              last_outbound_unix_ms: null,
            },
          ],
          recent_messages: [],
          totals: { received: 0, answered: 0, dead_letters: 0 },
          config_hash: null,
        },
      },
      browserd: null,
      notices: [],
    });
    const screen = renderStatus(snapshot, 0, (_style, text) => text).join("\n");
    assert.ok(screen.includes("as evil\\u001b[2J\\u009b\\u202e"));
    assert.ok(screen.includes("state /evil\\u001b"));
    for (const text of [screen, changeLines(null, snapshot, 0).join("\n")]) {
      assert.ok(text.includes("evil\\u001b[2J"));
      assert.doesNotMatch(text.replaceAll("\n", ""), /\p{Cc}|\p{Bidi_Control}/u);
    }
  });

  it("names all causes, how sending goes, and the replies that were given up with their reasons", () => {
    const figures: NonNullable<ConnectorStatus["figures"]> = {
      inbound_events_processed: 10,
      inbound_dedupe_hits: 0,
      inbound_routed: 9,
      inbound_retries: 0,
      inbound_failed: 1,
      outbound_sends_ok: 19,
      outbound_sends_retry: 0,
      outbound_sends_deferred: 0,
      outbound_sends_dead_letter: 1,
      dead_letters_replayed: 0,
      route_message_latency_ms: { sample_count: 9, avg_ms: 12, max_ms: 40 },
      delivery_latency_ms: { sample_count: 0, avg_ms: 0, max_ms: 0 },
      policy_denials: [],
      recent: {
        window_ms: 3_600_000,
        inbound_routed: 9,
        inbound_failed: 1,
        outbound_sends_ok: 19,
        outbound_sends_retry: 0,
        outbound_sends_dead_letter: 1,
      },
    };
    const told = gateway([
      connector({ figures, queue: { inbox_pending: 0, outbox_pending: 0, dead_letters: 1 } }),
    ]);
    assert.ok(told);
    const undelivered = [
      {
        dead_letter_id: 1,
        connector_id: "discord:default",
        conversation: "#general",
        reason: "missing_permissions: Missing Permissions (403, code 50013)",
        text: "Hello",
        attempts: 1,
        unix_ms: now - 60_000,
      },
    ];
    const screen = renderStatus(
      snapshot({
        overall_status: "degraded",
        overall_reason: "No browser was found.",
        overall_causes: [
          { source: "browserd", message: "No browser was found." },
          { source: "discord:work", message: "discord:work has no token." },
        ],
        gateway: { ...told, status: { ...told.status, undelivered } },
        observability: observabilityOf({ services: [], gateway: told, browserd: null }, now),
      }),
      now,
      (_style, text) => text,
    ).join("\n");
    assert.match(screen, /degraded: No browser was found\.\n {2}also: discord:work has no token\./);
    assert.match(screen, /answers 10\.0 % of 10 failed in the last hour, 12 ms on average, 40 ms at most/);
    assert.match(screen, /sending 5\.0 % of 20 failed in the last hour$/m);
    assert.match(
      screen,
      /1 reply was given up, the newest first:\n.*1 min 0 s ago, #general: The bot may not write/,
    );
  });

  it("puts the states below each other, however long the name of a connector is", () => {
    const names = ["discord:default", "discord:simulated"];
    const told = gateway(names.map((connector_id) => connector({ connector_id })));
    const lines = renderStatus(snapshot({ gateway: told }), now, (_style, text) => text);
    const columns = names.map((name) =>
      lines.find((line) => line.includes(` ${name} `))?.search(/ready +queue/),
    );
    assert.ok((columns[0] ?? -1) > 0);
    assert.equal(columns[0], columns[1]);
  });

  it("says once that all is stopped, and why it is in another state", () => {
    const stopped = snapshot({ overall_status: "stopped", overall_reason: "Palyra is stopped." });
    assert.equal(changeLines(snapshot(), stopped, now).at(0), "Palyra is stopped.");
    const starting = snapshot({ overall_status: "starting", overall_reason: "palyrad is starting." });
    assert.equal(changeLines(stopped, starting, now).at(0), "Palyra is starting: palyrad is starting.");
  });

  it("leaves out what is not known", () => {
    const screen = renderStatus(snapshot(), now, (_style, text) => text).join("\n");
    assert.doesNotMatch(screen, /answers|sending|given up|also/);
  });
});
