import assert from "node:assert/strict";
import fc from "fast-check";
import { PalyraError } from "../../../src/platform/errors.ts";
import { Redactor } from "../../../src/platform/redactor.ts";
import type { SecretStore } from "../../../src/supervisor/secret-store.ts";
import { ServiceSecrets } from "../../../src/supervisor/service-secrets.ts";
import { settableSecret } from "../../../src/supervisor/settable-secret.ts";

const ref = "global/discord_bot_token";

describe("A secret that a user sets", () => {
  it("is a Discord token without the white space around it, of any account", () => {
    assert.equal(settableSecret(ref, " \tabc.def-1_2\r\n"), "abc.def-1_2");
    assert.equal(settableSecret(`${ref}.work`, "abc\n"), "abc");
    assert.equal(settableSecret(ref, "x".repeat(4_096)).length, 4_096);
  });

  it("is no Discord token when it could not stand in a header, and the message says why but not what", () => {
    const faults: readonly [string, RegExp][] = [
      ["", /empty/],
      [" \n", /empty/],
      ["Bot canary", /a space/],
      ["canary\ncanary", /line break/],
      ["canary-ü", /ASCII/],
      ["canary\u0000", /ASCII/],
      ["canary\u001b[31m", /ASCII/],
      ["c".repeat(4_097), /longer than 4096/],
    ];
    for (const [value, reason] of faults) {
      for (const name of [ref, `${ref}.work`]) {
        assert.throws(
          () => settableSecret(name, value),
          (thrown) => {
            assert.ok(thrown instanceof PalyraError);
            assert.equal(thrown.code, "validation_error");
            assert.match(thrown.message, reason);
            assert.ok(!/canary|cccc/.test(JSON.stringify(thrown.toDetails())));
            return true;
          },
        );
      }
    }
  });

  it("is none of Palyra's own tokens: those are rotated", () => {
    for (const name of ["palyra/admin_token", "palyra/browser_token"]) {
      assert.throws(() => settableSecret(name, "short"), { code: "validation_error", nextStep: /Rotate/ });
    }
  });

  it("is not removed either when it is Palyra's own: the service that runs would refuse everybody", async () => {
    const removed: string[] = [];
    const store: SecretStore = {
      home: "file",
      get: async () => undefined,
      set: async () => undefined,
      delete: async (name) => void removed.push(name),
      keys: async () => [],
    };
    const secrets = new ServiceSecrets(store, new Redactor(), async () => undefined);
    await assert.rejects(secrets.delete("palyra/admin_token"), {
      code: "validation_error",
      nextStep: /rotate/,
    });
    await secrets.delete(ref);
    assert.deepEqual(removed, [ref]);
  });

  it("is never blank: a blank one would count as missing", () => {
    for (const value of ["", " ", "\n\t"]) {
      assert.throws(() => settableSecret("global/other", value), {
        code: "validation_error",
        message: /empty/,
      });
    }
  });

  it("is anything else when it is another's", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (value) => {
        fc.pre(value.trim() !== "");
        assert.equal(settableSecret("global/other", value), value);
        assert.equal(settableSecret("global/discord_bot_tokens", value), value);
      }),
    );
  });
});
