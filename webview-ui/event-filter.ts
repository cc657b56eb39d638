import { serviceDisplayNames } from "../src/contracts/service-kinds.ts";
import type { TimelineEvent } from "../src/contracts/timeline.ts";

/** Which events the table shows. */
export interface EventFilter {
  readonly level: "all" | "problems";
  /** Words that an event must have, in any of its columns. */
  readonly text: string;
}

/** Whether an event is among those that a filter lets through. */
export function passes(event: TimelineEvent, { level, text }: EventFilter): boolean {
  if (level === "problems" && event.level === "info") return false;
  const haystack = `${event.message} ${sourceOf(event)} ${event.kind}`.toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => haystack.includes(word));
}

/** Who an event is about, by the name a user knows. */
export function sourceOf({ service, subject }: TimelineEvent): string {
  if (subject !== null) return subject;
  return service === null ? "control center" : serviceDisplayNames[service];
}
