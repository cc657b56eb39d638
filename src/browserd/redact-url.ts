const sensitiveKeys = new Set([
  "token",
  "access_token",
  "id_token",
  "refresh_token",
  "code",
  "state",
  "auth",
  "authorization",
  "api_key",
  "apikey",
  "password",
  "passwd",
  "secret",
  "signature",
  "sig",
  "session",
  "session_id",
  "jwt",
]);
const sensitiveParts = ["token", "secret", "password"];

/**
 * A URL fit to be shown or logged: user info removed, values of sensitive query and fragment keys
 * replaced. Text that is no URL is shown as `<invalid url>`, because it cannot be judged.
 */
export function redactUrl(url: string): string {
  if (url === "" || url === "about:blank") return url;
  const parsed = URL.parse(url);
  if (parsed === null) return "<invalid url>";
  if (parsed.protocol === "data:") return "data:…";
  parsed.username = "";
  parsed.password = "";
  parsed.search = redactPairs(parsed.search.slice(1));
  parsed.hash = redactPairs(parsed.hash.slice(1));
  return parsed.href;
}

function redactPairs(pairs: string): string {
  if (!pairs.includes("=")) return pairs;
  return pairs
    .split("&")
    .map((pair) => {
      const separator = pair.indexOf("=");
      if (separator < 0) return pair;
      const key = pair.slice(0, separator);
      return isSensitive(key) ? `${key}=redacted` : pair;
    })
    .join("&");
}

function isSensitive(key: string): boolean {
  // A fragment may carry a path before the pairs, such as `#/done?access_token`.
  const name = decodeKey(key)
    .toLowerCase()
    .replace(/^.*[?/]/, "");
  return sensitiveKeys.has(name) || sensitiveParts.some((part) => name.includes(part));
}

function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    // A malformed escape: the key is judged as it is written.
    return key;
  }
}
