import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { statePaths } from "../../../src/platform/state-paths.ts";
import { EncryptedFileSecretStore } from "../../../src/supervisor/encrypted-file-secret-store.ts";
import type { SecretStore } from "../../../src/supervisor/secret-store.ts";
import { tokenRefs } from "../../../src/supervisor/service-secrets.ts";
import { VSCodeSecretStore } from "../../../src/views/vscode-secret-store.ts";
import {
  serviceIn,
  snapshotWhere,
  TestHome,
  testOptions,
  viewOf,
} from "../../support/supervisor/control-center-host.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";

/** A store as the editor's would be: shared by all windows, home `vscode`. */
class EditorStore implements SecretStore {
  readonly home = "vscode";
  readonly values = new Map<string, string>();

  async get(name: string): Promise<string | undefined> {
    return this.values.get(name);
  }
  async set(name: string, value: string): Promise<void> {
    this.values.set(name, value);
  }
  async delete(name: string): Promise<void> {
    this.values.delete(name);
  }
  async keys(): Promise<readonly string[]> {
    return [...this.values.keys()];
  }
}

describe("The encrypted file with secrets", () => {
  let home: TestHome;
  let folder: string;
  let store: EncryptedFileSecretStore;
  beforeEach(async () => {
    home = await TestHome.create();
    folder = statePaths(home.stateRoot).secretsDir;
    store = new EncryptedFileSecretStore(folder);
  });
  afterEach(async () => {
    await home.remove();
  });

  it("gives back what was stored, also to another process, and holds it nowhere in the clear", async () => {
    await store.set("global/discord_bot_token", "canary-Grüße-🔑");
    const other = new EncryptedFileSecretStore(folder);
    assert.equal(await other.get("global/discord_bot_token"), "canary-Grüße-🔑");
    assert.equal(await other.get("global/other"), undefined);
    assert.deepEqual(await other.keys(), ["global/discord_bot_token"]);
    for (const name of await readdir(folder)) {
      const file = path.join(folder, name);
      assert.ok(!(await readFile(file)).includes("canary"));
      if (process.platform !== "win32") assert.equal((await stat(file)).mode & 0o777, 0o600);
    }
    await other.delete("global/discord_bot_token");
    assert.deepEqual(await store.keys(), []);
  });

  it("lets two writers at the first moment share one key", async () => {
    const stores = [1, 2, 3, 4].map(() => new EncryptedFileSecretStore(folder));
    await Promise.all(stores.map((each, index) => each.set(`a/${index}`, `value ${index}`)));
    for (const index of [0, 1, 2, 3]) assert.equal(await store.get(`a/${index}`), `value ${index}`);
  });

  it("sets a damaged secret aside, says so, and leaves the others readable", async () => {
    await store.set("a", "one value");
    await store.set("b", "other value");
    await writeFile(path.join(folder, "a.secret"), "{torn");
    await assert.rejects(store.get("a"), { code: "state_unreadable" });
    assert.equal(await store.get("a"), undefined);
    assert.equal(await store.get("b"), "other value");
    assert.ok((await readdir(folder)).some((name) => name.startsWith("a.secret.unreadable-")));
  });

  it("refuses a secret that was moved to another name", async () => {
    await store.set("a", "one value");
    await store.set("b", "other value");
    await writeFile(path.join(folder, "b.secret"), await readFile(path.join(folder, "a.secret")));
    await assert.rejects(store.get("b"), { code: "state_unreadable" });
  });

  const damages: Readonly<Record<string, (key: string) => Promise<unknown>>> = {
    missing: (key) => rm(key),
    torn: (key) => writeFile(key, "short"),
    empty: (key) => writeFile(key, ""),
    "a folder": async (key) => {
      await rm(key);
      await mkdir(key);
    },
    // A link to itself (ELOOP) is what root cannot read either; Windows lets few users make one.
    ...(process.platform !== "win32" && {
      unreadable: async (key: string) => {
        await rm(key);
        await symlink(key, key);
      },
    }),
  };
  for (const [what, damage] of Object.entries(damages)) {
    it(`loses no secret when the key is ${what}: it is readable again with the key from a backup`, async () => {
      await store.set("a", "one value");
      const key = path.join(folder, "key");
      const backup = await readFile(key);
      await damage(key);
      const before = await readdir(folder);
      for (const each of [store, new EncryptedFileSecretStore(folder)]) {
        const unavailable = { code: "secret_store_unavailable", nextStep: /secrets\/key/ };
        await assert.rejects(each.get("a"), unavailable);
        await assert.rejects(each.set("a", "other"), unavailable);
        await assert.rejects(each.set("b", "other"), unavailable);
      }
      assert.deepEqual(await readdir(folder), before);
      await rm(key, { recursive: true, force: true });
      await writeFile(key, backup);
      assert.equal(await store.get("a"), "one value");
    });
  }

  it("starts anew when the user removes the folder, also in a process that knew the old key", async () => {
    await store.set("a", "one value");
    await rm(folder, { recursive: true });
    await store.set("a", "new value");
    assert.equal(await new EncryptedFileSecretStore(folder).get("a"), "new value");
  });

  it("sets no secret aside whose file cannot be read", async () => {
    await store.set("a", "one value");
    await mkdir(path.join(folder, "b.secret"));
    await assert.rejects(store.get("b"), { code: "secret_store_unavailable" });
    assert.deepEqual((await readdir(folder)).sort(), ["a.secret", "b.secret", "key"]);
  });

  it("refuses names that could leave the folder, and values that are too long", async () => {
    await assert.rejects(store.set("../x", "value"), { code: "validation_error" });
    await assert.rejects(store.set("x", "v".repeat(5_000)), { code: "validation_error" });
  });
});

