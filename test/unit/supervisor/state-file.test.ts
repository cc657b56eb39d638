import assert from "node:assert/strict";
import fc from "fast-check";
import { stateSchemaVersion } from "../../../src/contracts/state-file.ts";
import { parseState } from "../../../src/supervisor/state-file-store.ts";

const defaults = { secretsHome: "file", desired: { gateway: true, browserd: true } } as const;

describe("The text of a state file", () => {
  it("of an older version is read with defaults for what it lacks, and keeps what it has", () => {
    const read = parseState('{"schema_version":7,"active_profile_name":"x"}', defaults);
    assert.equal(read.kind, "good");
    assert.ok(read.kind === "good");
    assert.equal(read.state.schema_version, stateSchemaVersion);
    assert.equal(read.state.active_profile_name, "x");
    assert.deepEqual(read.state.desired_running, defaults.desired);
  });

  it("of a newer version is read as far as it can be understood", () => {
    const text = JSON.stringify({ schema_version: 99, desired_running: { gateway: false }, new_thing: 1 });
    const read = parseState(text, defaults);
    assert.ok(read.kind === "newer");
    assert.deepEqual(read.state.desired_running, { gateway: false, browserd: true });
    assert.equal(read.version, 99);
  });

  it("of a newer version with services nobody knows here, or fields of another form, still says what the user stopped", () => {
    for (const more of [{ desired_running: { node_host: true } }, { secrets_home: { kind: "keychain" } }]) {
      const desired_running = { gateway: false, browserd: false, ...more.desired_running };
      const read = parseState(JSON.stringify({ schema_version: 9, ...more, desired_running }), defaults);
      assert.ok(read.kind === "newer");
      assert.equal(read.state.desired_running.gateway, false);
      assert.equal(read.state.desired_running.browserd, false);
    }
  });

  it("keeps what nobody knows in it, at any depth", () => {
    const content = {
      schema_version: 8,
      desired_running: { gateway: true, browserd: false, node_host: true },
      token_created_unix_ms: { admin: 1, browser: null, other: 2 },
      secrets_home: "file",
      mine: [1],
    };
    const read = parseState(JSON.stringify(content), defaults);
    assert.ok(read.kind === "good");
    assert.deepEqual(read.state, content);
  });

  it("with a wrong type names the field", () => {
    const read = parseState('{"schema_version":8,"secrets_home":"cloud"}', defaults);
    assert.deepEqual(read, { kind: "bad", reason: "wrong values: secrets_home" });
  });

  it("of any content never makes the reader fail", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        assert.ok(["bad", "good", "newer"].includes(parseState(text, defaults).kind));
      }),
    );
  });
});
