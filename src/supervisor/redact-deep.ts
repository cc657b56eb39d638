import type { Redactor } from "../platform/redactor.ts";

/** The same value with every text in it redacted. Takes plain data as JSON can hold it. */
export function redactDeep<T>(value: T, redactor: Pick<Redactor, "redact">): T {
  return redacted(value, redactor) as T;
}

function redacted(value: unknown, redactor: Pick<Redactor, "redact">): unknown {
  if (typeof value === "string") return redactor.redact(value);
  if (Array.isArray(value)) return value.map((item) => redacted(item, redactor));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redacted(item, redactor)]));
}
