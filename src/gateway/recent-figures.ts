import type { ConnectorFigures, RecentFigures } from "../contracts/connector-operations.ts";

const minuteMs = 60_000;
/** What counts as recent, in milliseconds. */
export const recentWindowMs = 60 * minuteMs;
/** Shortest time between two samples that are kept, in milliseconds. */
const sampleMs = minuteMs;

const counted = [
  "inbound_routed",
  "inbound_failed",
  "outbound_sends_ok",
  "outbound_sends_retry",
  "outbound_sends_dead_letter",
] as const;
type Counts = Readonly<Record<(typeof counted)[number], number>>;

/** Figures of one connector at earlier instants (Unix milliseconds), oldest first. */
export type FigureSamples = readonly { readonly at: number; readonly counts: Counts }[];

/**
 * What a connector did within the last hour, or since its first sample, from figures that count since it exists.
 * Figures that went down belong to a connector that began anew; where the clock was set back it is begun anew, too.
 * @returns the recent figures, and the samples to keep for the next time
 */
export function recentFigures(
  samples: FigureSamples,
  figures: ConnectorFigures,
  now: number,
): { readonly recent: RecentFigures; readonly samples: FigureSamples } {
  const counts: Counts = figures;
  const begunAnew = samples.some(
    (sample) => sample.at > now + sampleMs || counted.some((name) => counts[name] < sample.counts[name]),
  );
  const known = begunAnew || samples.length === 0 ? [{ at: now, counts: countsOf(figures) }] : samples;
  // The last sample from before the window is where it begins.
  const begins = Math.max(
    0,
    known.findLastIndex(({ at }) => at <= now - recentWindowMs),
  );
  const kept = known.slice(begins);
  const [first] = kept;
  const newest = kept.at(-1);
  const isDue = newest === undefined || now - newest.at >= sampleMs;
  const difference = (name: keyof Counts): number => counts[name] - (first?.counts[name] ?? 0);
  return {
    recent: {
      window_ms: windowOf(now - (first?.at ?? now)),
      inbound_routed: difference("inbound_routed"),
      inbound_failed: difference("inbound_failed"),
      outbound_sends_ok: difference("outbound_sends_ok"),
      outbound_sends_retry: difference("outbound_sends_retry"),
      outbound_sends_dead_letter: difference("outbound_sends_dead_letter"),
    },
    samples: isDue ? [...kept, { at: now, counts: countsOf(figures) }] : kept,
  };
}

/** In whole minutes: what nobody would notice is no change of the status. */
function windowOf(ms: number): number {
  return Math.min(recentWindowMs, Math.max(1, Math.ceil(ms / minuteMs)) * minuteMs);
}

/** Whether there is anything that will not be recent any more some time. */
export function hasRecent(recent: RecentFigures): boolean {
  return counted.some((name) => recent[name] > 0);
}

function countsOf(figures: ConnectorFigures): Counts {
  const {
    inbound_routed,
    inbound_failed,
    outbound_sends_ok,
    outbound_sends_retry,
    outbound_sends_dead_letter,
  } = figures;
  return {
    inbound_routed,
    inbound_failed,
    outbound_sends_ok,
    outbound_sends_retry,
    outbound_sends_dead_letter,
  };
}
