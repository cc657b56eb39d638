import type { FailureRate } from "./snapshot.ts";

const hourMs = 3_600_000;

/** The time a failure rate is of, in words that end a sentence. A rate of less than an hour goes back to the start. */
export function spanWords({ window_ms }: Pick<FailureRate, "window_ms">): string {
  return window_ms < hourMs ? "since the gateway started" : "in the last hour";
}
