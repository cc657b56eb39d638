/** Wait after a 429 that does not say for how long, in seconds. */
const fallbackSeconds = 1;

/**
 * Puts what a 429 says into the headers from which the REST library reads: the wait in the body is the exact one, and
 * servers and proxies in between leave headers out or write a date (RFC 9110, "Retry-After"). Other answers stay as
 * they are.
 * @param now Unix milliseconds
 */
export async function withRateLimitHeaders(answer: Response, now: number): Promise<Response> {
  if (answer.status !== 429) return answer;
  const text = await answer.text();
  const headers = new Headers(answer.headers);
  const body = recordOf(text);
  headers.set("retry-after", String(waitOf(body ?? {}, headers, now)));
  // What stands before Discord speaks no JSON, and means the whole address of the sender.
  if (body === null || body.global === true) headers.set("x-ratelimit-global", "true");
  return new Response(text, { status: 429, headers });
}

/** Seconds: of the body, the header, the end of the bucket, or a second. */
function waitOf(body: Readonly<Record<string, unknown>>, headers: Headers, now: number): number {
  const header = headers.get("retry-after") ?? "";
  const candidates = [
    typeof body.retry_after === "number" ? body.retry_after : Number.NaN,
    header.trim() === "" ? Number.NaN : Number(header),
    (Date.parse(header) - now) / 1_000,
    Number(headers.get("x-ratelimit-reset-after") ?? Number.NaN),
  ];
  return candidates.find((seconds) => Number.isFinite(seconds) && seconds > 0) ?? fallbackSeconds;
}

/** The fields of a JSON object; none of an empty or another answer, null for a page. */
function recordOf(text: string): Readonly<Record<string, unknown>> | null {
  if (text.trim() === "") return {};
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? { ...parsed } : {};
  } catch {
    return null;
  }
}
