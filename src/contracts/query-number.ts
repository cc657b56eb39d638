import * as z from "zod";

/**
 * A whole number in a path or a query, written in decimal digits: `1e3`, `0x10` and “ 5” are numbers to a computer only.
 * @param min smallest and `max` largest allowed
 */
export function queryNumber(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  return (
    z
      .string()
      .regex(/^\d{1,16}$/, "must be a whole number")
      // What the description of the routes says; it is text only on its way.
      .meta({ type: "integer", minimum: min, maximum: max, pattern: undefined })
      .transform(Number)
      .pipe(z.int().min(min).max(max))
  );
}
