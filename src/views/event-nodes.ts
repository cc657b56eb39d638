import { serviceDisplayNames } from "../contracts/service-kinds.ts";
import type { ServiceKind } from "../contracts/services.ts";
import type { TimelineEvent, TimelineLevel } from "../contracts/timeline.ts";
import { commandIds } from "./contribution-ids.ts";
import type { OverviewNode } from "./overview-node.ts";
import type { RunnableRemedy } from "./remedies.ts";
import { agoWords } from "./wording.ts";

/** Events that the overview shows; the panel and the command line show more. */
export const shownEventLimit = 20;

/** A moment in the log of a service. */
interface LogMoment {
  readonly service: ServiceKind;
  /** Unix milliseconds. */
  readonly unix_ms: number;
}

const icons: Readonly<Record<TimelineLevel, NonNullable<OverviewNode["icon"]>>> = {
  info: { id: "circle-small" },
  warn: { id: "warning", color: "problemsWarningIcon.foreground" },
  error: { id: "error", color: "problemsErrorIcon.foreground" },
};

/**
 * The newest events as one folded item of the overview, newest first. Nothing when there are none.
 * @param now milliseconds since 1970
 */
export function recentEventNodes(events: readonly TimelineEvent[], now: number): readonly OverviewNode[] {
  if (events.length === 0) return [];
  const label = "Recent events";
  return [
    {
      id: "events",
      label,
      accessibilityLabel: label,
      contextValue: "events",
      expanded: false,
      children: events.slice(0, shownEventLimit).map((event) => eventNode(event, now)),
    },
  ];
}

/** Who an event is about, by the name a user knows. */
export function eventSource({ service, subject }: TimelineEvent): string {
  if (subject !== null) return subject;
  return service === null ? "control center" : serviceDisplayNames[service];
}

function eventNode(event: TimelineEvent, now: number): OverviewNode {
  const ago = agoWords(now - event.unix_ms);
  const { service, unix_ms } = event;
  return {
    id: `event:${event.seq}`,
    label: event.message,
    description: ago,
    tooltip: eventText(event),
    icon: icons[event.level],
    contextValue: "event",
    accessibilityLabel: `${event.level === "info" ? "" : `${event.level}: `}${event.message} ${ago}`,
    ...(service === null ? {} : { command: showInLog(service, unix_ms) }),
    children: [],
  };
}

/** All that is known of an event, a line each. */
export function eventText(event: TimelineEvent): string {
  const details = Object.entries(event.details)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name.replaceAll("_", " ")}: ${value}`);
  return [
    event.message,
    `${new Date(event.unix_ms).toLocaleString()} · ${eventSource(event)} · ${event.kind}`,
    ...details,
  ].join("\n");
}

/** A moment as the argument of a command. */
function momentArgument({ service, unix_ms }: LogMoment): string {
  return `${service}@${unix_ms}`;
}

/** The moment that a command was called for; null when the argument names none. */
export function momentOfArgument(argument: unknown): LogMoment | null {
  const [, service, time] =
    (typeof argument === "string" && /^(gateway|browserd)@(\d{1,15})$/.exec(argument)) || [];
  return service === "gateway" || service === "browserd" ? { service, unix_ms: Number(time) } : null;
}

/** The command that shows an event of the panel in the log; null when there is no such event or no log. */
export function commandOfEvent(events: readonly TimelineEvent[], seq: number): RunnableRemedy | null {
  const event = events.find((candidate) => candidate.seq === seq);
  return event === undefined || event.service === null ? null : showInLog(event.service, event.unix_ms);
}

function showInLog(service: ServiceKind, unix_ms: number): RunnableRemedy {
  return {
    title: "Show in Log",
    command: commandIds.showLogsAt,
    arguments: [momentArgument({ service, unix_ms })],
  };
}
