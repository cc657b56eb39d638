/** What a column or a parameter can hold. */
export type SqlValue = string | number | null | Uint8Array;

/** One row of a result, by column name. */
export type Row = Readonly<Record<string, SqlValue>>;
