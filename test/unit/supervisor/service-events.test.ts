import assert from "node:assert/strict";
import { step } from "../../../src/supervisor/service-machine.ts";
import {
  newServiceMachine,
  type ServiceEvent,
  type ServiceMachine,
} from "../../../src/supervisor/service-model.ts";
import { supervisorTimings } from "../../../src/supervisor/supervisor-timings.ts";
import { serviceEvents } from "../../../src/supervisor/timeline/service-events.ts";

const facts = { pid: 42, version: "1.0.0", ports: [], started_at_unix_ms: 0, adopted: false };
const exit = { code: null, signal: "SIGKILL", stderr: [], fatal: null } as const;

/** What the history tells of a course of events. */
function history(...events: ServiceEvent[]) {
  let state: ServiceMachine = newServiceMachine("palyrad", true);
  return events.flatMap((event, index) => {
    const before = state;
    const now = index * 1_000;
    state = step(before, event, { now, random: 0, timings: supervisorTimings }).state;
    return serviceEvents({ service: "gateway", before, event, after: state, now });
  });
}

const kinds = (...events: ServiceEvent[]): string[] => history(...events).map(({ kind }) => kind);
const connected = (run: number, more: Partial<typeof facts> = {}, outdated = false): ServiceEvent => ({
  kind: "connected",
  run,
  facts: { ...facts, ...more },
  outdated,
});

describe("The history of a service", () => {
  it("tells a start and a stop", () => {
    const stop: ServiceEvent = { kind: "exited", run: 1, exit: { ...exit, code: 0, signal: null } };
    assert.deepEqual(kinds({ kind: "open" }, connected(1), { kind: "stop" }, stop), [
      "service.started",
      "service.ready",
      "service.stopping",
      "service.stopped",
    ]);
  });

  it("tells a process that was found and taken over from one that was started", () => {
    const found = history({ kind: "open" }, connected(1, { adopted: true }));
    assert.equal(found.at(-1)?.kind, "service.adopted");
    assert.match(found[0]?.message ?? "", /is looked for, and started if it does not run/);
    const asked = history({ kind: "start" });
    assert.match(asked[0]?.message ?? "", /is being started/);
    const quiet = { kind: "health", run: 1, health: "ok", quiet: true, reason: null } as const;
    const replaced = kinds({ kind: "open" }, connected(1, { adopted: true }, true), quiet);
    assert.ok(replaced.includes("service.replaced"), replaced.join(", "));
  });

  it("tells an unexpected end with its signal, and the restart with its reason", () => {
    const events = history({ kind: "open" }, connected(1), { kind: "exited", run: 1, exit });
    const [ended, restart] = events.slice(-2);
    assert.equal(ended?.kind, "service.exited");
    assert.equal(ended?.level, "error");
    assert.deepEqual(ended?.details, { code: null, signal: "SIGKILL", pid: 42 });
    assert.equal(restart?.kind, "service.restart");
    assert.match(restart?.message ?? "", /started again at once: .*SIGKILL/);
  });

  it("tells a loss of full function and its return", () => {
    const reason = { code: "browser_missing", message: "No browser.", next_step: "Install one." } as const;
    const unwell: ServiceEvent = { kind: "health", run: 1, health: "degraded", quiet: false, reason };
    const well: ServiceEvent = { kind: "health", run: 1, health: "ok", quiet: false, reason: null };
    const told = kinds({ kind: "open" }, connected(1), unwell, unwell, well, well);
    assert.deepEqual(told.slice(-2), ["service.degraded", "service.recovered"]);
  });

  it("tells nothing of heartbeats and of ends that are not its own", () => {
    const quiet = history({ kind: "open" }, connected(1), { kind: "pong", run: 1 }, { kind: "tick" });
    assert.equal(quiet.length, 2);
    assert.deepEqual(kinds({ kind: "open" }, connected(1), { kind: "exited", run: 9, exit }).length, 2);
  });

  it("tells a failure that no retry mends", () => {
    const error = { code: "port_in_use", message: "Port 1 is taken.", next_step: "Free it." } as const;
    const events = history({ kind: "open" }, { kind: "launch_failed", run: 1, error, lasting: true });
    assert.deepEqual(events.at(-1)?.kind, "service.failed");
    assert.equal(events.at(-1)?.details.reason, "port_in_use");
  });
});
