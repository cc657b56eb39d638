/**
 * A place where a word can begin: also behind an escape of JSON or of a URL, whose last character is a letter
 * or a digit.
 */
const begins =
  "(?:(?<![A-Za-z0-9_])|(?<=\\\\[nrtbf])|(?<=\\\\u[0-9A-Fa-f]{4})|(?<=%(?:25){0,3}[0-9A-Fa-f]{2}))";

const keyName = "[A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?";

/** Texts that are secrets by their form alone, as their makers document it. */
const secretForms: readonly RegExp[] = [
  // Discord bot token: base64 of the user id, a time, an HMAC.
  new RegExp(
    `${begins}[A-Za-z0-9_-]{23,28}\\.[A-Za-z0-9_-]{6,7}\\.[A-Za-z0-9_-]{27,45}(?![A-Za-z0-9_-])`,
    "g",
  ),
  // OpenAI, Anthropic, Stripe.
  new RegExp(`${begins}(?:sk|pk|rk)[-_][A-Za-z0-9_-]{16,}`, "g"),
  // GitHub.
  /gh[pousr]_[A-Za-z0-9]{20,}/g,
  /github_pat_[A-Za-z0-9_]{20,}/g,
  // GitLab, npm, Hugging Face.
  new RegExp(`${begins}(?:glpat-|npm_|hf_)[A-Za-z0-9_-]{20,}`, "g"),
  // Slack.
  /xox[abeprs]-[A-Za-z0-9-]{10,}/g,
  // Google.
  new RegExp(`${begins}AIza[A-Za-z0-9_-]{35}`, "g"),
  // Standard Webhooks and Stripe webhooks.
  /whs(?:ec|k)_[A-Za-z0-9+/=_-]{16,}/g,
  // Amazon Web Services.
  new RegExp(`${begins}(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])`, "g"),
  // Private keys in PEM form and of PGP, whole or cut, also with the line ends of JSON.
  new RegExp(
    `-----BEGIN ${keyName}-----(?:(?:[^-]|-(?!----))*-----END ${keyName}-----|[A-Za-z0-9+/=\\s\\\\%]*)`,
    "g",
  ),
];

/**
 * JSON Web Token, or as much of one as there is: what is none is passed over whole, because looking at each of its
 * `eyJ` again would take time with the square of its length.
 */
const webToken = /eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]{4,}(\.[A-Za-z0-9_-]*)?)?/g;

const keyBegins = new RegExp(`-----BEGIN ${keyName}-----`);
const keyEnds = new RegExp(`-----END ${keyName}-----`);
/** Encoded bytes, or a header of a key that is encrypted or made by PGP; without blanks around it. */
const keyLine = /^(?:[A-Za-z0-9+/=]*|(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset):(?: .*)?)$/;

/**
 * Whether a private key goes on after this line of a text, one line of which is known at a time.
 * @param inside whether it went on before
 */
export function isInsidePrivateKey(line: string, inside: boolean): boolean {
  if (keyBegins.test(line)) return !keyEnds.test(line);
  return inside && keyLine.test(line.trim());
}

/** Whether nothing but a part of a private key can stand on a line inside of one. */
export function isPartOfPrivateKey(line: string): boolean {
  return keyLine.test(line.trim()) || keyEnds.test(line);
}

/** Webhooks and interactions of Discord: who knows the last part of the address may write there. */
const discordCallback = /((?:webhooks|interactions)\\*(?:\/|%2F)\d{17,20}\\*(?:\/|%2F))[A-Za-z0-9_-]{20,}/gi;
const slackHook = /(hooks\.slack\.com\\*(?:\/|%2F)services\\*(?:\/|%2F))[A-Za-z0-9/%\\]{16,}/gi;

const authorizationScheme = new RegExp(
  `${begins}(bearer|basic|bot)((?:\\s|%(?:25){0,7}20){1,8}|\\+)([A-Za-z0-9._~+/=%\\\\-]{8,}(?<!\\\\))`,
  "gi",
);

const urlUserInfo = /(?<=[a-z][a-z0-9+.-]{0,15}:(?:\\{0,15}\/){2})[^\s/?#"'<>\\]{1,512}@/gi;
const encodedUserInfo =
  /(?<=[a-z][a-z0-9+.-]{0,15}%(?:25){0,7}3A(?:%(?:25){0,7}2F){2})(?:(?!%(?:25){0,7}(?:2F|3F|23))[^\s/?#"'<>\\&]){1,512}?%(?:25){0,7}40/gi;

/** The text without what is a secret by its form: tokens of known makers, credentials of headers and addresses. */
export function redactForms(text: string, marker: string): string {
  // First, because parts of one may look like other secrets, and the rest of it would stay.
  let output = text.replace(webToken, (found, signed?: string) => (signed === undefined ? found : marker));
  for (const form of secretForms) output = output.replace(form, marker);
  output = output.replace(discordCallback, `$1${marker}`).replace(slackHook, `$1${marker}`);
  output = output.replace(urlUserInfo, "").replace(encodedUserInfo, "");
  return output.replace(authorizationScheme, (whole, scheme: string, gap: string, value: string) =>
    looksLikeProse(scheme, value) ? whole : `${scheme}${gap}${marker}`,
  );
}

/**
 * “bot connected”, “Basic Settings” and “bot 1573888945341599744” are words of a sentence; credentials have
 * digits, capitals or signs, and those of a bot are no number.
 */
function looksLikeProse(scheme: string, value: string): boolean {
  const word = value.replace(/[.,:]+$/, "");
  if (/^[A-Z]?[a-z]+$/.test(word)) return true;
  return scheme.toLowerCase() === "bot" && /^(?:[0-9]+|[A-Za-z]+(?:[-./][A-Za-z]+)*)$/.test(word);
}
