/** An object as JSON gives it. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** @returns null when the value is no object */
export function objectOf(value: unknown): JsonObject | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
}

/** @returns null when the value is no text or a blank one */
export function textOf(value: unknown): string | null {
  return typeof value === "string" && value.trim() !== "" ? value.trim() : null;
}

/** The newest `limit` entries of a list that grows at its end; nothing but a list has any. */
export function newestOf(value: unknown, limit: number): readonly unknown[] {
  return Array.isArray(value) ? value.slice(-limit) : [];
}

/** The object without some of its keys. */
export function without(object: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}
