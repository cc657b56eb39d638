/** Numbers of retries; times in milliseconds. */
export const retryLimits = {
  minDelayMs: 250,
  baseDelayMs: 1_000,
  maxDelayMs: 60_000,
  /** Attempts to send that count. */
  outboundAttempts: 12,
  /** Attempts to route an event. */
  inboundAttempts: 5,
  /** A message that is tried for longer than this is given up. */
  maxAgeMs: 24 * 60 * 60 * 1000,
} as const;

/**
 * Delay before the next attempt: doubles from one second to one minute, spread by half of itself both ways.
 * @param attempts attempts made so far, from 1
 * @param random number in [0, 1)
 * @returns milliseconds
 */
export function retryDelay(attempts: number, random: number): number {
  const exponential = retryLimits.baseDelayMs * 2 ** Math.min(Math.max(attempts, 1) - 1, 10);
  const capped = Math.min(exponential, retryLimits.maxDelayMs);
  return Math.max(retryLimits.minDelayMs, Math.round(capped * (0.5 + random)));
}

/**
 * Delay a provider asked for, never shortened, with a little spread so that waiting messages do not all
 * come at once.
 * @param askedMs what the provider said; null when it said nothing
 */
export function rateLimitDelay(askedMs: number | null, random: number): number {
  const asked = Math.max(askedMs ?? retryLimits.baseDelayMs, retryLimits.minDelayMs);
  return Math.ceil(asked + random * retryLimits.minDelayMs);
}
