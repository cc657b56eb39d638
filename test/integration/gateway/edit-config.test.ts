import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { TomlTable } from "smol-toml";
import { ConfigFile } from "../../../src/gateway/config-file.ts";
import { editConfig } from "../../../src/gateway/edit-config.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";

const editor = fileURLToPath(new URL("../../support/config/edit-many-times.ts", import.meta.url));
const text = "# mine\n[channels.discord.default]\nenabled = true # on\n";
const ignore = (): void => undefined;
const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** The table at a path, made when it is not there. */
function table(document: TomlTable, ...keys: string[]): TomlTable {
  let node = document;
  for (const key of keys) {
    node[key] ??= {};
    node = node[key] as TomlTable;
  }
  return node;
}

describe("Editing palyra.toml on disk", () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "palyra-edit-"));
    file = path.join(folder, "palyra.toml");
    await writeFile(file, text);
  });

  afterEach(() => rm(folder, { recursive: true }));

  it("writes the change, keeps the comments, and leaves the old file beside the new one", async () => {
    const { rules } = await editConfig(file, (document) => {
      table(document, "channels", "discord", "default").response_prefix = "Bot: ";
    });
    assert.equal(await readFile(file, "utf8"), `${text}response_prefix = "Bot: "\n`);
    assert.equal(await readFile(`${file}.bak`, "utf8"), text);
    const nowhere = { conversation: null, parent: null, guild: null };
    assert.equal(rules.ruleFor("discord:default", nowhere).response_prefix, "Bot: ");
  });

  it("writes nothing that would not be valid, and says which setting", async () => {
    const broken = editConfig(file, (document) => {
      table(document, "channels", "discord", "default").mention_patterns = [{ regex: "(" }];
    });
    await assert.rejects(broken, { code: "config_invalid", message: /discord\.default\.mention_patterns/ });
    assert.equal(await readFile(file, "utf8"), text);
    await assert.rejects(readFile(`${file}.bak`), { code: "ENOENT" });
  });

  it("does not touch a file that is broken already", async () => {
    await writeFile(file, "enabled = tru\n");
    await assert.rejects(
      editConfig(file, () => undefined),
      { code: "config_invalid", message: /line 1/ },
    );
    assert.equal(await readFile(file, "utf8"), "enabled = tru\n");
  });

  it("does not touch a file that is not in UTF-8, and says which line: other letters would come of it", async () => {
    const latin = Buffer.from("# on\n# f\xfcr mich\n[router]\nenabled = true\n", "latin1");
    await writeFile(file, latin);
    const edit = editConfig(file, (document) => {
      table(document, "router").enabled = false;
    });
    await assert.rejects(edit, { code: "config_invalid", message: /palyra\.toml, line 2: not UTF-8/ });
    assert.deepEqual(await readFile(file), latin);
  });

  it("keeps the mark before the text and the line ends that an editor of Windows has made", async () => {
    await writeFile(file, "\ufeff# mine\r\n[router]\r\nenabled = true # on\r\n");
    await editConfig(file, (document) => {
      table(document, "router").enabled = false;
    });
    assert.equal(await readFile(file, "utf8"), "\ufeff# mine\r\n[router]\r\nenabled = false # on\r\n");
  });

  it("changes the file that a link leads to, leaves the link, and leaves the file its rights", async () => {
    const elsewhere = await mkdtemp(path.join(os.tmpdir(), "palyra-edit-"));
    try {
      const real = path.join(elsewhere, "my-palyra.toml");
      await writeFile(real, text, { mode: 0o644 });
      await rm(file);
      await symlink(real, file);
      await editConfig(file, (document) => {
        table(document, "router").enabled = false;
      });
      assert.match(await readFile(real, "utf8"), /enabled = false/);
      assert.equal(await readlink(file), real);
      if (process.platform !== "win32") assert.equal((await stat(real)).mode & 0o777, 0o644);
      const followed = new ConfigFile(file, silent, () => undefined);
      await followed.open();
      try {
        await writeFile(real, "[router]\nmax_message_bytes = 7\n");
        await waitUntil(
          "what was changed behind the link",
          () => followed.current.config.router.max_message_bytes === 7,
        );
      } finally {
        followed.close();
      }
    } finally {
      await rm(elsewhere, { recursive: true });
    }
  });

  it("behind a link whose file is gone keeps the last good settings and the link, until the file is back", async () => {
    const real = path.join(folder, "mine.toml");
    await writeFile(real, "[router]\nmax_message_bytes = 7\n");
    await rm(file);
    await symlink(real, file);
    const followed = new ConfigFile(file, silent, () => undefined);
    await followed.open();
    try {
      await rm(real);
      await waitUntil("the fault to be seen", () => followed.problem?.code === "config_invalid");
      assert.match(followed.problem?.message ?? "", /a link to a file that is not there/);
      assert.equal(followed.current.config.router.max_message_bytes, 7);
      await assert.rejects(
        editConfig(file, (document) => {
          table(document, "router").enabled = false;
        }),
        { code: "config_invalid" },
      );
      assert.equal(await readlink(file), real);
      await writeFile(real, "[router]\nmax_message_bytes = 8\n");
      await waitUntil("the file to be read", () => followed.current.config.router.max_message_bytes === 8);
      assert.equal(followed.problem, null);
    } finally {
      followed.close();
    }
  });

  it("begins a file that is not there yet", async () => {
    const fresh = path.join(folder, "fresh.toml");
    await editConfig(fresh, (document) => {
      table(document, "router").enabled = false;
    });
    assert.equal(await readFile(fresh, "utf8"), "[router]\nenabled = false\n");
  });

  it("applies edits that come at the same time one after another", async () => {
    await Promise.all(
      ["a", "b", "c", "d"].map((account) =>
        editConfig(file, (document) => {
          table(document, "channels", "discord", account).enabled = false;
        }),
      ),
    );
    const { config } = await editConfig(file, () => undefined);
    assert.deepEqual(Object.keys(config.channels.discord).sort(), ["a", "b", "c", "d", "default"]);
  });

  it("loses no edit when several programs change the file at the same time", async () => {
    const edits = 12;
    const programs = ["a", "b", "c"];
    await Promise.all(
      programs.map(async (name) => {
        const child = spawn(process.execPath, [editor, file, name, String(edits)], { stdio: "inherit" });
        const [code] = await once(child, "exit");
        assert.equal(code, 0);
      }),
    );
    const { config } = await editConfig(file, () => undefined);
    const expected = programs.flatMap((name) =>
      Array.from({ length: edits }, (_, index) => `${name}${index}`),
    );
    assert.deepEqual(Object.keys(config.channels.discord).sort(), [...expected, "default"].sort());
    assert.match(await readFile(file, "utf8"), /^# mine\n.*\nenabled = true # on$/ms);
    assert.deepEqual((await readdir(folder)).sort(), ["palyra.toml", "palyra.toml.bak"]);
  });

  it("is not kept waiting by a program that was killed while it changed the file", async () => {
    const child = spawn(process.execPath, [editor, file, "a", "1000"], { stdio: "inherit" });
    await waitUntil("an edit", async () => (await readFile(file, "utf8")).includes("discord.a1"));
    child.kill("SIGKILL");
    await once(child, "exit");
    await editConfig(file, (document) => {
      table(document, "router").enabled = false;
    });
    assert.match(await readFile(file, "utf8"), /enabled = false/);
  });

  it("goes on after an edit that failed", async () => {
    const failed = editConfig(file, () => {
      throw new Error("changed my mind");
    });
    const next = editConfig(file, (document) => {
      table(document, "router").enabled = false;
    });
    await assert.rejects(failed, /changed my mind/);
    assert.equal((await next).config.router.enabled, false);
  });

  it("is seen at once by the gateway that follows the file, with a new hash of the rules", async () => {
    let changed = (): void => undefined;
    const seen = new Promise<void>((resolve) => {
      changed = resolve;
    });
    const followed = new ConfigFile(file, silent, () => {
      if (followed.current.config.router.max_message_bytes === 5) changed();
    });
    await followed.open();
    try {
      const before = followed.current.rules.hash;
      await editConfig(file, (document) => {
        table(document, "router").max_message_bytes = 5;
      });
      await seen;
      assert.notEqual(followed.current.rules.hash, before);
      assert.equal(followed.problem, null);
    } finally {
      followed.close();
    }
  });
});
