import type { DeliveryOutcome } from "../contracts/connector.ts";
import type { OutboxRow } from "./connector-store.ts";
import { rateLimitDelay, retryDelay, retryLimits } from "./retry-policy.ts";

/** What becomes of a row after an attempt. */
export type Settlement =
  | { readonly kind: "delivered"; readonly nativeMessageId: string }
  | { readonly kind: "retry"; readonly counted: boolean; readonly reason: string; readonly delayMs: number }
  | { readonly kind: "dead"; readonly reason: string };

/**
 * Decides what becomes of a row. Pure. Rate limits, a connection that is down and refused credentials say
 * nothing against the message itself: they do not spend attempts. Nor does the time in which it was not tried, as in a
 * paused queue, count against it.
 * @param row the row before the attempt
 * @param now instant of the decision, ms
 * @param connected whether the connection was up when the attempt ended
 * @param random number in [0, 1)
 */
export function settle(
  row: Pick<OutboxRow, "attempts" | "createdAt" | "firstAttemptAt">,
  outcome: DeliveryOutcome,
  facts: { readonly now: number; readonly connected: boolean; readonly random: number },
): Settlement {
  if (outcome.kind === "delivered") return { kind: "delivered", nativeMessageId: outcome.native_message_id };
  if (outcome.kind === "permanent_failure" && outcome.class !== "auth_failed") {
    return { kind: "dead", reason: `${outcome.class}: ${outcome.reason}` };
  }
  // The first attempt of a message that was brought back is one of its earlier life.
  const triedSince = Math.max(row.createdAt, row.firstAttemptAt ?? facts.now);
  if (facts.now - triedSince > retryLimits.maxAgeMs) {
    return { kind: "dead", reason: `expired: ${outcome.reason}` };
  }
  const attempts = row.attempts + 1;
  const rateLimited = outcome.kind === "retry" && outcome.class === "rate_limit";
  const counted = outcome.kind === "retry" && outcome.class === "transient_network" && facts.connected;
  if (counted && attempts >= retryLimits.outboundAttempts) {
    return { kind: "dead", reason: `attempts_exhausted: ${outcome.reason}` };
  }
  const wanted = rateLimited
    ? rateLimitDelay(outcome.retry_after_ms, facts.random)
    : retryDelay(attempts, facts.random);
  // A longer wait would only keep a message, and those behind it, that is not sent any more.
  const delayMs = Math.min(wanted, triedSince + retryLimits.maxAgeMs + 1 - facts.now);
  return { kind: "retry", counted, reason: outcome.reason, delayMs };
}
