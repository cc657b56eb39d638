/** What may stand in a record. */
export type RecordValue = string | number | boolean | null | undefined | readonly string[];

/** One line for programs: a name and its values, in their order. */
export interface PlainRecord {
  readonly name: string;
  readonly values: Readonly<Record<string, RecordValue>>;
}

export function record(name: string, values: PlainRecord["values"] = {}): PlainRecord {
  return { name, values };
}

/**
 * A record as one line: `name key=value key="two words"`. What is not known is `none`; a list has commas; undefined
 * values are left out. Control characters, line breaks included, are written as in JSON.
 */
export function renderRecord({ name, values }: PlainRecord): string {
  const pairs = Object.entries(values).flatMap(([key, value]) =>
    value === undefined ? [] : `${key}=${renderValue(value)}`,
  );
  return [name, ...pairs].join(" ");
}

function renderValue(value: Exclude<RecordValue, undefined>): string {
  if (value === null) return "none";
  if (typeof value === "object") return value.length === 0 ? "none" : renderText(value.join(","));
  return typeof value === "string" ? renderText(value) : String(value);
}

/** Texts that would not read back as one value stand in quotation marks. */
function renderText(text: string): string {
  return /^[^\s"=\\]+$/.test(text) && text !== "none" ? text : JSON.stringify(text);
}
