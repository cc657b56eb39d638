import { type FSWatcher, watch } from "node:fs";
import type { ServiceKind } from "../../contracts/services.ts";
import { type TimelineEvent, type TimelineLevel, timelineLevels } from "../../contracts/timeline.ts";
import { listSegments, readSegment } from "./timeline-segments.ts";

/** How often the files are looked at where the system tells of no change, in milliseconds. */
const lookEveryMs = 1_000;

export interface TimelineQuery {
  /** Only events since this moment, in Unix milliseconds. */
  readonly sinceMs: number;
  /** Only events of this service; null for all. */
  readonly service: ServiceKind | null;
  /** Only events of this level or a more serious one. */
  readonly level: TimelineLevel;
}

export function matches(event: TimelineEvent, query: TimelineQuery): boolean {
  return (
    event.unix_ms >= query.sinceMs &&
    (query.service === null || event.service === query.service) &&
    timelineLevels.indexOf(event.level) >= timelineLevels.indexOf(query.level)
  );
}

/**
 * Events of a timeline, oldest first, without changing anything in it: also while its owner writes, and when
 * there is none.
 * @param afterSeq only events with a higher number
 */
export async function readTimeline(
  folder: string,
  query: TimelineQuery,
  afterSeq = 0,
): Promise<readonly TimelineEvent[]> {
  const segments = await listSegments(folder);
  // A file ends where the next one begins: those before the wanted number need not be read.
  const wanted = segments.filter(
    (_, index) => (segments[index + 1]?.firstSeq ?? Number.MAX_SAFE_INTEGER) > afterSeq + 1,
  );
  const events: TimelineEvent[] = [];
  for (const segment of wanted) {
    for (const { cursor: _, ...event } of (await readSegment(segment)).events) {
      if (event.seq > afterSeq && matches(event, query)) events.push(event);
    }
  }
  return events;
}

/**
 * Calls with each new event until `signal` ends it.
 * @param afterSeq number of the last event that is known
 */
export async function followTimeline(
  folder: string,
  query: TimelineQuery,
  afterSeq: number,
  options: { readonly signal: AbortSignal; onEvents(events: readonly TimelineEvent[]): void },
): Promise<void> {
  const { signal, onEvents } = options;
  let known = afterSeq;
  while (!signal.aborted) {
    const watcher = new ChangeWait(folder, signal);
    try {
      const events = await readTimeline(folder, { ...query, sinceMs: 0 }, known);
      known = events.at(-1)?.seq ?? known;
      if (events.length > 0) onEvents(events);
      await watcher.changed;
    } finally {
      watcher.close();
    }
  }
}

/** Waits for a change in a folder, which need not be there yet; a change while it is read counts too. */
class ChangeWait {
  readonly changed: Promise<void>;
  #wake: () => void = () => undefined;
  #watcher: FSWatcher | null = null;
  readonly #timer: NodeJS.Timeout;
  readonly #signal: AbortSignal;

  constructor(folder: string, signal: AbortSignal) {
    this.#signal = signal;
    this.changed = new Promise((resolve) => {
      this.#wake = resolve;
    });
    this.#timer = setTimeout(this.#wake, lookEveryMs);
    signal.addEventListener("abort", this.#wake);
    try {
      this.#watcher = watch(folder, () => this.#wake());
      // Without the system's word the timer looks.
      this.#watcher.on("error", () => this.#watcher?.close());
    } catch {
      // The folder is not there yet: the timer looks for it.
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#signal.removeEventListener("abort", this.#wake);
    this.#watcher?.close();
  }
}
