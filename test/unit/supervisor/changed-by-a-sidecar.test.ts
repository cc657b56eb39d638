import assert from "node:assert/strict";
import { stagedTokenRef } from "../../../src/contracts/staged-account.ts";
import { Redactor } from "../../../src/platform/redactor.ts";
import type { SecretStore } from "../../../src/supervisor/secret-store.ts";
import { SecretsElsewhere, ServiceSecrets } from "../../../src/supervisor/service-secrets.ts";

describe("A secret that a service asks to keep", () => {
  const kept = new Map<string, string>();
  const store: SecretStore = {
    home: "file",
    get: async (name) => kept.get(name),
    set: async (name, value) => void kept.set(name, value),
    delete: async (name) => void kept.delete(name),
    keys: async () => [...kept.keys()],
  };
  const secrets = (place: SecretStore = store) =>
    new ServiceSecrets(place, new Redactor(), async () => undefined);
  const ref = "global/discord_bot_token.second";

  it("is kept, and removed, when it is the bot token of an account and the gateway asks", async () => {
    assert.deepEqual(await secrets().change("gateway", { ref, value: " a.bot.token\n" }), { done: true });
    assert.equal(kept.get(ref), "a.bot.token");
    assert.deepEqual(await secrets().change("gateway", { ref, value: null }), { done: true });
    assert.equal(kept.size, 0);
  });

  it("is kept for a while when it is the token that another one replaces", async () => {
    const copy = stagedTokenRef("second");
    assert.deepEqual(await secrets().change("gateway", { ref: copy, value: "old.bot.token" }), {
      done: true,
    });
    assert.deepEqual(await secrets().change("gateway", { ref: copy, value: null }), { done: true });
    assert.equal(kept.size, 0);
  });

  it("is refused for anything else, for the browser daemon, and where the secrets are out of reach", async () => {
    const refusalOf = async (...[service, change]: Parameters<ServiceSecrets["change"]>) => {
      const answer = await secrets().change(service, change);
      return answer.done ? null : answer.error.code;
    };
    assert.equal(await refusalOf("gateway", { ref: "palyra/admin_token", value: "x" }), "forbidden");
    assert.equal(await refusalOf("gateway", { ref: "global/api_key", value: "x" }), "forbidden");
    assert.equal(await refusalOf("browserd", { ref, value: "x" }), "forbidden");
    assert.equal(await refusalOf("gateway", { ref, value: "two words" }), "validation_error");
    const elsewhere = await secrets(new SecretsElsewhere()).change("gateway", { ref, value: "x" });
    assert.equal(elsewhere.done ? null : elsewhere.error.code, "secrets_elsewhere");
    assert.equal(kept.size, 0);
  });
});
