import assert from "node:assert/strict";
import { defaultSettings, type Settings } from "../../../src/views/settings.ts";
import { effectOfChange, supervisorSettings } from "../../../src/views/supervisor-settings.ts";

describe("Changed settings", () => {
  const changed = (changes: Partial<Settings>) =>
    effectOfChange(defaultSettings, { ...defaultSettings, ...changes });

  it("open another control center when the state folder is another", () => {
    assert.equal(changed({ stateRoot: "/srv/palyra" }), "reopen");
  });

  it("wait for the next start of those services that use them, and of no other", () => {
    assert.deepEqual(changed({ ports: { gateway: 7_000, browserd: null } }), ["gateway"]);
    assert.deepEqual(changed({ browserPath: "/usr/bin/chromium" }), ["browserd"]);
    assert.deepEqual(changed({ lingerSeconds: 5 }), ["gateway", "browserd"]);
  });

  it("ask for nothing otherwise", () => {
    assert.deepEqual(changed({ notifications: "none" }), []);
    assert.deepEqual(changed({ rotateDays: 7 }), []);
    assert.deepEqual(changed({}), []);
  });

  it("reach a start of a service that comes after the change", () => {
    let present = defaultSettings;
    const settings = supervisorSettings(() => present);
    present = { ...present, rotateDays: 7, lingerSeconds: 5, ports: { gateway: 7_000, browserd: null } };
    assert.equal(settings.lingerSeconds, 5);
    assert.equal(settings.rotateDays, 7);
    assert.equal(settings.ports.gateway, 7_000);
  });
});
