import * as z from "zod";

/**
 * A whole number in a path or a query, written in decimal digits: `1e3`, `0x10` and “ 5” are numbers to a computer only.
 * @param min smallest and `max` largest allowed
 */
export function queryNumber(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  return digits({ minimum: min, maximum: max }).transform(Number).pipe(z.int().min(min).max(max));
}

/** How many entries a page has, at least one. @param max most, `usual` unless somebody says otherwise */
export function pageLimit(max: number, usual: number) {
  return digits({ minimum: 1, maximum: max, default: usual })
    .transform(Number)
    .pipe(z.int().min(1).max(max))
    .default(usual);
}

/** @param facts what the description of the routes says; it is text only on its way */
function digits(facts: { minimum: number; maximum: number; default?: number }) {
  const text = z.string().regex(/^\d{1,16}$/, "must be a whole number");
  return text.meta({ ...facts, type: "integer", pattern: undefined });
}
