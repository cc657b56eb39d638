import assert from "node:assert/strict";
import { FailureNotices } from "../../../src/views/failure-notices.ts";
import { initialViewState } from "../../../src/views/view-state.ts";
import { failed, opened, service, stopped } from "./sample-snapshot.ts";

describe("Notifications about failures", () => {
  const healthy = opened({ services: [service()] });
  const broken = opened({ services: [failed()] });

  it("come once when a service fails, not again while it stays so", () => {
    const notices = new FailureNotices();
    notices.next(initialViewState, healthy);
    assert.equal(notices.next(healthy, broken).length, 1);
    assert.equal(notices.next(broken, opened({ services: [failed({ restarts: 7 })] })).length, 0);
  });

  it("do not come for what was so when the window opened", () => {
    assert.deepEqual(new FailureNotices().next(initialViewState, broken), []);
  });

  it("do not come again for the same cause after a retry that failed too", () => {
    const notices = new FailureNotices();
    notices.next(initialViewState, healthy);
    notices.next(healthy, broken);
    const starting = opened({ services: [service({ state: "starting" })] });
    notices.next(broken, starting);
    assert.equal(notices.next(starting, broken).length, 0);
  });

  it("come again after the service had run in between, and for another cause", () => {
    const notices = new FailureNotices();
    notices.next(initialViewState, healthy);
    notices.next(healthy, broken);
    notices.next(broken, healthy);
    assert.equal(notices.next(healthy, broken).length, 1);
    const problem = { code: "port_in_use", message: "Port 7142 is taken.", next_step: "Free it." } as const;
    assert.equal(notices.next(broken, opened({ services: [failed({ problem })] })).length, 1);
  });

  it("come again after the service had run in between without all it needs", () => {
    const notices = new FailureNotices();
    const degraded = opened({ services: [service({ state: "degraded" })] });
    notices.next(initialViewState, degraded);
    notices.next(degraded, broken);
    notices.next(broken, degraded);
    assert.equal(notices.next(degraded, broken).length, 1);
  });

  it("do not come for a service that the user stopped", () => {
    const notices = new FailureNotices();
    notices.next(initialViewState, healthy);
    assert.deepEqual(notices.next(healthy, opened({ services: [stopped()] })), []);
  });
});
