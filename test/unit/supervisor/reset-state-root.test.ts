import assert from "node:assert/strict";
import { startedAfterReset } from "../../../src/supervisor/reset/reset-state-root.ts";
import { service, stopped } from "../views/sample-snapshot.ts";

describe("After a reset for which the services were stopped", () => {
  const before = [
    service(),
    stopped({ service: "browserd", display_name: "palyra-browserd", desired_running: false }),
  ];

  it("those run again that ran before, and what the user had stopped stays stopped", () => {
    assert.deepEqual(startedAfterReset("store", true, before), ["gateway"]);
  });

  it("they run again also when the reset was refused", () => {
    assert.deepEqual(startedAfterReset("state", false, before), ["gateway"]);
  });

  it("a new state decides by itself what runs", () => {
    assert.deepEqual(startedAfterReset("state", true, before), []);
  });
});
