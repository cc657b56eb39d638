import assert from "node:assert/strict";
import { changeLines, renderStatus } from "../../../src/cli/render-status.ts";
import { newServiceMachine } from "../../../src/supervisor/service-model.ts";
import { serviceView } from "../../../src/supervisor/service-view.ts";
import { buildSnapshot } from "../../../src/supervisor/snapshot.ts";

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
});
