import type { SupervisorTimings } from "./supervisor-timings.ts";

/** What a service's crashes so far mean for the next one. */
export interface RestartHistory {
  /** Restarts since the last stable run. */
  readonly attempt: number;
  /** Instants of the crashes within the crash window, oldest first. */
  readonly crashes: readonly number[];
}

export const freshHistory: RestartHistory = { attempt: 0, crashes: [] };

/** A crash as the policy sees it. `readyForMs` is null when the run never became ready. */
export interface Crash {
  readonly now: number;
  readonly readyForMs: number | null;
  /** Value in [0, 1) for jitter. */
  readonly random: number;
}

export interface RestartDecision {
  readonly history: RestartHistory;
  /** Delay before the next start; null = give up. */
  readonly delayMs: number | null;
}

/**
 * Decides what follows a crash. The first restart of a service that was ready is immediate; then the delay
 * grows from `backoffBaseMs` by 2 with ±50 % jitter up to `backoffMaxMs`; a run that was ready for
 * `stableMs` starts it all anew. `crashLimit` crashes within `crashWindowMs` end it.
 */
export function afterCrash(
  history: RestartHistory,
  crash: Crash,
  timings: SupervisorTimings,
): RestartDecision {
  const stable = crash.readyForMs !== null && crash.readyForMs >= timings.stableMs;
  const since = crash.now - timings.crashWindowMs;
  const crashes = [...history.crashes.filter((at) => at > since), crash.now];
  const attempt = stable ? 0 : history.attempt;
  const next = { attempt: attempt + 1, crashes };
  if (crashes.length >= timings.crashLimit) return { history: next, delayMs: null };
  if (attempt === 0 && crash.readyForMs !== null) return { history: next, delayMs: 0 };
  const doublings = crash.readyForMs === null ? attempt : attempt - 1;
  const delay = timings.backoffBaseMs * 2 ** Math.min(Math.max(doublings, 0), 20) * (0.5 + crash.random);
  return { history: next, delayMs: Math.round(Math.min(timings.backoffMaxMs, delay)) };
}
