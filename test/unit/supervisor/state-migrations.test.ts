import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { StateFile, stateSchemaVersion } from "../../../src/contracts/state-file.ts";
import { parseState } from "../../../src/supervisor/state-file-store.ts";
import { type JsonObject, objectOf } from "../../../src/supervisor/state-migrations/json-object.ts";
import { migrateState, migrations } from "../../../src/supervisor/state-migrations/migrate-state.ts";

const defaults = { secretsHome: "file", desired: { gateway: true, browserd: true } } as const;
const oldVersions = [1, 2, 3, 4, 5, 6, 7];

const example = (version: number): string =>
  readFileSync(path.join(import.meta.dirname, "state-files", `version-${version}.json`), "utf8");

function read(version: number) {
  const found = parseState(example(version), defaults);
  assert.ok(found.kind === "good", `version ${version} is read`);
  return found;
}

function profile(state: JsonObject, name: string): JsonObject {
  const found = objectOf(objectOf(state.profile_states)?.[name]);
  assert.ok(found !== null, `there is a profile ${name}`);
  return found;
}

/** A content of any version: known keys with good and bad values, among unknown ones. */
const anyContent = fc
  .record(
    {
      admin_token: fc.jsonValue(),
      browser_service_enabled: fc.jsonValue(),
      runtime_state_root: fc.jsonValue(),
      onboarding: fc.jsonValue(),
      companion: fc.jsonValue(),
      active_profile_name: fc.jsonValue(),
      recent_profile_names: fc.oneof(fc.jsonValue(), fc.array(fc.string())),
      profile_states: fc.oneof(fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue())),
    },
    { requiredKeys: [] },
  )
  .chain((known) =>
    fc.dictionary(fc.stringMatching(/^x_[a-z]{1,5}$/), fc.jsonValue()).map((more) => ({ ...more, ...known })),
  );

describe("State files of earlier versions", () => {
  for (const version of oldVersions) {
    it(`version ${version} is read, keeps what nobody knows, and holds no token`, () => {
      const { state } = read(version);
      assert.equal(state.schema_version, stateSchemaVersion);
      assert.equal(state.theme, "dark");
      const text = JSON.stringify(state);
      assert.match(text, /welcome_acknowledged/, "the onboarding is still there");
      assert.doesNotMatch(text, /plain-admin-token|plain-browser-token|admin_token/);
      StateFile.parse(state);
    });
  }

  it("the tokens of version 1 are handed over, and its backup is without them", () => {
    const { plainTokens, text } = read(1);
    assert.deepEqual(plainTokens, {
      gateway: "plain-admin-token-0123456789abcdefghij",
      browserd: "plain-browser-token-0123456789abcdefgh",
    });
    assert.doesNotMatch(text, /token/);
    assert.equal(read(7).text, example(7), "a file without tokens is backed up as it was");
  });

  it("a flat file becomes the state of the first profile", () => {
    const { state } = read(3);
    assert.equal(profile(state, "desktop-local").runtime_state_root, "/home/ada/palyra-runtime");
    assert.equal(state.onboarding, undefined);
    assert.equal(state.active_profile_name, "desktop-local");
  });

  it("a browser that was switched off stays off, and the gateway is wanted", () => {
    for (const version of [3, 7]) {
      assert.deepEqual(read(version).state.desired_running, { gateway: true, browserd: false });
    }
    assert.deepEqual(read(6).state.desired_running, { gateway: true, browserd: true });
  });

  it("blank values get their defaults, and recent profiles that are gone are forgotten", () => {
    const review = profile(read(5).state, "review");
    assert.equal(review.runtime_state_root, null);
    const companion = objectOf(review.companion);
    assert.equal(objectOf(companion?.voice)?.silence_timeout_ms, 1_800);
    assert.equal(objectOf(companion?.ambient)?.global_hotkey, "CommandOrControl+Shift+Space");
    assert.deepEqual(read(6).state.recent_profile_names, ["desktop-local", "review"]);
  });

  it("there is one step from each version", () => {
    assert.deepEqual(Object.keys(migrations).map(Number), oldVersions);
  });

  it("of any content are migrated without a fault, and twice is as once", () => {
    fc.assert(
      fc.property(anyContent, fc.constantFrom(...oldVersions), (content, version) => {
        const once = migrateState(content, version);
        assert.equal(once.schema_version, stateSchemaVersion);
        assert.deepEqual(migrateState(once, version), once);
        for (const [key, value] of Object.entries(content)) {
          if (key.startsWith("x_")) assert.deepEqual(once[key], value);
        }
      }),
    );
  });

  it("grow no list beyond its bound", () => {
    const many = Array.from({ length: 100 }, (_, number) => ({ number }));
    const content = { onboarding: { recent_events: many }, companion: { offline_drafts: many } };
    const state = profile(migrateState(content, 1), "desktop-local");
    const events = objectOf(state.onboarding)?.recent_events;
    assert.deepEqual(events, many.slice(-40));
    assert.deepEqual(objectOf(state.companion)?.offline_drafts, many.slice(-20));
  });
});
