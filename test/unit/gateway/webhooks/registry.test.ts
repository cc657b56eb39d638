import assert from "node:assert/strict";
import { parse, type TomlTable } from "smol-toml";
import { editToml } from "../../../../src/gateway/config-edit/edit-toml.ts";
import { changeEntry, removeEntry } from "../../../../src/gateway/webhooks/edit-registry.ts";
import { parseRegistry } from "../../../../src/gateway/webhooks/parse-registry.ts";

const entry = (id: string, more = ""): string =>
  `[[webhooks]]\nintegration_id = "${id}"\nprovider = "github"\nsecret_vault_ref = "global/${id}"\n${more}`;
const read = (text: string) => parseRegistry(text, "webhooks.toml");
const now = 1_790_000_000_000;

function edited(text: string, change: (document: TomlTable) => void): string {
  const wanted = parse(text);
  change(wanted);
  return editToml(text, wanted);
}

describe("webhooks.toml", () => {
  it("that is missing or empty has no integrations", () => {
    assert.deepEqual([read("").integrations.size, read("version = 1\n").integrations.size], [0, 0]);
  });

  it("needs an id, a provider and a secret; the rest has defaults", () => {
    const one = read(entry("Repo.A")).integrations.get("repo.a");
    assert.deepEqual(
      [
        one?.enabled,
        one?.signature_required,
        one?.max_payload_bytes,
        one?.allowed_events,
        one?.max_per_minute,
      ],
      [true, true, 65_536, [], 600],
    );
    assert.equal(
      read(entry("a", "max_payload_bytes = 0\n")).integrations.get("a")?.max_payload_bytes,
      65_536,
    );
  });

  const wrong: readonly (readonly [what: string, line: string, field: string])[] = [
    ["an unknown scheme", 'signature = "md5"', "signature"],
    ["a size beyond a mebibyte", "max_payload_bytes = 1048577", "max_payload_bytes"],
    ["too long a name", `display_name = "${"x".repeat(129)}"`, "display_name"],
    ["a blank name", 'display_name = " "', "display_name"],
    [
      "too many events",
      `allowed_events = [${Array.from({ length: 65 }, (_, n) => `"e${n}"`).join(", ")}]`,
      "allowed_events",
    ],
    ["a word instead of a switch", 'enabled = "yes"', "enabled"],
    ["no signature, without the owner's word for it", "signature_required = false", "signature_required"],
  ];
  for (const [what, line, field] of wrong) {
    it(`sets an entry with ${what} aside, names the line, and the others are in force`, () => {
      const text = `version = 1\n\n${entry("first")}\n# mine\n${entry("second", `${line}\n`)}\n${entry("third")}`;
      const { integrations, quarantined } = read(text);
      assert.deepEqual([...integrations.keys()], ["first", "third"]);
      assert.equal(quarantined.length, 1);
      const [fault] = quarantined;
      assert.equal(fault?.integrationId, "second");
      assert.equal(fault?.field.split(".")[0], field);
      assert.equal(text.split("\n")[(fault?.line ?? 0) - 1], line);
    });
  }

  it("tells of settings that nobody knows, in an entry or beside all, with their lines; they have no effect", () => {
    const text = `version = 1\n${entry("a", 'alowed_events = ["push"]\n')}[[webhook]]\nintegration_id = "b"\n${entry("c")}[webhooks.targets]\nmode = "agent"\n`;
    const { integrations, quarantined, unknownSettings } = read(text);
    assert.deepEqual([[...integrations.keys()], quarantined], [["a", "c"], []]);
    assert.deepEqual(
      unknownSettings.map(({ integrationId, line, key }) => [
        integrationId,
        key,
        text.split("\n")[(line ?? 0) - 1],
      ]),
      [
        [null, "webhook", "[[webhook]]"],
        ["a", "alowed_events", 'alowed_events = ["push"]'],
        ["c", "targets", "[[webhooks]]"],
      ],
    );
  });

  it("names the entry where the field is missing, and its sub-table's lines", () => {
    const text = `${entry("a")}\n[[webhooks]]\nintegration_id = "b"\nprovider = "x"\n\n${entry("c")}[webhooks.target]\nmode = "shout"\nconnector_id = "discord:default"\nconversation_id = "discord:channel:9"\n`;
    const { quarantined } = read(text);
    assert.deepEqual(
      quarantined.map(({ line, field }) => [text.split("\n")[(line ?? 0) - 1], field]),
      [
        ["[[webhooks]]", "secret_vault_ref"],
        ['mode = "shout"', "target.mode"],
      ],
    );
  });

  it("takes ids that an address can hold: none that leads to the folder above", () => {
    const { integrations, quarantined } = read([".", "..", "..."].map((id) => entry(id)).join("\n"));
    assert.deepEqual([...integrations.keys()], ["..."]);
    assert.deepEqual(
      quarantined.map(({ field }) => field),
      ["integration_id", "integration_id"],
    );
  });

  it("takes the first of two entries with one id, in whatever letters", () => {
    const { integrations, quarantined } = read(entry("a") + entry("A", 'display_name = "second"\n'));
    assert.deepEqual([integrations.size, quarantined[0]?.field], [1, "integration_id"]);
    assert.equal(integrations.get("a")?.display_name, undefined);
  });

  it("holds at most 1,024 integrations", () => {
    const text = Array.from({ length: 1_025 }, (_, index) => entry(`i${index}`)).join("\n");
    const { integrations, quarantined } = read(text);
    assert.deepEqual(
      [integrations.size, quarantined.length, quarantined[0]?.integrationId],
      [1_024, 1, "i1024"],
    );
    const document = parse(Array.from({ length: 1_024 }, (_, index) => entry(`i${index}`)).join("\n"));
    assert.throws(
      () => changeEntry(document, "one-more", { provider: "x", secret_vault_ref: "a/b" }, "put", now),
      {
        code: "conflict",
      },
    );
  });

  it("that is no TOML, no list or of a later version is refused as a whole, with the line", () => {
    assert.throws(() => read(`version = 1\n[[webhooks]\n`), { code: "config_invalid", message: /line 2/ });
    assert.throws(() => read("webhooks = 5\n"), { code: "config_invalid" });
    assert.throws(() => read("version = 2\n"), { code: "state_newer" });
    assert.throws(() => read('version = "1"\n'), { code: "config_invalid" });
  });
});

