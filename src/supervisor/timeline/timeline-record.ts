import * as z from "zod";
import { EventCursor, TimelineEvent } from "../../contracts/timeline.ts";
import type { Redactor } from "../../platform/redactor.ts";
import { redactDeep } from "../redact-deep.ts";

/** Version of the lines. Lines of another one are passed over. */
const version = 1;

const messageCharacters = 500;
const detailCharacters = 200;
const detailLimit = 12;

/** First line of each file: what is known without the files before it. */
const Header = z.object({
  timeline: z.literal(version),
  next_seq: z.int().positive(),
  cursor: EventCursor.nullable(),
});
export type Header = Omit<z.infer<typeof Header>, "timeline">;

const Line = TimelineEvent.extend({ cursor: EventCursor.optional() });

/** An event as it is stored; `cursor` is its place in the gateway's log, when it came from there. */
export type StoredEvent = z.infer<typeof Line>;

/** An event that has no number yet. */
export type NewEvent = Omit<TimelineEvent, "seq">;

/** What the text of one file holds. Lines that cannot be read are passed over. */
export interface ReadSegment {
  readonly header: Header | null;
  readonly events: readonly StoredEvent[];
}

export function headerLine(header: Header): string {
  return `${JSON.stringify({ timeline: version, ...header })}\n`;
}

export function eventLine(event: StoredEvent): string {
  return `${JSON.stringify(event)}\n`;
}

export function parseSegment(text: string): ReadSegment {
  const [first = "", ...rest] = text.split("\n");
  const header = Header.safeParse(parseJson(first));
  const lines = header.success ? rest : [first, ...rest];
  const events = lines.flatMap((line) => {
    const event = Line.safeParse(parseJson(line));
    return event.success ? [event.data] : [];
  });
  return { header: header.success ? header.data : null, events };
}

/** An event that fits and holds no secret. */
export function boundedEvent(event: NewEvent, redactor: Redactor): NewEvent {
  const details = Object.entries(redactDeep(event.details, redactor)).slice(0, detailLimit);
  return {
    ...event,
    kind: shortened(event.kind, detailCharacters),
    subject: event.subject === null ? null : shortened(redactor.redact(event.subject), detailCharacters),
    message: shortened(redactor.redact(event.message), messageCharacters),
    details: Object.fromEntries(
      details.map(([name, value]) => [
        shortened(name, detailCharacters),
        typeof value === "string" ? shortened(value, detailCharacters) : value,
      ]),
    ),
  };
}

function shortened(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A line that was cut off by a crash is passed over.
    return null;
  }
}
