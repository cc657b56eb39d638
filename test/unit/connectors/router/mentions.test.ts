import assert from "node:assert/strict";
import fc from "fast-check";
import { compileMentions, type MentionMatch } from "../../../../src/connectors/router/mention-patterns.ts";
import { loadRegexEngine } from "../../../../src/connectors/router/regex-engine.ts";
import type { MentionPattern } from "../../../../src/contracts/router-config.ts";

await loadRegexEngine();

const match = (text: string, ...patterns: MentionPattern[]): MentionMatch | null =>
  compileMentions({ patterns, roles: [] }).match(text);
const matches = (text: string, ...patterns: MentionPattern[]): boolean => match(text, ...patterns) !== null;

describe("A literal mention", () => {
  it("is found at both ends, before punctuation, in brackets and in any case", () => {
    for (const text of [
      "@palyra",
      "hi @Palyra give me a summary",
      "@palyra, hello",
      "(@palyra)",
      "thank you @palyra.",
      "thank you @palyra. Bye",
      "really, @palyra...",
      "@palyra: hello",
      "@palyra's answer",
      "@palyra - hello",
      "so @palyra?!",
    ]) {
      assert.ok(matches(text, "@palyra"), text);
    }
  });

  it("is not found inside longer words, e-mail addresses, host names and paths", () => {
    for (const text of [
      "team@palyra.io",
      "alpha@palyra",
      "@palyra_admin",
      "@palyra-prod",
      "@palyra.ops",
      "@palyrax",
      "@palyrań",
      "see https://example.com/@palyra/post",
      "npm i @palyra/core",
      "",
    ]) {
      assert.ok(!matches(text, "@palyra"), text);
    }
    for (const text of ["www.palyra.io", "x@palyra.io", "supalyra", "https://palyra"]) {
      assert.ok(!matches(text, "palyra"), text);
    }
  });

  it("is found next to scripts that put no space between words", () => {
    for (const text of ["@palyra你好", "你好@palyra", "@palyraこんにちは", "@palyra야"]) {
      assert.ok(matches(text, "@palyra"), text);
    }
  });

  it("is found where a longer word comes first", () => {
    assert.ok(matches("@palyra_admin or @palyra", "@palyra"));
  });
});

describe("An entity", () => {
  it("matches in both spellings, also glued to a word", () => {
    for (const pattern of ["<@42>", "<@!42>"]) {
      assert.equal(match("hey<@42>help", pattern)?.kind, "entity");
      assert.equal(match("hey<@!42>help", pattern)?.kind, "entity");
      assert.equal(match("hey <@421>", pattern), null);
    }
  });

  it("of a role counts only when the role is listed", () => {
    const withRole = compileMentions({ patterns: [], roles: ["77"] });
    assert.equal(withRole.match("please <@&77>")?.kind, "entity");
    assert.equal(withRole.match("please <@&78>"), null);
    assert.equal(withRole.match("please <@77>"), null);
  });
});

describe("Mass mentions", () => {
  it("never match by accident", () => {
    for (const text of ["@everyone", "@here", "@EVERYONE"]) {
      assert.ok(!matches(text, "*"), text);
      assert.ok(!matches(text, { regex: "@\\w+" }), text);
      assert.ok(!matches(text, "everyone", "here"), text);
    }
  });

  it("match when a pattern says exactly that", () => {
    assert.ok(matches("@everyone look", "@everyone"));
    assert.equal(match("@here look", "@everyone", "*")?.kind, "any");
    assert.ok(!matches("@here", "@everyone", "*"));
  });

  it("are told from longer names that begin like one", () => {
    for (const name of ["@hereford", "@everyone-else", "@here_bot"]) {
      assert.equal(match(`Hello ${name.toUpperCase()}, help`, name)?.kind, "literal", name);
    }
    for (const text of ["@here", "@everyone", "@here else", "@hereford2"]) {
      assert.ok(!matches(text, "@hereford", "@everyone-else"), text);
    }
  });
});

