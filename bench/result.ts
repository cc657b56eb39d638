/** One measured figure. `ratio` is value / peer's value in the same run; only ratios compare between machines. */
export interface BenchResult {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly peer?: string;
  readonly ratio?: number;
  /** What the figure has to reach, in words, e.g. `<= 5 MB`. */
  readonly target?: string;
  readonly ok: boolean;
}

/** A figure with an upper limit. */
export function atMost(name: string, value: number, unit: string, limit: number): BenchResult {
  return { name, value, unit, target: `<= ${limit} ${unit}`, ok: value <= limit };
}

/** A figure that has to be at most `limit` times that of a peer measured beside it. */
export function atMostTimes(
  name: string,
  value: number,
  unit: string,
  peer: { name: string; value: number },
  limit: number,
): BenchResult {
  const ratio = value / peer.value;
  return { name, value, unit, peer: peer.name, ratio, target: `<= ${limit} x peer`, ok: ratio <= limit };
}

/** Value below which the given share of the samples lies; nearest rank. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const index = Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1));
  const value = sorted[index];
  if (value === undefined) throw new Error("percentile of no samples");
  return value;
}
