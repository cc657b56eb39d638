import { createHash } from "node:crypto";

/**
 * Digest of an exact action: SHA-256, in hex, over its JSON with the fields of every object in order. Two actions
 * that differ in anything differ here; the order in which fields were written makes no difference.
 * @param action plain data
 */
export function actionDigest(action: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(ordered(action)))
    .digest("hex");
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, ordered(inner)]));
}
