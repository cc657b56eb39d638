import assert from "node:assert/strict";
import fc from "fast-check";
import { parse, stringify, type TomlTable } from "smol-toml";
import { editToml } from "../../../src/gateway/config-edit/edit-toml.ts";
import { outlineOf } from "../../../src/gateway/config-edit/toml-outline.ts";

const file = `# My gateway
version = 1

# the home server
[channels.discord.default] # mine
enabled = true # on
# people
allow_from = [
  "1", # ada
  "2", # bob
]

# work
[channels.discord.work]
# nothing yet
enabled = false

# rules
[[router.channels]] # first
channel = "discord:*" # all
[[router.channels]]
# second
channel = "echo:*"
`;

interface Document {
  channels: { discord: Record<string, Record<string, unknown>> };
  router: { channels: Record<string, unknown>[]; [key: string]: unknown };
}

function edited(text: string, change: (document: Document) => void): string {
  const wanted = parse(text) as unknown as Document;
  change(wanted);
  const after = editToml(text, wanted as unknown as TomlTable);
  assert.deepEqual(meaning(parse(after)), meaning(wanted));
  assertAllCommentsIn(after, text);
  return after;
}

function meaning(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function assertAllCommentsIn(after: string, before: string): void {
  const left = [...outlineOf(after).comments];
  for (const comment of outlineOf(before).comments) {
    const at = left.indexOf(comment);
    assert.notEqual(at, -1, `${comment} got lost in\n${after}`);
    left.splice(at, 1);
  }
}

describe("An edit of palyra.toml", () => {
  it("puts a new setting after the others of its section, before the comment of the next one", () => {
    const after = edited(file, ({ channels }) => {
      Object.assign(channels.discord.default ?? {}, { require_mention: false });
    });
    assert.equal(after, file.replace("]\n\n# work", "]\nrequire_mention = false\n\n# work"));
  });

  it("changes a value and keeps the comment beside it", () => {
    const after = edited(file, ({ channels }) => {
      Object.assign(channels.discord.default ?? {}, { enabled: false });
    });
    assert.equal(after, file.replace("enabled = true # on", "enabled = false # on"));
  });

  it("changes a rule and leaves the other rules alone", () => {
    const after = edited(file, ({ router }) => {
      Object.assign(router.channels[1] ?? {}, { enabled: false });
    });
    assert.equal(after, `${file}enabled = false\n`);
  });

  it("never hangs the comment of a removed entry on another one", () => {
    const after = edited(file, ({ channels }) => {
      Object.assign(channels.discord.default ?? {}, { allow_from: ["2", "3"] });
    });
    assert.match(after, /"2", # bob/);
    assert.doesNotMatch(after, /"3",? # ada/);
    assert.match(after, /# Comments of settings that were removed:\n# ada\n$/);
  });

  it("adds accounts, rules and tables that are not there yet", () => {
    edited(file, ({ channels, router }) => {
      channels.discord.new = { enabled: true, mention_patterns: ["@x", { regex: "a\\sb" }] };
      router.channels.push({ channel: "discord:new", conversations: ["guild:1"] });
      router.inbound_coalescing = { enabled: true, debounce_ms: 800 };
      router.enabled = false;
    });
    assert.equal(editToml("", parse("[router]\nenabled = false\n")), "[router]\nenabled = false\n");
  });

  it("removes accounts and rules and keeps what was written about them", () => {
    const after = edited(file, ({ channels, router }) => {
      delete channels.discord.work;
      router.channels.shift();
    });
    assert.match(after, /# nothing yet/);
  });

  it("changes nothing when nothing is to be changed", () => {
    assert.equal(
      edited(file, () => undefined),
      file,
    );
  });

  it("keeps the line ends of the file", () => {
    const after = edited(file.replaceAll("\n", "\r\n"), ({ channels }) => {
      Object.assign(channels.discord.work ?? {}, { enabled: true, require_mention: false });
    });
    assert.doesNotMatch(after, /[^\r]\n/);
  });

  it("takes no # in a text for a comment", () => {
    const tricky = `a = "x # no" # yes\nb = '''\n# no\n'''' # and this\nc = """\\"" # no""" # last\n[t."# no"] # head\nd = [ "#", # in\n]\n`;
    assert.deepEqual(outlineOf(tricky).comments, ["# yes", "# and this", "# last", "# head", "# in"]);
    edited(tricky, (document) => Object.assign(document, { a: "y # no" }));
  });

  it("that could lose settings is refused instead", () => {
    const nested = `[[router.channels]]\nchannel = "a"\n[[router.channels]]\nchannel = "b"\n[router.channels.deep]\nx = 1\n[router.channels.deep.er]\ny = 2\n`;
    for (const index of [0, 1]) {
      try {
        edited(nested, ({ router }) => router.channels.splice(index, 1));
      } catch (thrown) {
        assert.equal((thrown as { code?: unknown }).code, "conflict");
      }
    }
  });
});

const setting = fc.constantFrom(
  "enabled",
  "require_mention",
  "allow_from",
  "deny_from",
  "response_prefix",
  "mention_patterns",
  "concurrency_limit",
);
const id = fc.integer({ min: 1, max: 6 }).map(String);
const text = fc.constantFrom("", "Bot: ", 'say "hi" # no comment', "tab\tline\nend", "č\\ň", "'''", '"""');
const settingValue = (key: string): fc.Arbitrary<unknown> => {
  if (key === "allow_from" || key === "deny_from") return fc.uniqueArray(id, { maxLength: 4 });
  if (key === "response_prefix") return text;
  if (key === "concurrency_limit") return fc.integer({ min: 1, max: 32 });
  if (key === "mention_patterns") {
    return fc.uniqueArray(fc.constantFrom("@a", "@b", { regex: "a+" }, { regex: "b#" }), { maxLength: 3 });
  }
  return fc.boolean();
};
const pairs = fc
  .uniqueArray(setting, { maxLength: 5 })
  .chain((keys) => fc.tuple(...keys.map((key) => settingValue(key).map((value) => [key, value] as const))))
  .map((entries) => Object.fromEntries(entries) as Record<string, unknown>);
const rule = fc
  .tuple(fc.constantFrom("discord:*", "echo:a", "discord:work"), pairs)
  .map(([channel, rest]) => ({ channel, ...rest }));
const configuration = fc
  .record({
    accounts: fc.dictionary(fc.constantFrom("default", "work", "a.b", "home"), pairs, { maxKeys: 3 }),
    rules: fc.array(rule, { maxLength: 3 }),
    router: fc.record(
      { enabled: fc.boolean(), max_message_bytes: fc.integer({ min: 1, max: 9 }) },
      { requiredKeys: [] },
    ),
  })
  .map(({ accounts, rules, router }) => ({
    ...(Object.keys(accounts).length === 0 ? {} : { channels: { discord: accounts } }),
    ...(Object.keys(router).length + rules.length === 0
      ? {}
      : { router: { ...router, ...(rules.length === 0 ? {} : { channels: rules }) } }),
  }));

/** Writes a configuration as people do, with a comment wherever there can be one. */
function commented(document: object, marks: readonly boolean[]): string {
  let count = 0;
  const mark = (): string => {
    count += 1;
    return marks[count % marks.length] === true ? ` # note ${count}` : "";
  };
  const lines = stringify(document).split("\n");
  let isInText = false;
  return lines
    .map((line) => {
      const quotes = line.split('"""').length - 1;
      const begins = isInText;
      if (quotes % 2 === 1) isInText = !isInText;
      if (begins || isInText) return line;
      if (line.trim() === "") return mark().trim();
      const opened = /^(\w+ = \[)(.+)(\])$/.exec(line);
      if (opened !== null && !line.includes("{") && !line.includes("''") && !line.startsWith("[")) {
        const entries = (opened[2] ?? "").trim().split(", ");
        if (entries.every((entry) => /^"[^"]*"$/.test(entry))) {
          return [opened[1], ...entries.map((entry) => `  ${entry},${mark()}`), `]${mark()}`].join("\n");
        }
      }
      return `${line}${mark()}`;
    })
    .join("\n");
}

describe("Any edit of any configuration", () => {
  it("gives the wanted configuration, with all comments", () => {
    fc.assert(
      fc.property(
        configuration,
        configuration,
        fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }),
        (from, to, marks) => {
          const before = commented(from, marks);
          assert.deepEqual(meaning(parse(before)), meaning(from), "the text of the test is right");
          const after = editToml(before, meaning(to) as TomlTable);
          assert.deepEqual(meaning(parse(after)), meaning(to));
          assertAllCommentsIn(after, before);
        },
      ),
      { numRuns: 200 },
    );
  });
});
