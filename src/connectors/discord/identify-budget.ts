import type { APIGatewayBotInfo } from "discord-api-types/v10";

/** Least time between two IDENTIFYs of one account, in milliseconds (Discord, "Rate limiting"). */
const identifyIntervalMs = 5_000;
/** How long the numbers of `/gateway/bot` are believed, in milliseconds. */
const believedMs = 10_000;

export interface BudgetReading {
  readonly information: APIGatewayBotInfo;
  readonly readAt: number;
}

export type IdentifyDecision =
  | { readonly kind: "go" }
  | { readonly kind: "wait"; readonly ms: number; readonly exhausted: boolean }
  | { readonly kind: "read_again" };

/**
 * Whether an IDENTIFY may be sent now. The limit is about a thousand a day; who exceeds it loses the token.
 * Instants that are later than now are of a clock that was set back since, and tell nothing.
 * @param lastIdentifyAt instant of the last one by this process (ms), null for none
 */
export function decideIdentify(
  reading: BudgetReading,
  lastIdentifyAt: number | null,
  now: number,
): IdentifyDecision {
  const last = lastIdentifyAt !== null && lastIdentifyAt <= now ? lastIdentifyAt : null;
  const sinceLast = last === null ? Number.POSITIVE_INFINITY : now - last;
  if (sinceLast < identifyIntervalMs) {
    return { kind: "wait", ms: identifyIntervalMs - sinceLast, exhausted: false };
  }
  const usedSince = last !== null && last >= reading.readAt;
  if (usedSince || reading.readAt > now || now - reading.readAt > believedMs) return { kind: "read_again" };
  const limit = reading.information.session_start_limit;
  if (limit.remaining > 0) return { kind: "go" };
  return { kind: "wait", ms: Math.max(limit.reset_after, 1_000), exhausted: true };
}
