import assert from "node:assert/strict";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { strFromU8, unzipSync } from "fflate";
import { crashFile, logFile } from "../../../src/platform/state-paths.ts";
import type { SecretStore } from "../../../src/supervisor/secret-store.ts";
import { BundleRedactor } from "../../../src/supervisor/support-bundle/bundle-redactor.ts";
import { exportBundle } from "../../../src/supervisor/support-bundle/export-bundle.ts";
import { writeBundle } from "../../../src/supervisor/support-bundle/write-bundle.ts";
import { DoctorScene } from "../../support/supervisor/doctor-scene.ts";

/** Secrets that are stored now, and such that were replaced and are known to nobody any more. */
const live = {
  admin: "Adm1nCanary_x8Kq2LmNp4RsTv6WyZa0BcDe3FgHj5Kx",
  browser: "Br0wserCanary-7Hj9KlMn1PqRs3TuVw5XyZa2Bc4De6F",
  discord: "MTA5ODc2NTQzMjEwOTg3NjU0.GcAnAr.y_liveDiscordCanary0123456789abcdefghi",
  apiKey: 'canary key with "quotes", blanks & a / slash',
};
const rotated = {
  admin: "0ldAdm1nCanary_Zx8Kq2LmNp4RsTv6WyZa0BcDe3FgH",
  browser: "Q9OldBrowserCanary-7Hj9KlMn1PqRs3TuVw5XyZa2B",
  discord: "MTA5ODc2NTQzMjEwOTg3NjU0.GoLdEr.x_oldDiscordCanary0123456789abcdefghij",
  apiKey: "sk-canary-0123456789abcdefABCDEF0123456789",
  hexKey: "c0ffee00c0ffee11c0ffee22c0ffee33c0ffee44",
};

/** The ways in which a secret gets into files: as it is, in JSON, in JSON in JSON, in a URL, in a header, encoded. */
function spellings(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  return [
    secret,
    json,
    JSON.stringify(json).slice(1, -1),
    encodeURIComponent(secret),
    Buffer.from(secret).toString("base64"),
    Buffer.from(secret).toString("base64url"),
  ];
}

function sentencesWith(secret: string): string[] {
  return [
    `the word ${secret} alone`,
    JSON.stringify({ level: "info", unix_ms: 1, message: "m", note: secret }),
    JSON.stringify({ body: JSON.stringify({ value: secret }) }),
    `GET http://127.0.0.1/x?a=${encodeURIComponent(secret)}&b=1`,
    `https://user:${encodeURIComponent(secret)}@example.org/`,
    `Authorization: Bearer ${secret}`,
    `basic ${Buffer.from(secret).toString("base64")}`,
    `\u001b[31m${secret}\u001b[0m`,
  ];
}

