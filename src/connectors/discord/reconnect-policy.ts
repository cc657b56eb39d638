/** RESUMEs that fail in a row before the session is given up. */
export const resumeLimit = 3;
/** A connection that lived this long counts as stable, in milliseconds. */
const stableMs = 60_000;
const maxDelayMs = 60_000;

/** State of the attempts to connect. Immutable. */
export interface ReconnectState {
  /** Connections that ended before they were stable, in a row. */
  readonly failures: number;
  /** RESUMEs in a row that never came to RESUMED. */
  readonly failedResumes: number;
}

export const freshReconnectState: ReconnectState = { failures: 0, failedResumes: 0 };

/** How one connection ended. */
export interface ConnectionEnd {
  readonly wasResuming: boolean;
  /** How long it was ready, in milliseconds; null when it never was. */
  readonly readyForMs: number | null;
}

/** State after a connection ended. */
export function afterConnection(state: ReconnectState, end: ConnectionEnd): ReconnectState {
  const stable = end.readyForMs !== null && end.readyForMs >= stableMs;
  const resumeFailed = end.wasResuming && end.readyForMs === null;
  return {
    failures: stable ? 0 : state.failures + 1,
    failedResumes: resumeFailed ? state.failedResumes + 1 : 0,
  };
}

/** Whether the session must be given up and a new one be identified. */
export function mustForgetSession(state: ReconnectState): boolean {
  return state.failedResumes >= resumeLimit;
}

/**
 * Wait before the next connection: none after a stable one and after the first early end, then from one
 * second doubling to one minute, spread by half of itself both ways.
 * @param random number in [0, 1)
 * @returns milliseconds
 */
export function reconnectDelay(state: ReconnectState, random: number): number {
  if (state.failures <= 1) return 0;
  const exponential = Math.min(1_000 * 2 ** Math.min(state.failures - 2, 10), maxDelayMs);
  return Math.round(exponential * (0.5 + random));
}