describe("Patterns", () => {
  it("that are missing never match, and a star matches any text that is not blank", () => {
    assert.ok(!matches("hello"));
    assert.equal(match("hello", "*")?.kind, "any");
    assert.ok(!matches("   ", "*"));
  });

  it("that are regular expressions ignore case and are named in the match", () => {
    assert.deepEqual(match("Hey  BOT please", "@x", { regex: "hey\\s+bot\\b" }), {
      kind: "regex",
      pattern: "hey\\s+bot\\b",
    });
    assert.ok(!matches("hey robot", { regex: "hey\\s+bot\\b" }));
  });

  it("match whichever way an accent is written, in literals and in regular expressions", () => {
    for (const [pattern, text] of [
      ["caf\u00e9", "Cafe\u0301 please"],
      ["cafe\u0301", "Caf\u00e9 please"],
    ] as const) {
      assert.ok(matches(text, pattern));
      assert.ok(matches(text, { regex: `^${pattern} .*e$` }));
    }
  });

  it("that cannot be used are refused with the reason", () => {
    const refused = (regex: string, message: RegExp): void => {
      assert.throws(() => matches("", { regex }), { code: "config_invalid", message });
    };
    refused("(", /not understood/);
    refused("(?=a)b", /not understood/);
    refused("(a)\\1", /not understood/);
    refused("a{1000}{1000}", /not understood/);
    refused("(\\w{1,200}x){3}", /too large/);
    refused("a*", /matches every message/);
    refused("x".repeat(257), /longer than 256 bytes/);
    const many = Array.from({ length: 20 }, (_, index) => ({ regex: `a{400}${index}` }));
    assert.throws(() => matches("", ...many), { message: /too large together/ });
  });

  it("that are regular expressions match as each of them does alone", () => {
    const letters = fc.constantFrom("a", "b", " ", "@", "é", "😀");
    const text = fc.array(letters).map((parts) => parts.join(""));
    const expressions = ["a+b", "\\bab\\b", "^a", "b$", "é|😀", "(ab|ba){2}"];
    const each = expressions.map((regex) => compileMentions({ patterns: [{ regex }], roles: [] }));
    const all = compileMentions({ patterns: expressions.map((regex) => ({ regex })), roles: [] });
    fc.assert(
      fc.property(text, (input) => {
        const alone = each.some((matcher) => matcher.match(input) !== null);
        assert.equal(all.match(input) !== null, alone);
      }),
    );
  });

  it("take time in proportion to the text, whatever the regular expression", () => {
    const { expression } = fc.letrec<{ expression: string; part: string; atom: string }>((tie) => ({
      atom: fc.oneof(
        { maxDepth: 3, withCrossShrink: true },
        fc.constantFrom("a", "b", ".", "[ab]", "\\w", "a?"),
        tie("expression").map((inner) => `(${inner})`),
      ),
      part: fc
        .tuple(tie("atom"), fc.constantFrom("", "", "+", "*", "?", "{2,5}", "+?", "*?"))
        .map(([atom, times]) => (/[?*+}]$/.test(atom) && times !== "" ? `(${atom})${times}` : atom + times)),
      expression: fc
        .array(fc.array(tie("part"), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 })
        .map((ways) => ways.map((parts) => parts.join("")).join("|")),
    }));
    const cpuMicros = (run: () => void): number => {
      const began = process.cpuUsage();
      run();
      const { user, system } = process.cpuUsage(began);
      return user + system;
    };
    let tried = 0;
    fc.assert(
      fc.property(expression, (regex) => {
        // What must follow never comes, so that every way through the expression is tried.
        const pattern = { regex: `(${regex})!!$` };
        let matcher: ReturnType<typeof compileMentions>;
        try {
          matcher = compileMentions({ patterns: [pattern], roles: [] });
        } catch (thrown) {
          assert.equal((thrown as { code?: string }).code, "config_invalid");
          return;
        }
        tried += 1;
        const timeFor = (length: number): number =>
          cpuMicros(() => matcher.match(`${"ab".repeat(length / 2)}!`));
        timeFor(1_000);
        const isLinear = (): boolean => timeFor(16_000) <= 30 * Math.max(1_000, timeFor(2_000));
        assert.ok(
          isLinear() || isLinear() || isLinear(),
          "8 times the text took more than 30 times the work",
        );
      }),
      { numRuns: 40 },
    );
    assert.ok(tried >= 20, `only ${tried} expressions could be used`);
  }).timeout(30_000);

  it("take time in proportion to the text, also those that ruin a backtracking engine", () => {
    const evil = ["(a+)+$", "(a|aa)+$", "(a|a?)+b", "(.*a){12}c", "([a-z]+)*\\d", "(x+x+)+y"];
    const matcher = compileMentions({ patterns: [...evil.map((regex) => ({ regex })), "aaaa@"], roles: [] });
    const timeFor = (length: number): number => {
      const text = `${"a".repeat(length)}!`;
      const began = process.cpuUsage();
      for (let round = 0; round < 8; round += 1) matcher.match(text);
      const { user, system } = process.cpuUsage(began);
      return user + system;
    };
    timeFor(2_000);
    // Eight times the text: quadratic work would be 64 times as much.
    const ratio = Math.min(...[1, 2, 3].map(() => timeFor(32_000) / Math.max(1, timeFor(4_000))));
    assert.ok(ratio < 30, `8 times the text took ${ratio.toFixed(1)} times the work`);
  });
});
