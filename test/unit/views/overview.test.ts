import assert from "node:assert/strict";
import type { Warning } from "../../../src/contracts/snapshot.ts";
import { commandIds } from "../../../src/views/contribution-ids.ts";
import { changedItems, indexOverview } from "../../../src/views/overview-changes.ts";
import type { OverviewNode } from "../../../src/views/overview-node.ts";
import { overviewNodes } from "../../../src/views/overview-nodes.ts";
import { initialViewState, phaseOf, type ViewState, withSnapshot } from "../../../src/views/view-state.ts";
import {
  connector,
  crashLoop,
  failed,
  gateway,
  now,
  opened,
  service,
  snapshot,
  stopped,
} from "./sample-snapshot.ts";

function find(nodes: readonly OverviewNode[], id: string): OverviewNode | undefined {
  return indexOverview(nodes).nodes.get(id);
}

const browserWarning: Warning = {
  id: "browserd:browser_missing",
  severity: "warning",
  source: "browserd",
  message: "No browser was found.",
  next_step: "Install one.",
  remedy: { title: "Open Settings", command: commandIds.openSettings },
};

describe("The overview", () => {
  it("shows a running service with its state, uptime, ports, process and restarts", () => {
    const node = find(overviewNodes(opened(), now), "service:gateway");
    assert.equal(node?.label, "palyrad");
    assert.equal(node?.description, "Running · up 1 min · :7142");
    assert.deepEqual(
      node?.children.map(({ label, description }) => [label, description]),
      [
        ["Process", "4321"],
        ["Uptime", "1 min"],
        ["Port http", "7142"],
        ["Restarts", "none"],
        ["Version", "1.2.3"],
      ],
    );
  });

  it("says that an adopted process was found running, and how the last one ended", () => {
    const state = opened({
      services: [service({ adopted: true, restarts: 2, last_exit: "Killed by SIGKILL." })],
    });
    const descriptions = find(overviewNodes(state, now), "service:gateway")?.children.map(
      (c) => c.description,
    );
    assert.ok(descriptions?.includes("4321, found running"));
    assert.ok(descriptions?.includes("2 restarts"));
    assert.ok(descriptions?.includes("Killed by SIGKILL."));
  });

  it("tells when and why a service crashed lately, the latest first", () => {
    const recent_crashes = [
      { unix_ms: now - 300_000, reason: "palyrad exited with code 1." },
      { unix_ms: now - 120_000, reason: "palyrad was ended by SIGKILL." },
    ];
    const crashes = find(
      overviewNodes(opened({ services: [service({ recent_crashes })] }), now),
      "service:gateway/crashes",
    );
    assert.deepEqual(
      crashes?.children.map(({ label, description }) => [label, description]),
      [
        ["palyrad was ended by SIGKILL.", "2 min ago"],
        ["palyrad exited with code 1.", "5 min ago"],
      ],
    );
  });

  it("says that the connectors are out of date when the gateway does not answer", () => {
    const shown = (state: "live" | "stale") =>
      find(
        overviewNodes(
          opened({
            gateway: gateway([connector()]),
            sources: [{ source: "gateway", state, received_at_unix_ms: now }],
          }),
          now,
        ),
        "connectors",
      )?.description;
    assert.match(shown("stale") ?? "", /out of date/);
    assert.equal(shown("live"), undefined);
  });

  it("shows the problem of a failed service with the command that mends it", () => {
    const node = find(overviewNodes(opened({ services: [failed()] }), now), "service:gateway");
    assert.equal(node?.expanded, true);
    assert.equal(node?.children[0]?.label, crashLoop.message);
    assert.equal(node?.children[0]?.command?.command, commandIds.retry);
  });

  it("does not tell a problem twice that a warning already tells", () => {
    const warning: Warning = { ...browserWarning, message: crashLoop.message };
    const nodes = overviewNodes(opened({ services: [failed()], warnings: [warning] }), now);
    const labels = [...indexOverview(nodes).nodes.values()].map(({ label }) => label);
    assert.equal(labels.filter((label) => label === crashLoop.message).length, 1);
  });

  it("tells a long warning in its first sentence, and the rest where there is room", () => {
    const message = "No browser was found. Searched: chromium, google-chrome.";
    const item = overviewNodes(opened({ warnings: [{ ...browserWarning, message }] }), now)[0]?.children[0];
    assert.equal(item?.label, "No browser was found.");
    assert.equal(item?.tooltip, `${message} Install one.`);
  });

  it("offers on each service only what its state allows", () => {
    const traits = (view: ReturnType<typeof service>) =>
      find(overviewNodes(opened({ services: [view] }), now), "service:gateway")?.contextValue;
    assert.equal(traits(service()), "service canStop");
    assert.equal(traits(service({ state: "starting" })), "service canStop");
    assert.equal(traits(service({ state: "backoff" })), "service canStop canRetry");
    assert.equal(traits(failed()), "service canRetry");
    assert.equal(traits(stopped()), "service canStart");
    assert.equal(traits(service({ state: "stopping", desired_running: false })), "service");
    // It restarts.
    assert.equal(traits(service({ state: "stopping", desired_running: true })), "service canStop");
  });

  it("puts warnings first; a click on one runs its remedy", () => {
    const nodes = overviewNodes(opened({ warnings: [browserWarning] }), now);
    assert.deepEqual(
      nodes.map(({ id }) => id),
      ["warnings", "services"],
    );
    const item = nodes[0]?.children[0];
    assert.deepEqual(item?.command, {
      title: "Open Settings",
      command: commandIds.openSettings,
      arguments: [],
    });
  });

  it("never runs a command that is not the extension's own, whatever a warning asks for", () => {
    const evil = {
      ...browserWarning,
      remedy: { title: "Mend", command: "workbench.action.terminal.sendSequence" },
    };
    const item = overviewNodes(opened({ warnings: [evil] }), now)[0]?.children[0];
    assert.equal(item?.command, undefined);
  });

  it("shows connectors with readiness and queues, and offers to connect one when there is none", () => {
    const queue = { inbox_pending: 1, outbox_pending: 2, dead_letters: 3 };
    const ready = overviewNodes(opened({ gateway: gateway([connector({ queue })]) }), now);
    assert.equal(
      find(ready, "connector:discord:default")?.description,
      "Ready · @palyra · 3 waiting · 3 undeliverable",
    );
    const none = find(overviewNodes(opened({ gateway: gateway([]) }), now), "connectors/none");
    assert.equal(none?.command?.command, commandIds.connectDiscord);
  });

  it("does not call a connector ready while there is no evidence, or while it is not connected", () => {
    const description = (changes: Parameters<typeof connector>[0]) =>
      find(
        overviewNodes(opened({ gateway: gateway([connector({ identity: null, ...changes })]) }), now),
        "connector:discord:default",
      )?.description;
    assert.equal(description({ readiness: "unknown" }), "Connected");
    assert.equal(description({ readiness: "unknown", liveness: "starting" }), "Connecting");
    assert.equal(description({ liveness: "restarting" }), "Reconnecting");
    assert.equal(description({ readiness: "auth_failed", liveness: "failed" }), "Token refused");
    assert.equal(description({ enabled: false }), "Off");
  });

  it("is empty, so that the welcome text shows, while opening, untrusted, or never started", () => {
    const quiet: Partial<ReturnType<typeof snapshot>> = { services: [stopped()], overall_status: "stopped" };
    const states: readonly [ViewState, string][] = [
      [initialViewState, "opening"],
      [{ center: { kind: "untrusted" }, settingWarnings: [] }, "untrusted"],
      [opened(quiet, false), "notStarted"],
    ];
    for (const [state, phase] of states) {
      assert.deepEqual(overviewNodes(state, now), []);
      assert.equal(phaseOf(state), phase);
    }
  });

  it("still lists the services after a stop by the user", () => {
    const running = withSnapshot(initialViewState, snapshot());
    const after = withSnapshot(running, snapshot({ services: [stopped()], overall_status: "stopped" }));
    assert.equal(phaseOf(after), "open");
    assert.equal(find(overviewNodes(after, now), "service:gateway")?.description, "Stopped");
  });

  it("says in one item why the control center could not be opened, with the command that mends it", () => {
    const problem = {
      code: "state_newer",
      message: "The state file is newer.",
      next_step: "Update.",
    } as const;
    const [node] = overviewNodes({ center: { kind: "failed", problem }, settingWarnings: [] }, now);
    assert.equal(node?.label, problem.message);
    assert.equal(node?.command?.command, commandIds.showLogs);
  });

  it("has a word for a screen reader on every item, and unique ids", () => {
    const state = opened({
      gateway: gateway([connector(), connector({ connector_id: "discord:work" })]),
      warnings: [browserWarning],
      services: [service(), failed({ service: "browserd" })],
    });
    const seen = new Set<string>();
    const visit = (nodes: readonly OverviewNode[]): void => {
      for (const node of nodes) {
        assert.ok(node.accessibilityLabel.length > 0);
        assert.ok(!seen.has(node.id), node.id);
        seen.add(node.id);
        visit(node.children);
      }
    };
    visit(overviewNodes(state, now));
  });
});

describe("Drawing the overview again", () => {
  const index = (state: ViewState, at = now) => indexOverview(overviewNodes(state, at));

  it("does nothing when nothing changed, whatever the revision of the snapshot", () => {
    assert.deepEqual(changedItems(index(opened({ revision: 1 })), index(opened({ revision: 2 }))), []);
  });

  it("touches only the items whose uptime has grown, and keeps every id", () => {
    const later = now + 60_000;
    const before = index(opened());
    const after = index(opened(), later);
    assert.deepEqual([...after.nodes.keys()], [...before.nodes.keys()]);
    assert.deepEqual(changedItems(before, after), [
      "service:gateway",
      "service:gateway/uptime",
      "service:browserd",
      "service:browserd/uptime",
    ]);
  });

  it("draws everything when a group appears", () => {
    assert.equal(changedItems(index(opened()), index(opened({ warnings: [browserWarning] }))), "everything");
  });
});
