import assert from "node:assert/strict";
import fc from "fast-check";
import { commandIds, type SettingId, settingIds } from "../../../src/views/contribution-ids.ts";
import { checkSettings, defaultSettings, settingOfWarning } from "../../../src/views/settings.ts";

const check = (values: Partial<Record<SettingId, unknown>>) => checkSettings((id) => values[id]);

describe("Settings", () => {
  it("that are not set have their defaults and no warning", () => {
    assert.deepEqual(check({}), { settings: defaultSettings, warnings: [] });
  });

  it("that are right are taken as they are", () => {
    const { settings, warnings } = check({
      [settingIds.startAuto]: false,
      [settingIds.lingerSeconds]: -1,
      [settingIds.stateRoot]: " /srv/palyra ",
      [settingIds.browserPath]: "/usr/bin/chromium",
      [settingIds.gatewayPort]: 7_000,
      [settingIds.browserdPort]: 0,
      [settingIds.notifications]: "none",
      [settingIds.rotateDays]: 7,
    });
    assert.deepEqual(warnings, []);
    assert.deepEqual(settings, {
      autoStart: false,
      lingerSeconds: -1,
      stateRoot: "/srv/palyra",
      browserPath: "/usr/bin/chromium",
      ports: { gateway: 7_000, browserd: null },
      notifications: "none",
      rotateDays: 7,
    });
  });

  for (const [id, value] of [
    [settingIds.startAuto, "yes"],
    [settingIds.lingerSeconds, -2],
    [settingIds.lingerSeconds, 1.5],
    [settingIds.stateRoot, "relative/folder"],
    [settingIds.browserPath, 7],
    [settingIds.gatewayPort, 70_000],
    [settingIds.gatewayPort, "7142"],
    [settingIds.notifications, "loud"],
  ] as const) {
    it(`with ${id} = ${JSON.stringify(value)} fall back to the default, and a warning names the setting`, () => {
      const { settings, warnings } = check({ [id]: value });
      assert.deepEqual(settings, defaultSettings);
      const [warning] = warnings;
      assert.ok(warning && warnings.length === 1);
      assert.ok(warning.message.includes(id), warning.message);
      assert.equal(warning.remedy?.command, commandIds.openSettings);
      assert.equal(settingOfWarning(warning), id);
    });
  }

  it("that pin both services to one port free the browser daemon's and say so", () => {
    const { settings, warnings } = check({
      [settingIds.gatewayPort]: 7_000,
      [settingIds.browserdPort]: 7_000,
    });
    assert.deepEqual(settings.ports, { gateway: 7_000, browserd: null });
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]?.message ?? "", /must differ/);
  });

  it("of any value whatever never throw, and each is either used or warned about", () => {
    const ids = Object.values(settingIds);
    fc.assert(
      fc.property(fc.constantFrom(...ids), fc.anything({ maxDepth: 1 }), (id, value) => {
        const { settings, warnings } = check({ [id]: value });
        if (warnings.length > 0) assert.deepEqual(settings, defaultSettings);
      }),
      { numRuns: 500 },
    );
  });
});
