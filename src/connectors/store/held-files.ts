import type { SqlValue } from "./sql-value.ts";

/** Digests of the files of messages that are still to be sent, or could be sent again. */
export const heldFilesSql = `SELECT json_extract(file.value, '$.digest') AS digest
  FROM outbox, json_each(outbox.request_json, '$.attachments') AS file WHERE outbox.finished_at IS NULL
  UNION
  SELECT json_extract(file.value, '$.digest')
  FROM dead_letters, json_each(dead_letters.request_json, '$.attachments') AS file`;

export function digestsOf(rows: readonly { readonly digest?: SqlValue }[]): ReadonlySet<string> {
  return new Set(rows.map(({ digest }) => String(digest)));
}
