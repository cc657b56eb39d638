import { timingSafeEqual } from "node:crypto";

/**
 * Whether one of the shown signatures is one of the expected. Every pair is compared, each in constant time, so
 * that the time tells nothing of which secret or signature fitted.
 */
export function matchesAny(shown: readonly Buffer[], expected: readonly Buffer[]): boolean {
  let matches = 0;
  for (const signature of shown) {
    for (const right of expected) {
      if (signature.length === right.length) matches += Number(timingSafeEqual(signature, right));
    }
  }
  return matches > 0;
}