describe("A support bundle", () => {
  let scene: DoctorScene;
  beforeEach(async () => {
    scene = await DoctorScene.create();
    await scene.secrets.set("palyra/admin_token", live.admin);
    await scene.secrets.set("palyra/browser_token", live.browser);
    await scene.secrets.set("global/discord_bot_token", live.discord);
    await scene.secrets.set("global/api_key.provider", live.apiKey);
    const text = [...Object.values(live), ...Object.values(rotated)].flatMap(sentencesWith).join("\n");
    const { paths } = scene;
    await mkdir(paths.logsDir, { mode: 0o700 });
    const mode = { mode: 0o600 };
    await writeFile(logFile(paths, "gateway"), `the first line\n${text}\nthe last line\n`, mode);
    await writeFile(crashFile(paths, "gateway"), text, mode);
    await writeFile(`${crashFile(paths, "browserd")}.1`, text, mode);
    await writeFile(
      paths.gatewayConfig,
      `# ${rotated.admin}\n[channels.discord.default]\ntoken = "${live.discord}"\n`,
    );
    await writeFile(paths.webhooksConfig, `secret = "plain"\nurl = "http://x/?key=${rotated.apiKey}"\n`);
    await writeFile(paths.stateFile, JSON.stringify({ schema_version: 3, admin_token: live.admin }), mode);
  });
  afterEach(() => scene.remove());

  const bundle = (): string => path.join(scene.paths.root, "bundle.zip");
  const exported = async (
    wishes: { maxBytes?: number; signal?: AbortSignal; progress?: (step: string, done: number) => void } = {},
  ): Promise<Map<string, string>> => {
    await exportBundle(scene.host(), {
      file: bundle(),
      signal: new AbortController().signal,
      progress: () => undefined,
      ...wishes,
    });
    const files = unzipSync(await readFile(bundle()));
    return new Map(Object.entries(files).map(([name, content]) => [name, strFromU8(content)]));
  };

  it("holds none of the secrets that are or were live, in no spelling and no entry", async () => {
    const entries = await exported();
    for (const [name, text] of entries) {
      for (const [which, secret] of [...Object.entries(live), ...Object.entries(rotated)]) {
        for (const spelling of spellings(secret)) {
          assert.ok(!text.includes(spelling), `${which} as ${spelling} in ${name}`);
        }
      }
    }
    const log = entries.get("logs/gateway.log") ?? "";
    assert.match(log, /^the first line\n[\s\S]*the word <redacted> alone[\s\S]*\nthe last line\n$/);
  });

  it("holds checks, snapshot, configuration, versions and logs, and a manifest that names them", async () => {
    const entries = await exported();
    const names = [...entries.keys()].filter((name) => name !== "manifest.json");
    const manifest = JSON.parse(entries.get("manifest.json") ?? "") as {
      entries: { name: string }[];
      not_present: string[];
    };
    assert.deepEqual(
      manifest.entries.map(({ name }) => name),
      names,
    );
    for (const name of ["checks.json", "snapshot.json", "versions.json", "state/state.json"]) {
      assert.doesNotThrow(() => JSON.parse(entries.get(name) ?? ""), `${name} is JSON`);
    }
    assert.match(
      entries.get("config/palyra.toml") ?? "",
      /\[channels\.discord\.default\]\ntoken = "<redacted>"/,
    );
    assert.ok(manifest.not_present.includes("timeline.jsonl"));
  });

  it("keeps to its size, and keeps the ends of what it shortens", async () => {
    const entries = await exported({ maxBytes: 10_000 });
    const manifest = JSON.parse(entries.get("manifest.json") ?? "") as {
      entries: { bytes: number; cut_bytes: number }[];
    };
    assert.ok(manifest.entries.reduce((sum, { bytes }) => sum + bytes, 0) <= 10_000);
    assert.ok(manifest.entries.some(({ cut_bytes: cut }) => cut > 0));
    assert.match(entries.get("logs/gateway.log") ?? "", /the last line\n$/);
  });

  it("leaves nothing behind when it is cancelled on the way", async () => {
    const cancel = new AbortController();
    const steps: number[] = [];
    await assert.rejects(
      exported({
        signal: cancel.signal,
        progress: (_step, done) => {
          steps.push(done);
          if (done > 0.3) cancel.abort(new Error("the user cancelled"));
        },
      }),
      /the user cancelled/,
    );
    assert.ok(
      steps.length > 2 && steps.every((done, index) => index === 0 || done >= (steps[index - 1] ?? 0)),
    );
    assert.deepEqual(
      (await readdir(scene.paths.root)).filter((name) => name.includes("bundle")),
      [],
    );
  });

  it("is cancelled at once, also while the keyring waits for its user", async () => {
    const secrets: SecretStore = {
      home: "vscode",
      keys: () => new Promise(() => undefined),
      get: async () => undefined,
      set: async () => undefined,
      delete: async () => undefined,
    };
    const file = path.join(scene.paths.root, "bundle.zip");
    const signal = AbortSignal.timeout(50);
    await assert.rejects(exportBundle(scene.host({ secrets }), { file, signal, progress: () => undefined }));
  });

  it("is cancelled at once, also while something that belongs into it is not told", async () => {
    const file = path.join(scene.paths.root, "bundle.zip");
    const endless = { name: "checks.json", read: () => new Promise<never>(() => undefined) };
    await assert.rejects(
      writeBundle({
        file,
        sources: [endless],
        redactor: new BundleRedactor(),
        now: 0,
        version: "1",
        notes: [],
        signal: AbortSignal.timeout(50),
        progress: () => undefined,
      }),
    );
  });
});
