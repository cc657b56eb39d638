/** Numbers of the circuit; times in milliseconds. */
export const circuitLimits = {
  /** Failures in a row, over all messages, after which nothing is sent for a while. */
  failures: 4,
  firstOpenMs: 2_000,
  longestOpenMs: 60_000,
} as const;

/**
 * Whether sending through a connector makes sense. `open`: not before `until`; then one message is the probe
 * (`half_open`), and what becomes of it decides.
 */
export type CircuitState =
  | { readonly kind: "closed"; readonly failures: number }
  | { readonly kind: "open"; readonly until: number; readonly opened: number }
  | { readonly kind: "half_open"; readonly opened: number };

/** Waits are spread by a quarter of themselves both ways. */
const longestWaitMs = circuitLimits.longestOpenMs * 1.25;

export const closedCircuit: CircuitState = { kind: "closed", failures: 0 };

/** How many messages may be begun now, at most `wanted`. */
export function permitted(state: CircuitState, wanted: number, now: number): number {
  if (state.kind === "closed") return wanted;
  if (state.kind === "half_open") return 0;
  return now >= openUntil(state, now) ? Math.min(1, wanted) : 0;
}

/** When an open circuit may be tried. A longer wait than there is means that the clock was set back: then it is over. */
export function openUntil({ until }: Extract<CircuitState, { kind: "open" }>, now: number): number {
  return until - now > longestWaitMs ? now : until;
}

/** A message was begun: after the wait of an open circuit it is the probe. */
export function onBegun(state: CircuitState, now: number): CircuitState {
  if (state.kind !== "open" || now < openUntil(state, now)) return state;
  return { kind: "half_open", opened: state.opened };
}

/** The provider answered, whatever it said: it can be reached. */
export function onAnswered(_state: CircuitState): CircuitState {
  return closedCircuit;
}

/**
 * The provider could not be reached, or failed inside.
 * @param random number in [0, 1): spreads the waits of many connectors
 */
export function onUnreachable(state: CircuitState, now: number, random: number): CircuitState {
  if (state.kind === "open") return state;
  if (state.kind === "closed") {
    const failures = state.failures + 1;
    return failures < circuitLimits.failures ? { kind: "closed", failures } : opened(1, now, random);
  }
  return opened(state.opened + 1, now, random);
}

/** There is new reason to hope, e.g. a new connection: the wait ends, the probe is still needed. */
export function onHope(state: CircuitState, now: number): CircuitState {
  return state.kind === "open" && state.until > now ? { ...state, until: now } : state;
}

function opened(times: number, now: number, random: number): CircuitState {
  const doubled = circuitLimits.firstOpenMs * 2 ** Math.min(times - 1, 10);
  const waitMs = Math.round(Math.min(doubled, circuitLimits.longestOpenMs) * (0.75 + random / 2));
  return { kind: "open", until: now + waitMs, opened: times };
}
