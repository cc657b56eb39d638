import { serviceDisplayNames } from "../../contracts/service-kinds.ts";
import type { ServiceKind } from "../../contracts/services.ts";
import type { TimelineEvent, TimelineLevel } from "../../contracts/timeline.ts";
import { statePaths } from "../../platform/state-paths.ts";
import { followTimeline, matches, readTimeline } from "../../supervisor/timeline/read-timeline.ts";
import { type CommandContext, paintOf, print, printForPeople } from "../command-context.ts";
import { localTime } from "../output/local-time.ts";
import { type PlainRecord, record, renderRecord } from "../output/record.ts";
import type { Paint } from "../terminal.ts";
import { visibleJson, visibleLine, visibleText } from "../visible-text.ts";

export interface TimelineOptions {
  /** Unix milliseconds; null for the last day. */
  readonly since: number | null;
  readonly service: ServiceKind | null;
  readonly level: TimelineLevel;
  readonly follow: boolean;
}

/** How far back is shown when nothing is said, in milliseconds. */
const usualMs = 24 * 60 * 60 * 1000;

const levelColours = { info: "green", warn: "yellow", error: "red" } as const;

/** `palyra timeline`: what happened lately, oldest first; also when nothing runs. */
export async function timeline(context: CommandContext, options: TimelineOptions): Promise<void> {
  const interrupted = context.interrupted();
  const folder = statePaths(context.stateRoot).timelineDir;
  const query = {
    sinceMs: options.since ?? Date.now() - usualMs,
    service: options.service,
    level: options.level,
  };
  const paint = paintOf(context);
  const show = (events: readonly TimelineEvent[]): void => {
    if (context.json) print(context, events.map(visibleJson));
    else if (context.plain) print(context, events.map(eventRecord).map(renderRecord).map(visibleText));
    else
      printForPeople(
        context,
        events.map((event) => renderEvent(event, paint)),
      );
  };
  // All are read, so that the following begins behind the last one, whatever is shown of it.
  const all = await readTimeline(folder, { sinceMs: 0, service: null, level: "info" });
  // What the gateway did while nobody watched over it is told later than it happened.
  const wanted = all.filter((event) => matches(event, query)).sort((a, b) => a.unix_ms - b.unix_ms);
  show(wanted);
  if (!options.follow) {
    if (wanted.length === 0 && !context.json && !context.plain) {
      print(context, ["Nothing happened in this time."]);
    }
    return;
  }
  const end = new AbortController();
  void interrupted.then(() => end.abort());
  await followTimeline(folder, query, all.at(-1)?.seq ?? 0, { signal: end.signal, onEvents: show });
}

function eventRecord({ seq, unix_ms, level, service, subject, kind, message }: TimelineEvent): PlainRecord {
  return record("timeline.event", { seq, at_unix_ms: unix_ms, level, service, subject, kind, message });
}

/** An event for people: time, level, who, what. */
export function renderEvent(event: TimelineEvent, paint: Paint): string {
  const time = localTime(event.unix_ms);
  const who =
    event.subject ?? (event.service === null ? "control center" : serviceDisplayNames[event.service]);
  const level = paint(levelColours[event.level], event.level.padEnd(5));
  return `${paint("dim", time)} ${level} ${visibleLine(who).padEnd(15)} ${visibleLine(event.message)}`;
}
