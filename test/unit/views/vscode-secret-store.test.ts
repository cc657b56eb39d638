import assert from "node:assert/strict";
import { PalyraError } from "../../../src/platform/errors.ts";
import { type SecretStorageLike, VSCodeSecretStore } from "../../../src/views/vscode-secret-store.ts";

class MemoryStorage implements SecretStorageLike {
  readonly entries = new Map<string, string>();
  reads = 0;

  async get(key: string): Promise<string | undefined> {
    this.reads += 1;
    return this.entries.get(key);
  }

  async store(key: string, value: string): Promise<void> {
    this.entries.set(key, value);
  }

  async delete(key: string): Promise<void> {
    this.entries.delete(key);
  }
}

describe("Secrets in VS Code's SecretStorage", () => {
  it("are given back as they were stored, and are gone after deletion", async () => {
    const store = new VSCodeSecretStore(new MemoryStorage());
    await store.set("global/discord_bot_token", 'ab:c\n,["d');
    assert.equal(await store.get("global/discord_bot_token"), 'ab:c\n,["d');
    assert.deepEqual(await store.keys(), ["global/discord_bot_token"]);
    await store.delete("global/discord_bot_token");
    assert.equal(await store.get("global/discord_bot_token"), undefined);
    assert.deepEqual(await store.keys(), []);
  });

  it("of one profile are not those of another, nor those of the default profile", async () => {
    const storage = new MemoryStorage();
    const [usual, work, review] = [null, "id-of-work", "id-of-review"].map(
      (id) => new VSCodeSecretStore(storage, id),
    );
    await usual?.set("palyra/admin_token", "usual");
    await work?.set("palyra/admin_token", "work");
    assert.equal(await usual?.get("palyra/admin_token"), "usual");
    assert.equal(await work?.get("palyra/admin_token"), "work");
    assert.equal(await review?.get("palyra/admin_token"), undefined);
    assert.deepEqual(await review?.keys(), []);
    await usual?.delete("palyra/admin_token");
    assert.equal(await work?.get("palyra/admin_token"), "work");
  });

  it("are not read before somebody asks, so that no keyring prompt appears at the start", () => {
    const storage = new MemoryStorage();
    assert.equal(new VSCodeSecretStore(storage).home, "vscode");
    assert.equal(storage.reads, 0);
  });

  it("all keep their names when many are stored at once", async () => {
    const store = new VSCodeSecretStore(new MemoryStorage());
    const names = Array.from({ length: 20 }, (_, index) => `name/${index}`);
    await Promise.all(names.map((name) => store.set(name, "v")));
    assert.deepEqual([...(await store.keys())].sort(), [...names].sort());
  });

  it("are listed by the editor itself where it can", async () => {
    const storage = new MemoryStorage();
    const store = new VSCodeSecretStore(
      Object.assign(storage, { keys: async () => ["palyra:global/a", "somebody-else"] }),
    );
    assert.deepEqual(await store.keys(), ["global/a"]);
  });

  it("are refused above 4,096 bytes", async () => {
    const store = new VSCodeSecretStore(new MemoryStorage());
    await assert.rejects(store.set("name", "é".repeat(2_049)), { code: "validation_error" });
  });

  it("that cannot be reached give one clear error, and the next write works again", async () => {
    const storage = new MemoryStorage();
    const store = new VSCodeSecretStore(storage);
    const { store: works } = storage;
    storage.store = () => Promise.reject(new Error("no keyring"));
    await assert.rejects(
      store.set("name", "v"),
      (thrown) =>
        thrown instanceof PalyraError &&
        thrown.code === "secret_store_unavailable" &&
        /no keyring/.test(thrown.message),
    );
    storage.store = works;
    await store.set("name", "v");
    assert.equal(await store.get("name"), "v");
  });
});
