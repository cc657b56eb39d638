const sensitiveWords = new Set([
  "apikey",
  "authorization",
  "bearer",
  "cookie",
  "credential",
  "credentials",
  "jwt",
  "passphrase",
  "passwd",
  "password",
  "secret",
  "sig",
  "signature",
  "token",
]);
const sensitivePairs = new Set([
  "api key",
  "private key",
  "access key",
  "signing key",
  "encryption key",
  "vault ref",
]);

/** Words of a key in any spelling: `xApiKey`, `X-API-KEY` and `x_api_key` are all `x api key`. */
function wordsOf(key: string): string[] {
  return key
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word.length > 0);
}

/** Whether the value under a key is a secret, by the words of the key. `design` and `tokens` are harmless. */
export function isSensitiveKey(key: string): boolean {
  const words = wordsOf(key);
  // The id of a session is a name for it; what is called a session itself is the value of a cookie.
  if (words.at(-1) === "session") return true;
  return words.some(
    (word, index) => sensitiveWords.has(word) || sensitivePairs.has(`${word} ${words[index + 1] ?? ""}`),
  );
}

/** `%` of `%3A` and the like, also when the text was percent-encoded several times. */
const percent = "%(?:25){0,7}";
const blank = `(?:\\s|${percent}20|\\+)`;
const separators = new RegExp(`(?:=>|:=|[:=]|${percent}3[AD])${blank}{0,4}`, "gi");
const openingQuote = new RegExp(`\\\\{0,64}["'\`]|${percent}2[27]`, "iy");
const harmlessValue = /^(?:true|false|null|undefined|none|missing|<redacted>)$/i;
const scheme = new RegExp(`(?:bearer|basic|bot|token)${blank}{1,8}`, "iy");
/** Any other scheme of an Authorization header, before a word that is none of a sentence. */
const otherScheme = new RegExp(
  `[A-Za-z][A-Za-z0-9-]{1,31}${blank}{1,8}(?=[^\\s"'\\\\]{8})(?=[^\\s"'\\\\][a-z]{0,512}[A-Z0-9+/=_~])`,
  "y",
);
/** A word in quotes behind a scheme. */
const quotedWord = /\\{0,64}["'`][^\s"'`\\]{8,4096}\\{0,64}["'`]/y;
const endOfWord = /[\s,;&"'`)\]}<]/g;
const endOfPercentWord = new RegExp(`[\\s,;&"'\`)\\]}<]|${percent}(?:20|22|23|26|27|2C|3B|5D|7D)`, "gi");
/** Schemes whose credentials are a list of parameters: all of them. */
const listedCredentials =
  /(?:digest|hawk|oauth|signature|aws4-[a-z0-9-]{1,32})\s{1,8}(?:[\w-]{1,64}=(?:(\\{0,15})"[^"\\\r\n]*\1"|[^\s,"'\\]+)(?:,\s{0,4})?){1,32}/iy;
/** Signatures of webhooks: `v1,X v1,Y` (Standard Webhooks) and `t=1,v1=X` (Stripe). */
const listedSignatures =
  /(?:t|v\d{1,2}[a-z]?)[=,][\w+/=-]{1,512}(?:[,\s]\s?(?:t|v\d{1,2}[a-z]?)[=,][\w+/=-]{1,512}){0,32}/y;
/** The further pairs of a Cookie header. */
const morePairs = /(?:;\s{0,4}[^\s;=,"'\\]{1,256}=[^\s;,"'\\]*){1,256}/y;
const longestKey = 64;
/** Colours of a terminal, which libraries put around a key or a value. */
const styles = "(?:(?:\u001b|\\\\{1,16}(?:u001b|x1b))\\[[0-9;]{0,16}m){0,4}";
const styleAt = new RegExp(styles, "iy");
/** What may stand between a key and its separator; the quote is the one that closes the key. */
const keyTail = new RegExp(`(\\\\{0,64}["']|%(?:25){0,7}2[27])?${styles}\\s{0,4}$`, "i");
/** An option of a command line and the word after it, also in a list of arguments. */
const option =
  /--([A-Za-z][\w-]{0,63})(\s{1,4}|(?:\\{0,64}["'`]),\s{0,4}\\{0,64}["'`])([^\s"'`\\-][^\s"'`\\]*)/g;
const proseWord = /^[A-Z]?[a-z]+[.,:;)]*$/;

interface Span {
  readonly start: number;
  readonly end: number;
}

function matchAt(expression: RegExp, text: string, from: number): string | undefined {
  expression.lastIndex = from;
  return expression.exec(text)?.[0];
}

function indexFrom(expression: RegExp, text: string, from: number): number {
  expression.lastIndex = from;
  return expression.exec(text)?.index ?? text.length;
}

/** Where the backslashes before `at` begin, not before `from`. */
function backslashesBefore(text: string, at: number, from: number): number {
  let first = at;
  while (first > from && text[first - 1] === "\\") first -= 1;
  return first;
}

/** End of the quoted text that starts at `from`: the next quote that is escaped as often as the opening one. */
function closingQuote(text: string, from: number, opening: string): number {
  if (opening.startsWith("%")) return indexFrom(new RegExp(opening, "gi"), text, from);
  const quote = opening.slice(-1);
  const depth = opening.length - 1;
  for (let at = text.indexOf(quote, from); at !== -1; at = text.indexOf(quote, at + 1)) {
    // An escaped quote of the value has more backslashes; pairs of them are backslashes of the value.
    if ((at - backslashesBefore(text, at, from)) % (2 * (depth + 1)) === depth) return at - depth;
  }
  return text.length;
}

/** End of the list or object that opens at `from`, its quoted texts passed over. */
function closingBracket(text: string, from: number): number {
  const marks = /[[{\]}]|\\{0,64}["'`]/g;
  marks.lastIndex = from;
  let depth = 0;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    if (mark[0] === "[" || mark[0] === "{") depth += 1;
    else if (mark[0] === "]" || mark[0] === "}") depth -= 1;
    else marks.lastIndex = closingQuote(text, marks.lastIndex, mark[0]) + mark[0].length;
    if (depth === 0) return marks.lastIndex;
  }
  return text.length;
}

/** The scheme of a credential at `from`, with the blanks behind it; empty when there is none. */
function schemeAt(text: string, from: number, key: string): string {
  const other = /authorization$/i.test(key) ? matchAt(otherScheme, text, from) : undefined;
  return matchAt(scheme, text, from) ?? other ?? "";
}

/** End of the bare word at `from`, with the scheme before a credential. */
function wordEnd(text: string, from: number, key: string, separator: string): number {
  const start = from + schemeAt(text, from, key).length;
  const quoted = start > from ? matchAt(quotedWord, text, start) : undefined;
  if (quoted !== undefined) return start + quoted.length;
  const end = indexFrom(separator.includes("%") ? endOfPercentWord : endOfWord, text, start);
  if (end === start) return from;
  // Backslashes before a quote belong to the text around, whose end it is.
  return text[end] === '"' || text[end] === "'" ? backslashesBefore(text, end, start) : end;
}

/** A value that is a list without quotes around it. */
function listAt(text: string, from: number, key: string): string | undefined {
  if (/authorization$/i.test(key)) return matchAt(listedCredentials, text, from);
  return /signature$/i.test(key) ? matchAt(listedSignatures, text, from) : undefined;
}

/** Where the value that begins at `from` stands. */
function valueSpan(text: string, from: number, key: string, separator: string): Span {
  const quote = matchAt(openingQuote, text, from);
  if (quote !== undefined) {
    const start = from + quote.length;
    // TOML and Python write texts of several lines between three quotes.
    const fence = quote.repeat(3);
    if (text.startsWith(fence, from)) {
      const end = text.indexOf(fence, from + fence.length);
      return { start: from + fence.length, end: end === -1 ? text.length : end };
    }
    return { start, end: closingQuote(text, start, quote) };
  }
  if (text[from] === "{" || text[from] === "[") return { start: from, end: closingBracket(text, from) };
  const listed = listAt(text, from, key);
  if (listed !== undefined) return { start: from, end: from + listed.length };
  const end = wordEnd(text, from, key, separator);
  const more = /cookie$/i.test(key) ? (matchAt(morePairs, text, end)?.length ?? 0) : 0;
  return { start: from, end: end + more };
}

/** The key that ends before a separator at `end`, not before `from`, and the quote around it. */
function keyBefore(text: string, end: number, from: number): { at: number; key: string; quote: string } {
  const before = text.slice(Math.max(from, end - longestKey - 80), end);
  const [tail = "", quote = ""] = keyTail.exec(before) ?? [];
  const [key = ""] =
    /[A-Za-z0-9_.-]*$/.exec(before.slice(0, before.length - tail.length).slice(-longestKey)) ?? [];
  const name = key.replace(/^[^A-Za-z]+/, "");
  return { at: end - tail.length - name.length, key: name, quote };
}

/**
 * The key as it may have been meant: in `\ntoken`, `%3Ftoken` and `[31mtoken` the first characters belong to an
 * escape of the text around it, and nobody can tell them from `ntoken`, `Ftoken` and `mtoken`.
 */
function isSensitiveAt(text: string, at: number, key: string): boolean {
  if (isSensitiveKey(key)) return true;
  if (text[at - 1] === "\\") {
    const escaped = /^(?:u[0-9a-f]{4}|[nrtbf])/i.exec(key)?.[0];
    return escaped !== undefined && isSensitiveKey(key.slice(escaped.length));
  }
  if (key.startsWith("m") && /\[[0-9;]{0,16}$/.test(text.slice(Math.max(0, at - 20), at))) {
    return isSensitiveKey(key.slice(1));
  }
  const digits = /%(?:25){0,7}([0-9a-f]?)$/i.exec(text.slice(Math.max(0, at - 20), at))?.[1];
  return digits !== undefined && isSensitiveKey(key.slice(2 - digits.length));
}

/**
 * The text without the values of sensitive keys: `key=value`, `key: value`, JSON with quotes of any depth,
 * queries that are percent-encoded, lists and objects.
 */
export function redactKeyedValues(text: string, marker: string): string {
  let output = "";
  let copied = 0;
  separators.lastIndex = 0;
  for (let match = separators.exec(text); match !== null; match = separators.exec(text)) {
    const [separator] = match;
    const { at, key, quote } = keyBefore(text, match.index, copied);
    if (key === "" || !isSensitiveAt(text, at, key)) continue;
    const begin = match.index + separator.length;
    const from = begin + (matchAt(styleAt, text, begin)?.length ?? 0);
    const { start, end } = valueSpan(text, from, key, separator);
    if (end <= start || harmlessValue.test(text.slice(start, Math.min(end, start + 16)))) continue;
    // What was JSON stays JSON: a number or a list becomes a text.
    const around = start === from && quote.endsWith('"') ? quote : "";
    output += text.slice(copied, start) + around + marker + around;
    copied = end;
    separators.lastIndex = end;
  }
  return withoutOptions(output + text.slice(copied), marker);
}

/** `--token VALUE` as arguments have it. In “--token is unknown” a word of the sentence follows. */
function withoutOptions(text: string, marker: string): string {
  return text.replace(option, (whole, key: string, gap: string, value: string) => {
    // What comes last says what the value is: a `--token-file` is no token.
    const lastWords = key.split("-").slice(key.endsWith("-key") ? -2 : -1);
    if (!isSensitiveKey(lastWords.join("-")) || proseWord.test(value) || value === marker) return whole;
    return `--${key}${gap}${marker}`;
  });
}
