const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Times in milliseconds. */
export const pairingLimits = {
  code: { byDefault: 10 * minute, least: 30_000, most: day },
  pending: { byDefault: 15 * minute, least: 30_000, most: day },
  grant: { byDefault: 8 * hour, least: 30_000, most: 30 * day },
  /** Wrong codes of one sender within `failureWindow`; then even right ones are refused. */
  failures: 5,
  failureWindow: hour,
  /** A stranger is told at most this often how to get paired. */
  hintInterval: day,
  /** An expired code is remembered this long, so that it can be called expired. */
  expiredCodeMemory: day,
  activeCodes: 32,
  /** Marks of senders kept for each connector; the oldest go first. */
  marks: 2_000,
} as const;

/** A lifetime in milliseconds within its bounds; the default for null and for what is not positive. */
export function lifetime(of: "code" | "pending" | "grant", wanted: number | null): number {
  const { byDefault, least, most } = pairingLimits[of];
  if (wanted === null || !(wanted > 0)) return byDefault;
  return Math.min(most, Math.max(least, Math.round(wanted)));
}
