/** What stands in a text where a secret was. */
export const redactionMarker = "<redacted>";

/** Shortest live value that is searched for: shorter ones would also match harmless text. */
const minimumSecretLength = 8;

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
const sensitivePairs = new Set(["api key", "private key", "access key", "signing key", "encryption key"]);

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
  return words.some(
    (word, index) => sensitiveWords.has(word) || sensitivePairs.has(`${word} ${words[index + 1] ?? ""}`),
  );
}

/** Texts that are secrets by their form alone, whoever wrote them. */
const secretForms: readonly RegExp[] = [
  // Discord bot token: base64 of the user id, a time, an HMAC.
  /\b[A-Za-z0-9_-]{23,28}\.[A-Za-z0-9_-]{6,7}\.[A-Za-z0-9_-]{27,45}\b/g,
  // JSON Web Token.
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*/g,
  /\b(?:sk|pk|rk)[-_](?:[A-Za-z0-9]+[-_])*[A-Za-z0-9_-]{16,}/g,
  /\bgh[pousr]_[A-Za-z0-9]{20,}\b/g,
  /\bxox[abeprs]-[A-Za-z0-9-]{10,}/g,
  /\bwhs(?:ec|k)_[A-Za-z0-9+/=]{16,}/g,
];

const authorizationScheme = /\b(bearer|basic|bot)(\s+)([A-Za-z0-9._~+/=-]{8,})/gi;
const urlUserInfo = /\b([a-z][a-z0-9+.-]{0,15}:\/\/)[^\s/?#@"'<>]{1,512}@/gi;
const keyAndSeparator = /([A-Za-z][A-Za-z0-9_.-]{0,63})(\\*["'])?(\s{0,4}[:=]\s{0,4})/g;
const harmlessValue = /^(?:true|false|null|undefined|none|missing|<redacted>)$/i;

/** End of the value that starts at `from`: a quoted string with any depth of escapes, or one bare word. */
function valueSpan(text: string, from: number): { start: number; end: number } {
  const quote = /^\\*["'`]/.exec(text.slice(from, from + 16))?.[0];
  if (quote !== undefined) {
    const start = from + quote.length;
    let end = text.indexOf(quote, start);
    // A quote with more escapes than the opening one belongs to the value.
    while (end > 0 && text[end - 1] === "\\") end = text.indexOf(quote, end + 1);
    return { start, end: end === -1 ? text.length : end };
  }
  const word = /^(?:(?:bearer|basic|bot|token)\s+)?[^\s,;&"'`)\]}<]+/i.exec(text.slice(from, from + 8_192));
  return { start: from, end: from + (word?.[0].length ?? 0) };
}

function redactKeyedValues(text: string): string {
  let output = "";
  let copied = 0;
  keyAndSeparator.lastIndex = 0;
  for (let match = keyAndSeparator.exec(text); match !== null; match = keyAndSeparator.exec(text)) {
    if (!isSensitiveKey(match[1] ?? "")) continue;
    const { start, end } = valueSpan(text, match.index + match[0].length);
    if (end <= start || harmlessValue.test(text.slice(start, end))) continue;
    output += text.slice(copied, start) + redactionMarker;
    copied = end;
    keyAndSeparator.lastIndex = Math.max(end, keyAndSeparator.lastIndex);
  }
  return output + text.slice(copied);
}

/** Other ways in which one value appears in logs: inside JSON, in a URL, as base64. */
function spellingsOf(secret: string): string[] {
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    Buffer.from(secret).toString("base64"),
    Buffer.from(secret).toString("base64url"),
  ];
}

/**
 * Removes secrets from text before it reaches any sink: log, error, snapshot, file. It knows the exact
 * values of the live secrets it was told of, and the forms and key names under which others appear.
 */
export class Redactor {
  readonly #spellings = new Map<string, readonly string[]>();

  /** Makes a value known as secret. Values under 8 characters are covered by patterns only. */
  add(secret: string): void {
    if (secret.length >= minimumSecretLength) this.#spellings.set(secret, [...new Set(spellingsOf(secret))]);
  }

  /** Forgets a value that is no longer valid. */
  remove(secret: string): void {
    this.#spellings.delete(secret);
  }

  /** The text with `<redacted>` in place of every secret; harmless text is returned unchanged. */
  redact(text: string): string {
    let output = text;
    for (const spellings of this.#spellings.values()) {
      for (const spelling of spellings) {
        if (output.includes(spelling)) output = output.replaceAll(spelling, redactionMarker);
      }
    }
    for (const form of secretForms) output = output.replace(form, redactionMarker);
    output = output.replace(urlUserInfo, "$1");
    output = output.replace(authorizationScheme, (whole, scheme: string, gap: string, value: string) =>
      looksLikeProse(value) ? whole : `${scheme}${gap}${redactionMarker}`,
    );
    return redactKeyedValues(output);
  }
}

/** "bot connected" and "basic settings" are words of a sentence; credentials have digits, capitals or signs. */
function looksLikeProse(word: string): boolean {
  return /^[a-z]+[.,;:]?$/.test(word);
}
