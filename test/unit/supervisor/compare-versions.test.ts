import assert from "node:assert/strict";
import type { SidecarStatus } from "../../../src/contracts/sidecar-status.ts";
import { compareVersions } from "../../../src/supervisor/compare-versions.ts";
import { isQuiet } from "../../../src/supervisor/quiet-moment.ts";

describe("Two versions", () => {
  it("are ordered by number, not by text, and a pre-release comes before its release", () => {
    const inOrder = [
      "0.9.9",
      "0.10.0-alpha",
      "0.10.0-alpha.1",
      "0.10.0-alpha.2",
      "0.10.0-alpha.11",
      "0.10.0-alpha.beta",
      "0.10.0-rc.1",
      "0.10.0",
      "0.10.1",
      "1.0.0",
      "10.0.0",
    ];
    for (const [left, older] of inOrder.entries()) {
      for (const [right, newer] of inOrder.entries()) {
        assert.equal(
          Math.sign(compareVersions(older, newer)),
          Math.sign(left - right),
          `${older} and ${newer}`,
        );
      }
    }
  });

  it("are as good as equal when one is no version, so that nothing is replaced for it", () => {
    for (const odd of ["", "dev", "1.2", "1.2.3.4", "99999999999.0.0"])
      assert.equal(compareVersions(odd, "1.0.0"), 0);
    assert.equal(compareVersions("1.0.0+build.7", "v1.0.0"), 0);
  });
});

describe("A quiet moment", () => {
  const gateway = (inbox: number, outbox: number, enabled = true): SidecarStatus => ({
    service: "gateway",
    health: "ok",
    reasons: [],
    connectors: [
      {
        connector_id: "discord:default",
        kind: "discord",
        enabled,
        readiness: "ready",
        liveness: "running",
        identity: null,
        queue: { inbox_pending: inbox, outbox_pending: outbox, dead_letters: 3 },
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
  });

  it("of the gateway is one without a turn in work and without an answer to send", () => {
    assert.equal(isQuiet(gateway(0, 0)), true);
    assert.equal(isQuiet(gateway(1, 0)), false);
    assert.equal(isQuiet(gateway(0, 1)), false);
    assert.equal(isQuiet(gateway(0, 1, false)), true);
  });

  it("of the browser daemon is one without a session", () => {
    const browserd = (sessions: number): SidecarStatus => ({
      service: "browserd",
      health: "ok",
      reasons: [],
      browser: { path: null, source: null, searched: [], state: "idle" },
      sessions,
    });
    assert.equal(isQuiet(browserd(0)), true);
    assert.equal(isQuiet(browserd(1)), false);
  });
});
