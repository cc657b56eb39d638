/** Shortest live value that is searched for, in characters: shorter ones would also match harmless text. */
const minimumLength = 8;

/**
 * How often JSON or a percent encoding is put into another text, at most. Each level of JSON doubles the
 * backslashes, each level of percent encoding adds `25`.
 */
const jsonLevels = 4;
const percentLevels = 4;
const mostBackslashes = 2 ** jsonLevels;

const backslash = `(?:\\\\|%(?:25){0,${percentLevels - 1}}5[Cc])`;
const escapes = `${backslash}{1,${mostBackslashes}}`;
const maybeEscaped = `${backslash}{0,${mostBackslashes - 1}}`;

/** Control characters that JSON writes with a letter. */
const escapeLetters: Readonly<Record<string, string>> = {
  "\n": "n",
  "\r": "r",
  "\t": "t",
  "\b": "b",
  "\f": "f",
};

/** A search for one live value in the ways in which logs spell it. */
export type SecretSearch = (text: string, marker: string) => string;

/**
 * The searches for one live value: as it is, in JSON that stands in JSON (four levels), percent-encoded (four
 * levels), in hexadecimal digits, and inside a text that was put into base64 as a whole, such as
 * `user:password`. Each line of a value with several is searched for by itself, because logs are cut into
 * lines. None for a value under 8 characters.
 */
export function secretSearches(secret: string): readonly SecretSearch[] {
  const lines = secret.split(/\r?\n/).filter((line) => !line.startsWith("-----"));
  return [...new Set([secret, secret.trim(), ...lines.map((line) => line.trim())])]
    .filter((text) => text.length >= minimumLength)
    .flatMap((text) => {
      const hexadecimal = Buffer.from(text).toString("hex");
      return [text, ...insideBase64(text), hexadecimal, hexadecimal.toUpperCase()].map(searchFor);
    });
}

function searchFor(text: string): SecretSearch {
  // Finding a plain text is many times faster than matching an expression.
  if (/^[A-Za-z0-9._~-]*$/.test(text)) return (where, marker) => where.replaceAll(text, marker);
  const anySpelling = new RegExp(expressionFor(text), "g");
  return (where, marker) => where.replace(anySpelling, marker);
}

/** Matches every spelling of a text. Runs of backslashes are one piece, so that there is one way to match them. */
function expressionFor(text: string): string {
  return (text.match(/\\+|[^\\]/gu) ?? []).map(expressionForPiece).join("");
}

function expressionForPiece(piece: string): string {
  if (piece.startsWith("\\")) return `${backslash}{${piece.length},${piece.length * mostBackslashes}}`;
  if (/[A-Za-z0-9_-]/.test(piece)) return piece;
  const literal = piece.replace(/[.*+?^${}()|[\]/]/, "\\$&");
  const ways = [/["'/]/.test(piece) ? `${maybeEscaped}${literal}` : literal];
  const letter = escapeLetters[piece];
  if (letter !== undefined) ways.push(`${escapes}${letter}`);
  if (piece === "\n") ways.push("\\r\\n");
  if (piece === " ") ways.push("\\+");
  ways.push([...unitsOf(piece)].map((unit) => `${escapes}u${anyCase(unit)}`).join(""));
  const bytes = [...Buffer.from(piece)].map((byte) => byte.toString(16).padStart(2, "0"));
  const percent = bytes.map((byte) => `%(?:25){0,${percentLevels - 1}}${anyCase(byte)}`).join("");
  ways.push(/["'/]/.test(piece) ? `${maybeEscaped}${percent}` : percent);
  return `(?:${ways.join("|")})`;
}

function* unitsOf(piece: string): Generator<string> {
  for (let index = 0; index < piece.length; index += 1) {
    yield piece.charCodeAt(index).toString(16).padStart(4, "0");
  }
}

function anyCase(digits: string): string {
  return digits.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}

/**
 * What base64 makes of a text that has this one in it, whatever stands around it: three forms, by the place
 * within the groups of three bytes, each without the characters that its neighbours have a part in.
 */
function insideBase64(text: string): readonly string[] {
  const forms: string[] = [];
  for (const before of [0, 1, 2]) {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]);
    const shared = before === 0 ? 0 : before + 1;
    for (const alphabet of ["base64", "base64url"] as const) {
      const encoded = bytes.toString(alphabet).replace(/=+$/, "");
      forms.push(encoded.slice(shared, bytes.length % 3 === 0 ? undefined : -1));
    }
  }
  return [...new Set(forms)];
}
