import type { RE2JS, RE2Set } from "re2js";
import { type MentionPattern, routerBounds } from "../../contracts/router-config.ts";
import { PalyraError } from "../../platform/errors.ts";
import { mentionsLiteral } from "./literal-mention.ts";
import { regexEngine } from "./regex-engine.ts";

/** Instructions of one compiled regular expression, and of all of a rule: they bound its work for each character. */
const maxProgramSize = 512;
const maxTotalProgramSize = 4_096;
/** Memory of the automaton of all regular expressions of a rule, in bytes. */
const automatonBytes = 2 * 1024 * 1024;

const massMentions = ["@everyone", "@here"] as const;

/** What a message was recognised by. */
export interface MentionMatch {
  readonly kind: "entity" | "command" | "literal" | "regex" | "any";
  /** The pattern as it is written in the configuration. */
  readonly pattern: string;
}

/** Compiled patterns of one rule. */
export interface MentionMatcher {
  /** First match in the person's own text, or null. Time is linear in the text. */
  match(text: string): MentionMatch | null;
}

export interface MentionSources {
  readonly patterns: readonly MentionPattern[];
  /** Role ids whose mention counts. */
  readonly roles: readonly string[];
}

/**
 * Compiles the patterns of a rule: entities (`<@ID>`, `<@!ID>`, `<@&ID>`) match anywhere, literals as words of
 * their own, regular expressions (RE2 syntax, ignoring case) anywhere, and `*` any text. `@everyone` and `@here` in a
 * message never match anything, unless a literal says exactly that; a longer literal such as `@hereford` is a word of
 * its own. How an accent is written does not matter.
 * Regular expressions need `loadRegexEngine` before.
 * @throws `config_invalid` for a regular expression that is wrong, too large, or matches the empty text
 */
export function compileMentions(sources: MentionSources): MentionMatcher {
  const literals = [
    ...new Set(sources.patterns.filter((pattern) => typeof pattern === "string").map(normalised)),
  ];
  const expressions = sources.patterns
    .filter((pattern) => typeof pattern !== "string")
    .map(({ regex }) => regex);
  const entities = entitiesOf(literals, sources.roles);
  const words = literals.filter((literal) => literal !== "*" && !entityPattern.test(literal));
  const matchesAny = literals.includes("*");
  const mask = maskFor(massMentions.filter((mention) => !literals.includes(mention)));
  const automaton = compileExpressions(expressions);

  return {
    match(text) {
      const composed = text.normalize("NFC");
      const masked = composed.includes("@") ? mask(composed) : composed;
      const lowered = normalised(masked);
      for (const { token, pattern } of entities) {
        if (lowered.includes(token)) return { kind: "entity", pattern };
      }
      for (const word of words) {
        const isLonger = massMentions.some((mention) => word.includes(mention));
        if (mentionsLiteral(isLonger ? normalised(composed) : lowered, word))
          return { kind: "literal", pattern: word };
      }
      const hit = automaton?.match(masked)[0];
      const expression = hit === undefined ? undefined : expressions[hit];
      if (expression !== undefined) return { kind: "regex", pattern: expression };
      return matchesAny && lowered !== "" ? { kind: "any", pattern: "*" } : null;
    },
  };
}

const entityPattern = /^<@([!&]?)([0-9]+)>$/;

/** Both spellings of a person's mention are the same entity. */
function entitiesOf(
  literals: readonly string[],
  roles: readonly string[],
): { token: string; pattern: string }[] {
  const fromPatterns = literals.flatMap((pattern) => {
    const [, mark, id] = entityPattern.exec(pattern) ?? [];
    if (id === undefined) return [];
    const tokens = mark === "&" ? [`<@&${id}>`] : [`<@${id}>`, `<@!${id}>`];
    return tokens.map((token) => ({ token, pattern }));
  });
  return [...fromPatterns, ...roles.map((id) => ({ token: `<@&${id}>`, pattern: `<@&${id}>` }))];
}

function maskFor(mentions: readonly string[]): (text: string) => string {
  if (mentions.length === 0) return (text) => text;
  const pattern = new RegExp(mentions.join("|"), "gi");
  return (text) => text.replace(pattern, " ");
}

function normalised(text: string): string {
  return text.normalize("NFC").toLowerCase().trim();
}

function compileExpressions(expressions: readonly string[]): RE2Set | null {
  if (expressions.length === 0) return null;
  const { RE2JS, RE2Set } = regexEngine();
  const set = new RE2Set(RE2Set.UNANCHORED, RE2JS.CASE_INSENSITIVE, automatonBytes);
  let total = 0;
  for (const expression of expressions) {
    total += checkExpression(expression);
    set.add(expression.normalize("NFC"));
  }
  if (total > maxTotalProgramSize) throw invalid("the regular expressions are too large together");
  set.compile();
  return set;
}

/** Returns the size of the compiled expression. */
function checkExpression(expression: string): number {
  if (Buffer.byteLength(expression) > routerBounds.regexPattern) {
    throw invalid(`the regular expression "${expression}" is longer than ${routerBounds.regexPattern} bytes`);
  }
  const compiled = compileExpression(expression);
  const size = compiled.programSize();
  if (size > maxProgramSize) throw invalid(`the regular expression "${expression}" is too large`);
  if (compiled.test("")) {
    throw invalid(`the regular expression "${expression}" matches every message; write "*" if that is meant`);
  }
  return size;
}

function compileExpression(expression: string): RE2JS {
  const { RE2JS, RE2JSException } = regexEngine();
  try {
    return RE2JS.compile(expression.normalize("NFC"), RE2JS.CASE_INSENSITIVE);
  } catch (thrown) {
    if (!(thrown instanceof RE2JSException)) throw thrown;
    const cause = thrown.message.replace(/^error parsing regexp: /, "");
    throw invalid(`the regular expression "${expression}" is not understood: ${cause}`, thrown);
  }
}

function invalid(message: string, cause?: unknown): PalyraError {
  return new PalyraError("config_invalid", `${message}.`, {
    nextStep: "Correct the pattern. Look-around and back references are not available.",
    ...(cause === undefined ? {} : { cause }),
  });
}
