import { delay } from "./delay.ts";

/** Waits until `work` is done, at most `ms` milliseconds. */
export async function within(ms: number, work: Promise<void>): Promise<void> {
  const done = new AbortController();
  try {
    await Promise.race([work, delay(ms, done.signal)]);
  } finally {
    done.abort();
  }
}