describe("A change of webhooks.toml", () => {
  const text = `# all of them\nversion = 1\n\n# the first\n${entry("a", "future_setting = true # kept\n")}[webhooks.target]\nmode = "message"\nconnector_id = "discord:default"\nconversation_id = "discord:channel:1"\n\n# the second\n${entry("b")}\n# the third\n${entry("c")}[webhooks.target]\nmode = "agent"\nconnector_id = "discord:default"\nconversation_id = "discord:channel:3"\n`;
  const comments = (of: string): string[] => [...of.matchAll(/#.*/g)].map(([comment]) => comment).sort();

  it("changes only the fields it names, and keeps comments, unknown fields and tables", () => {
    const after = edited(text, (document) =>
      changeEntry(document, "b", { display_name: "B", enabled: false }, "change", now),
    );
    assert.deepEqual(comments(after), comments(text));
    const { integrations } = read(after);
    assert.deepEqual([...integrations.keys()], ["a", "b", "c"]);
    const b = integrations.get("b");
    assert.deepEqual(
      [b?.display_name, b?.enabled, b?.provider, b?.updated_at_unix_ms],
      ["B", false, "github", now],
    );
    assert.deepEqual(integrations.get("a")?.target, read(text).integrations.get("a")?.target);
    assert.match(after, /future_setting = true/);
  });

  it("adds and removes entries without losing a table of the others", () => {
    for (const id of ["a", "b", "c"]) {
      const after = edited(text, (document) => removeEntry(document, id));
      const left = ["a", "b", "c"].filter((one) => one !== id);
      const { integrations, quarantined } = read(after);
      assert.deepEqual([[...integrations.keys()], quarantined], [left, []]);
      for (const one of left) assert.deepEqual(integrations.get(one), read(text).integrations.get(one));
      const added = edited(after, (document) =>
        changeEntry(document, id, { provider: "stripe", secret_vault_ref: "global/new" }, "put", now),
      );
      assert.equal(read(added).integrations.get(id)?.created_at_unix_ms, now);
      assert.equal(read(added).integrations.size, 3);
    }
  });

  it("takes a field away with null, and begins in an empty file", () => {
    const after = edited(text, (document) => changeEntry(document, "c", { target: null }, "change", now));
    assert.equal(read(after).integrations.get("c")?.target, undefined);
    const first = edited("", (document) =>
      changeEntry(document, "new", { provider: "x", secret_vault_ref: "a/b" }, "put", now),
    );
    assert.match(first, /version = 1/);
    assert.deepEqual([...read(first).integrations.keys()], ["new"]);
  });

  it("that would make an entry invalid is refused with the fields, and an unknown id is told", () => {
    const document = parse(text);
    assert.throws(() => changeEntry(document, "a", { signature_required: false }, "change", now), {
      name: "InvalidFields",
      message: /signature_required/,
    });
    assert.throws(() => changeEntry(parse(text), "none", { enabled: true }, "change", now), {
      code: "not_found",
    });
    assert.throws(() => removeEntry(parse(text), "none"), { code: "not_found" });
  });
});
