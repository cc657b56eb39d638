import { randomFillSync } from "node:crypto";
import { monotonicFactory } from "ulid";

/** The library asks for random numbers one by one; they are drawn in stocks. */
const stock = new Uint32Array(1_024);
let used = stock.length;

function random(): number {
  if (used === stock.length) {
    randomFillSync(stock);
    used = 0;
  }
  const value = stock[used] ?? 0;
  used += 1;
  return value / 2 ** 32;
}

/** A ULID for a time in milliseconds, greater than every one before it. */
export const newDeliveryId: (now: number) => string = monotonicFactory(random);
