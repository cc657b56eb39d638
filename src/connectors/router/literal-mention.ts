/** Letters of scripts that put no space between words: a name directly before or after them is a whole word. */
const unspaced =
  "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}";
const wordCharacter = new RegExp(`^(?![${unspaced}])[\\p{L}\\p{N}\\p{M}_]$`, "u");
/** Between two word characters these make one word of both: e-mail addresses, host names, paths, hyphens. */
const joiners: ReadonlySet<string> = new Set([".", "-", "@", "+", "/"]);

/**
 * Whether a text contains a literal as a word of its own: not inside a longer word, an e-mail address, a host name
 * or a path. Punctuation next to it is a boundary, also a full stop at the end of a sentence.
 * @param text lower-case
 * @param literal lower-case, not empty
 */
export function mentionsLiteral(text: string, literal: string): boolean {
  for (let at = text.indexOf(literal); at !== -1; at = text.indexOf(literal, at + 1)) {
    if (endsBefore(text, at) && beginsAfter(text, at + literal.length)) return true;
  }
  return false;
}

/** Whether no word reaches up to `at` from the left. */
function endsBefore(text: string, at: number): boolean {
  const before = characterBefore(text, at);
  if (before === "") return true;
  if (wordCharacter.test(before)) return false;
  if (!joiners.has(before)) return true;
  const beyond = characterBefore(text, at - 1);
  const isUrl = before === "/" && beyond === "/";
  return !isUrl && !wordCharacter.test(beyond);
}

/** Whether no word goes on at `at`. */
function beginsAfter(text: string, at: number): boolean {
  const after = characterAt(text, at);
  if (after === "") return true;
  if (wordCharacter.test(after)) return false;
  return !joiners.has(after) || !wordCharacter.test(characterAt(text, at + 1));
}

function characterAt(text: string, at: number): string {
  const code = text.codePointAt(at);
  return code === undefined ? "" : String.fromCodePoint(code);
}

function characterBefore(text: string, at: number): string {
  if (at <= 0) return "";
  const unit = text.charCodeAt(at - 1);
  const isLowSurrogate = unit >= 0xdc00 && unit <= 0xdfff;
  return characterAt(text, isLowSurrogate && at >= 2 ? at - 2 : at - 1);
}
