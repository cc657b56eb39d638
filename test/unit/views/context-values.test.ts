import assert from "node:assert/strict";
import manifest from "../../../package.json" with { type: "json" };
import { contextValues } from "../../../src/views/context-values.ts";
import { type CommandName, commandIds, contextKeys } from "../../../src/views/contribution-ids.ts";
import { initialViewState, type ViewState } from "../../../src/views/view-state.ts";
import { connector, failed, gateway, opened, service, stopped } from "./sample-snapshot.ts";

const queue = { inbox_pending: 0, outbox_pending: 0, dead_letters: 0 };

/** Whether a clause of `&&`, `==` and `!=` holds, as VS Code reads it. */
function holds(clause: string, values: Readonly<Record<string, unknown>>): boolean {
  return clause.split("&&").every((part) => {
    const [, key = "", operator, value] = /^\s*([\w.]+)\s*(?:([=!]=)\s*(\w+))?\s*$/.exec(part) ?? [];
    assert.notEqual(key, "", clause);
    if (operator === undefined) return values[key] === true;
    return (values[key] === value) === (operator === "==");
  });
}

/** Which of some commands the palette offers in a state. */
function offered(state: ViewState, ...names: readonly CommandName[]): readonly CommandName[] {
  const values = contextValues(state);
  return names.filter((name) => {
    const command = manifest.contributes.commands.find(({ command }) => command === commandIds[name]);
    assert.ok(command !== undefined, name);
    return command.enablement === undefined || holds(command.enablement, values);
  });
}

function withConnector(...changes: Parameters<typeof connector>): ViewState {
  return opened({ gateway: gateway([connector(...changes)]) });
}

describe("The command palette", () => {
  const services = ["start", "stop", "restart", "stopService", "retry"] as const;

  it("offers start, stop and retry as the services allow it; stop also while a restart is waited for", () => {
    const both = (view: ReturnType<typeof service>) =>
      opened({ services: [view, { ...view, service: "browserd" }] });
    assert.deepEqual(offered(both(service()), ...services), ["stop", "restart", "stopService"]);
    assert.deepEqual(offered(both(stopped()), ...services), ["start"]);
    assert.deepEqual(offered(both(failed()), ...services), ["retry"]);
    const waits = service({ state: "backoff", pid: null });
    assert.deepEqual(offered(both(waits), ...services), ["stop", "restart", "stopService", "retry"]);
    assert.deepEqual(offered(initialViewState, ...services), []);
  });

  it("offers a decision only while something waits for one", () => {
    const decisions = ["allowApproval", "denyApproval"] as const;
    const told = gateway([]);
    assert.ok(told !== null);
    const waiting = { ...told, status: { ...told.status, approvals: { count: 1, first: [] } } };
    assert.deepEqual(offered(opened({ gateway: told }), ...decisions), []);
    assert.deepEqual(offered(opened({ gateway: waiting }), ...decisions), decisions);
    assert.deepEqual(offered(opened(), ...decisions), []);
  });

  it("offers of the commands about connectors those that one of them allows", () => {
    const about = [
      "enableChannel",
      "disableChannel",
      "pauseQueue",
      "resumeQueue",
      "drainQueue",
      "showDeadLetters",
      "checkChannel",
    ] as const;
    assert.deepEqual(offered(opened(), ...about), []);
    assert.deepEqual(offered(withConnector(), ...about), ["disableChannel", "pauseQueue", "checkChannel"]);
    const held = withConnector({
      queue: { ...queue, outbox_pending: 1, dead_letters: 1 },
      saturation: { state: "paused", reasons: ["queue_paused"] },
    });
    const allowed = ["disableChannel", "resumeQueue", "drainQueue", "showDeadLetters", "checkChannel"];
    assert.deepEqual(offered(held, ...about), allowed);
    const off = withConnector({ enabled: false });
    assert.deepEqual(offered(off, ...about), ["enableChannel", "pauseQueue", "checkChannel"]);
  });

  it("offers to switch webhooks on or off where one is off or on", () => {
    const about = ["enableWebhook", "disableWebhook", "testWebhook"] as const;
    const told = gateway([]);
    const withWebhooks = (total: number, enabled: number): ViewState => {
      assert.ok(told !== null);
      const webhooks = {
        ...{ total, enabled, ready: enabled, disabled: total - enabled, quarantined: 0 },
        ...{ invalid_secret_ref: 0, secret_not_found: 0, secret_unavailable: 0, secret_unusable: 0 },
        ...{ providers: [], deliveries: null, warnings: [] },
        requests: { accepted: 0, repeated: 0, refused: 0, refusals: {} },
      };
      return opened({ gateway: { ...told, status: { ...told.status, webhooks } } });
    };
    assert.deepEqual(offered(opened({ gateway: told }), ...about), []);
    assert.deepEqual(offered(withWebhooks(1, 0), ...about), ["enableWebhook", "testWebhook"]);
    assert.deepEqual(offered(withWebhooks(1, 1), ...about), ["disableWebhook", "testWebhook"]);
    assert.deepEqual(offered(withWebhooks(2, 1), ...about), about);
  });

  it("offers nothing in an untrusted workspace but to look at the control center and the settings", () => {
    const names = Object.keys(commandIds) as CommandName[];
    const untrusted: ViewState = { center: { kind: "untrusted" }, settingWarnings: [] };
    assert.deepEqual(offered(untrusted, ...names), ["openControlCenter", "openSettings"]);
  });

  it("knows the value of every key that a clause asks for", () => {
    const { setupShown, ...others } = contextKeys;
    const known = Object.keys(contextValues(initialViewState));
    for (const key of Object.values(others)) assert.ok(known.includes(key), `${key}, beside ${setupShown}`);
  });
});