describe("Secrets of running services", () => {
  let home: TestHome;
  beforeEach(async () => {
    home = await TestHome.create();
  });
  afterEach(async () => {
    await home.remove();
  });

  it("are in no file, argument, environment, log or snapshot", async () => {
    const store = new EncryptedFileSecretStore(statePaths(home.stateRoot).secretsDir);
    await store.set("global/discord_bot_token", "canary-discord-token-0123456789");
    const center = await home.open();
    const { pid } = await serviceIn(center, "gateway", "running");
    await center.setSecret("global/discord_bot_token", "canary-changed-token-0123456789");
    await waitUntil("the sidecar has asked for the secret", async () =>
      (await center.logs()).some(({ line }) => line.startsWith("got a secret")),
    );
    const token = (await store.get(tokenRefs.gateway)) ?? "";
    assert.match(token, /^[\w-]{43}$/);
    const secrets = [token, "canary-discord-token-0123456789", "canary-changed-token-0123456789"];

    await waitUntil("the log file has the line", async () =>
      (await readFile(path.join(statePaths(home.stateRoot).logsDir, "palyrad.log"), "utf8")).includes(
        "got a secret",
      ),
    );
    const places = new Map<string, string>([
      ["snapshot", JSON.stringify(center.snapshot)],
      ["logs", JSON.stringify(await center.logs())],
    ]);
    for (const name of ["cmdline", "environ"]) {
      if (process.platform === "linux") places.set(name, await readFile(`/proc/${pid}/${name}`, "latin1"));
    }
    for (const entry of await readdir(home.stateRoot, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = path.join(entry.parentPath, entry.name);
      places.set(file, await readFile(file, "latin1"));
    }
    assert.ok(places.size > 8);
    for (const [place, content] of places) {
      for (const secret of secrets) assert.ok(!content.includes(secret), `a secret is in ${place}`);
    }
  });

  it("survive a start without their key, which says what to do and makes no new ones", async () => {
    const { secretsDir } = statePaths(home.stateRoot);
    const store = new EncryptedFileSecretStore(secretsDir);
    await store.set(tokenRefs.gateway, "t".repeat(43));
    const backup = await readFile(path.join(secretsDir, "key"));
    await rm(path.join(secretsDir, "key"));
    const center = await home.open();
    await snapshotWhere(center, "the gateway tells of the key", (snapshot) => {
      return viewOf(snapshot, "gateway").problem?.code === "secret_store_unavailable";
    });
    assert.deepEqual(await readdir(secretsDir), ["palyra~admin_token.secret"]);
    await writeFile(path.join(secretsDir, "key"), backup);
    await center.restart("gateway");
    await serviceIn(center, "gateway", "running");
    assert.equal(await store.get(tokenRefs.gateway), "t".repeat(43));
  });

  it("in a keyring that is not there keep the services waiting, say what to do, and are never kept elsewhere", async () => {
    const values = new Map<string, string>();
    let locked = true;
    const reach = <T>(use: () => T): Promise<T> =>
      locked
        ? Promise.reject(new Error("The name org.freedesktop.secrets was not provided"))
        : Promise.resolve(use());
    const secrets = new VSCodeSecretStore({
      get: (key) => reach(() => values.get(key)),
      store: (key, value) => reach(() => void values.set(key, value)),
      delete: (key) => reach(() => void values.delete(key)),
    });
    const center = await home.open({ secrets });
    const snapshot = await snapshotWhere(center, "the gateway tells of the keyring", (candidate) => {
      return viewOf(candidate, "gateway").problem?.code === "secret_store_unavailable";
    });
    const { problem } = viewOf(snapshot, "gateway");
    assert.match(problem?.message ?? "", /secret storage cannot be reached: .*org\.freedesktop\.secrets/);
    assert.match(problem?.next_step ?? "", /keyring/i);
    const canary = "canary-0123456789-plain-text";
    await assert.rejects(center.setSecret("global/openai_api_key", canary), {
      code: "secret_store_unavailable",
    });
    const names = await readdir(home.stateRoot, { recursive: true, withFileTypes: true });
    for (const entry of names.filter((found) => found.isFile())) {
      assert.ok(
        !(await readFile(path.join(entry.parentPath, entry.name), "latin1")).includes("canary"),
        entry.name,
      );
      assert.ok(!entry.name.endsWith(".secret"), entry.name);
    }
    locked = false;
    await center.start("gateway");
    await serviceIn(center, "gateway", "running");
  });

  it("are checked by the owner and by the window that sets them; what is refused leaves the old one", async () => {
    const store = new EncryptedFileSecretStore(statePaths(home.stateRoot).secretsDir);
    const owner = await home.open();
    await serviceIn(owner, "gateway", "running");
    const observer = await home.open();
    const admin = await store.get(tokenRefs.gateway);
    await owner.setSecret("global/discord_bot_token", " spaced-around-0123456789\n");
    for (const center of [owner, observer]) {
      const refused = { code: "validation_error" };
      await assert.rejects(center.setSecret(tokenRefs.gateway, "short"), refused);
      await assert.rejects(center.setSecret("global/discord_bot_token", "two words"), refused);
    }
    assert.equal(await store.get(tokenRefs.gateway), admin);
    assert.equal(await store.get("global/discord_bot_token"), "spaced-around-0123456789");
  });

  it("tokens are rotated without a refused request and without a restart", async () => {
    const store = new EncryptedFileSecretStore(statePaths(home.stateRoot).secretsDir);
    const center = await home.open();
    const { pid } = await serviceIn(center, "gateway", "running");
    const url = center.snapshot.quick_facts.gateway_url ?? "";
    const ask = async (token: string | undefined): Promise<number> =>
      (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status;
    const old = await store.get(tokenRefs.gateway);
    assert.equal(await ask(old), 200);
    let rotating = true;
    const statuses: number[] = [];
    const load = (async () => {
      while (rotating) statuses.push(await ask(await store.get(tokenRefs.gateway)));
    })();
    await center.rotateTokens();
    rotating = false;
    await load;
    const fresh = await store.get(tokenRefs.gateway);
    assert.notEqual(fresh, old);
    assert.deepEqual([await ask(old), await ask(fresh)], [200, 200]);
    assert.deepEqual(
      statuses.filter((status) => status !== 200),
      [],
    );
    assert.equal(viewOf(center.snapshot, "gateway").pid, pid);
    const state = JSON.parse(await readFile(statePaths(home.stateRoot).stateFile, "utf8"));
    assert.equal(typeof state.token_created_unix_ms.admin, "number");
  });

  it("tokens are rotated under 200 requests a second without a failure, and the old one ends", async function () {
    this.timeout(40_000);
    const store = new EncryptedFileSecretStore(statePaths(home.stateRoot).secretsDir);
    const center = await home.open();
    await serviceIn(center, "gateway", "running");
    const url = center.snapshot.quick_facts.gateway_url ?? "";
    const ask = async (token: string | undefined): Promise<number> =>
      (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status;
    const old = await store.get(tokenRefs.gateway);
    // A caller reads the token now and then, as `palyra` and the gateway do, and uses it for a while.
    let known = old;
    const asked: Promise<number>[] = [];
    const began = performance.now();
    const load = setInterval(() => {
      while (asked.length < (performance.now() - began) / 5) asked.push(ask(known));
    }, 5);
    const reader = setInterval(() => {
      store.get(tokenRefs.gateway).then((token) => {
        known = token;
      }, assert.ifError);
    }, 500);
    try {
      await waitUntil("the load runs", () => asked.length >= 100);
      await center.rotateTokens();
      const rotatedAt = performance.now();
      const before = asked.length;
      await waitUntil("the load went on for a second", () => performance.now() - rotatedAt > 1_000);
      assert.ok(asked.length - before > 150, `only ${asked.length - before} requests in the second after`);
      const statuses = await Promise.all(asked);
      assert.deepEqual(
        statuses.filter((status) => status !== 200),
        [],
      );
      await waitUntil("the old token is refused", async () => (await ask(old)) === 401, 15_000);
      assert.ok(performance.now() - rotatedAt > 9_000, "it was refused before its time");
      assert.equal(await ask(await store.get(tokenRefs.gateway)), 200);
    } finally {
      clearInterval(load);
      clearInterval(reader);
      await Promise.allSettled(asked);
    }
  });

  for (const { rotateDays, what } of [
    { rotateDays: 30, what: "is replaced when the services are opened" },
    { rotateDays: 0, what: "stays when the user wants no schedule" },
  ]) {
    it(`a token that is older than 30 days ${what}`, async () => {
      const store = new EncryptedFileSecretStore(statePaths(home.stateRoot).secretsDir);
      const settings = { ...testOptions(home.stateRoot).settings, rotateDays };
      const first = await home.open({ settings });
      await serviceIn(first, "gateway", "running");
      const old = await store.get(tokenRefs.gateway);
      await first.dispose();
      const later = { now: () => Date.now() + 31 * 86_400_000 };
      const second = await home.open({ settings, clock: later });
      const { pid } = await serviceIn(second, "gateway", "running");
      const url = second.snapshot.quick_facts.gateway_url ?? "";
      const ask = async (token: string | undefined): Promise<number> =>
        (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status;
      if (rotateDays > 0) {
        await waitUntil("the token is new", async () => (await store.get(tokenRefs.gateway)) !== old);
        await waitUntil(
          "the new one is accepted",
          async () => (await ask(await store.get(tokenRefs.gateway))) === 200,
        );
        assert.ok(
          (await second.logs("gateway")).some(({ line }) =>
            line.includes("is new, because it is 30 days old"),
          ),
        );
      } else await second.restart("browserd");
      assert.equal((await store.get(tokenRefs.gateway)) === old, rotateDays === 0);
      assert.equal(await ask(old), 200);
      assert.equal(viewOf(second.snapshot, "gateway").pid, pid);
    });
  }

  it("a token that was found on its way into a log is replaced, and the log says why without it", async () => {
    const store = new EncryptedFileSecretStore(statePaths(home.stateRoot).secretsDir);
    const center = await home.open();
    await serviceIn(center, "gateway", "running");
    const url = center.snapshot.quick_facts.gateway_url ?? "";
    const old = (await store.get(tokenRefs.gateway)) ?? "";
    await fetch(`${url}/careless`, { headers: { authorization: `Bearer ${old}` } });
    await waitUntil("the token is new", async () => (await store.get(tokenRefs.gateway)) !== old);
    const line = await waitUntil("the log says why", async () =>
      (await center.logs("gateway")).find(({ line }) => line.includes("on its way into a log")),
    );
    assert.equal(line.stream, "supervisor");
    assert.ok(!JSON.stringify(await center.logs()).includes(old));
  });

  it("printed by a library, in pieces, are in neither log nor crash file, and what is around them is", async () => {
    const center = await home.open();
    await serviceIn(center, "gateway", "running");
    const paths = statePaths(home.stateRoot);
    const token = (await new EncryptedFileSecretStore(paths.secretsDir).get(tokenRefs.gateway)) ?? "";
    const headers = { authorization: `Bearer ${token}` };
    await fetch(`${center.snapshot.quick_facts.gateway_url}/prints`, { headers });
    const { line } = await waitUntil("the line is in the log", async () =>
      (await center.logs("gateway")).find((known) => known.line.includes("a library shows")),
    );
    assert.match(line, /a library shows <redacted> here/);
    await center.stop("gateway");
    const files = await Promise.all(
      (await readdir(paths.logsDir)).map((name) => readFile(path.join(paths.logsDir, name), "utf8")),
    );
    assert.equal(files.filter((text) => text.includes("a library shows <redacted> here")).length, 2);
    assert.ok(files.every((text) => !text.includes(token.slice(0, 20)) && !text.includes(token.slice(20))));
  });

  it("tokens rotated several times at once and one after the other are all accepted for their time", async () => {
    const store = new EncryptedFileSecretStore(statePaths(home.stateRoot).secretsDir);
    const center = await home.open();
    await serviceIn(center, "gateway", "running");
    const url = center.snapshot.quick_facts.gateway_url ?? "";
    const ask = async (token: string | undefined): Promise<number> =>
      (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status;
    const first = await store.get(tokenRefs.gateway);
    for (let round = 1; round <= 5; round += 1) {
      await Promise.all([center.rotateTokens(), center.rotateTokens(), center.rotateTokens()]);
      assert.equal(await ask(await store.get(tokenRefs.gateway)), 200, `round ${round}`);
    }
    assert.equal(await ask(first), 200);
  });

  it("a token rotated while its sidecar starts is accepted once it runs", async () => {
    const store = new EncryptedFileSecretStore(statePaths(home.stateRoot).secretsDir);
    const center = await home.open();
    await serviceIn(center, "gateway", "starting");
    await center.rotateTokens();
    await serviceIn(center, "gateway", "running");
    const url = center.snapshot.quick_facts.gateway_url ?? "";
    const token = await store.get(tokenRefs.gateway);
    await waitUntil("the stored token is accepted", async () => {
      const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
      return answer.status === 200;
    });
  });

  it("an adopted sidecar learns a token that was rotated without it", async () => {
    const center = await home.open();
    await serviceIn(center, "gateway", "running");
    await center.dispose();
    const store = new EncryptedFileSecretStore(statePaths(home.stateRoot).secretsDir);
    const rotated = "r".repeat(43);
    await store.set(tokenRefs.gateway, rotated);
    const second = await home.open();
    const view = await serviceIn(second, "gateway", "running");
    assert.equal(view.adopted, true);
    const url = second.snapshot.quick_facts.gateway_url ?? "";
    await waitUntil("the new token is accepted", async () => {
      const answer = await fetch(url, { headers: { authorization: `Bearer ${rotated}` } });
      return answer.status === 200;
    });
  });

  it("kept by an editor that is not there: what runs is adopted and shown, what must start says why it cannot", async () => {
    const editor = new EditorStore();
    const window = await home.open({ secrets: editor });
    const { pid } = await serviceIn(window, "gateway", "running");
    await window.dispose();
    const terminal = await home.open();
    assert.equal((await serviceIn(terminal, "gateway", "running")).pid, pid);
    await assert.rejects(terminal.restart("gateway"), { code: "secrets_elsewhere" });
    const view = viewOf(terminal.snapshot, "gateway");
    assert.deepEqual([view.state, view.problem?.code], ["failed", "secrets_elsewhere"]);

    // A window that can reach the secrets takes over, and starts what the terminal could not.
    const second = await home.open({ secrets: editor });
    await snapshotWhere(second, "the window owns a running gateway", (snapshot) => {
      return snapshot.quick_facts.role === "owner" && viewOf(snapshot, "gateway").state === "running";
    });
    await snapshotWhere(
      terminal,
      "the terminal looks on",
      ({ quick_facts }) => quick_facts.role === "observer",
    );
    await terminal.setSecret("global/x", "some value");
    assert.equal(editor.values.get("global/x"), "some value");
  });
});
