import { messageOf, systemErrorCode } from "../../platform/errors.ts";

/** What the codes of Node.js, undici and OpenSSL mean to somebody who looks at the network. */
const meanings: readonly (readonly [RegExp, string])[] = [
  [/^(?:ENOTFOUND|EAI_AGAIN)$/, "its host name is unknown to this computer"],
  [/^ECONNREFUSED$/, "the connection was refused"],
  [/^(?:ECONNRESET|EPIPE|UND_ERR_SOCKET)$/, "the connection was cut"],
  [/^(?:ENETUNREACH|EHOSTUNREACH|ENETDOWN|EADDRNOTAVAIL)$/, "there is no way to it in the network"],
  [/^(?:ETIMEDOUT|UND_ERR_.*_TIMEOUT)$/, "it did not answer in time"],
  [/^(?:CERT_.*|.*_CERT(?:_.*)?|ERR_TLS_CERT_.*|UNABLE_TO_.*)$/, "its certificate is not valid here"],
];

/**
 * Why a request got no answer, as half a sentence. `fetch` says only “fetch failed” and hides the reason in
 * `cause`.
 */
export function networkFault(thrown: unknown): string {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  if (cause instanceof Error && /^(?:Abort|Timeout)Error$/.test(cause.name))
    return "it did not answer in time";
  const code = systemErrorCode(cause);
  const meaning = meanings.find(([pattern]) => code !== undefined && pattern.test(code))?.[1];
  if (meaning !== undefined) return `${meaning} (${code})`;
  // Of several addresses that were tried, the error for all has no text of its own.
  return messageOf(cause) || (code ?? messageOf(thrown));
}
