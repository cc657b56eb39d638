import assert from "node:assert/strict";
import { PanelCommand, PanelRequest, PanelState, PanelUpdate } from "../../../src/contracts/panel-link.ts";
import { commandIds, manageTrustCommand } from "../../../src/views/contribution-ids.ts";
import { panelPage } from "../../../src/views/panel-page.ts";
import {
  commandOfPanel,
  hasUndelivered,
  panelState,
  remedyOfShownWarning,
} from "../../../src/views/panel-state.ts";
import { initialViewState } from "../../../src/views/view-state.ts";
import { connector, crashLoop, failed, gateway, opened } from "./sample-snapshot.ts";

const parts = {
  cspSource: "https://*.vscode-cdn.net",
  scriptUri: "https://host/main.js",
  iconsUri: "https://host/codicon.css",
  styleUri: "https://host/main.css",
  nonce: "abc123",
};

describe("The page of the panel", () => {
  it("allows nothing but its own script by nonce, its own styles and its own font", () => {
    const page = panelPage(parts);
    const policy = /Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1];
    assert.equal(
      policy,
      "default-src 'none'; script-src 'nonce-abc123'; style-src https://*.vscode-cdn.net; font-src https://*.vscode-cdn.net",
    );
    assert.deepEqual(page.match(/<script[^>]*>/g), [
      '<script type="module" nonce="abc123" src="https://host/main.js">',
    ]);
    assert.doesNotMatch(page, /\son\w+=|style="/);
  });

  it("cannot be broken out of by an address", () => {
    assert.ok(!panelPage({ ...parts, scriptUri: '"><script>alert(1)</script>' }).includes("<script>alert"));
  });
});

describe("What the panel's page may ask for", () => {
  it("is a closed set of commands, each of them real", () => {
    const known = new Set<string>([...Object.values(commandIds), manageTrustCommand]);
    for (const command of PanelCommand.options) {
      assert.ok(known.has(commandOfPanel(command, undefined).id), command);
      assert.ok(known.has(commandOfPanel(command, "gateway").id), command);
    }
  });

  it("is refused when it is anything else", () => {
    for (const message of [
      null,
      "ready",
      { type: "run", command: "workbench.action.quit" },
      { type: "run", command: "start", service: "sshd" },
      { type: "run", command: "start", extra: 1 },
      { type: "mend" },
      { type: "mend", warning_id: "x".repeat(513) },
      { type: "decide", approval_id: "", verdict: "allow" },
      { type: "decide", approval_id: "A1", verdict: "allow", via: "somebody else" },
      { type: "eval", code: "1" },
    ]) {
      assert.equal(PanelRequest.safeParse(message).success, false, JSON.stringify(message));
    }
  });

  it("acts on one service when it names one, else on all", () => {
    assert.deepEqual(commandOfPanel("stop", "browserd"), {
      id: commandIds.stopService,
      arguments: ["browserd"],
    });
    assert.deepEqual(commandOfPanel("stop", undefined), { id: commandIds.stop, arguments: [] });
  });

  it("mends only a warning that is shown", () => {
    const state = opened({
      warnings: [
        {
          id: "a",
          severity: "error",
          source: "gateway",
          message: "m",
          next_step: "n",
          remedy: { title: "Retry", command: commandIds.retry },
        },
      ],
    });
    assert.deepEqual(remedyOfShownWarning(state, "a"), {
      title: "Retry",
      command: commandIds.retry,
      arguments: ["gateway"],
    });
    assert.equal(remedyOfShownWarning(state, "b"), null);
    assert.equal(remedyOfShownWarning(initialViewState, "a"), null);
  });
});

describe("What the panel is sent", () => {
  it("fits the contract in every state", () => {
    for (const state of [
      initialViewState,
      opened(),
      { center: { kind: "untrusted" }, settingWarnings: [] },
      { center: { kind: "failed", problem: crashLoop }, settingWarnings: [] },
    ] as const) {
      PanelState.parse(panelState(state));
      PanelUpdate.parse({ type: "state", revision: 1, state: panelState(state) });
    }
  });

  it("tells a problem once: as a warning, or at its service", () => {
    const told = { ...crashLoop, message: `${crashLoop.message} The last words were: out of memory.` };
    const warning = {
      id: "gateway:crash_loop",
      severity: "error",
      source: "gateway",
      message: told.message,
      next_step: told.next_step,
      remedy: null,
    } as const;
    const problems = (state: ReturnType<typeof opened>) =>
      panelState(state).snapshot?.services.map(({ problem }) => problem);
    assert.deepEqual(problems(opened({ services: [failed({ problem: told })], warnings: [warning] })), [
      null,
    ]);
    assert.deepEqual(problems(opened({ services: [failed()] })), [crashLoop]);
  });

  it("has no button for a remedy that could not be run", () => {
    const warning = {
      id: "a",
      severity: "error",
      source: "gateway",
      message: "m",
      next_step: "n",
      remedy: { title: "Mend", command: "someone.elses.command" },
    } as const;
    assert.equal(panelState(opened({ warnings: [warning] })).warnings[0]?.remedy, null);
  });
});

describe("Undeliverable replies in the panel", () => {
  it("are shown only of connectors that have some", () => {
    const queue = { inbox_pending: 0, outbox_pending: 0, dead_letters: 2 };
    const state = opened({
      gateway: gateway([connector({ queue }), connector({ connector_id: "discord:empty" })]),
    });
    assert.equal(hasUndelivered(state, "discord:default"), true);
    assert.equal(hasUndelivered(state, "discord:empty"), false);
    assert.equal(hasUndelivered(state, "discord:other"), false);
    assert.equal(hasUndelivered(initialViewState, "discord:default"), false);
  });
});
