import * as z from "zod";
import { ServiceKind } from "./services.ts";

/** How long events are kept, in milliseconds, and how many bytes all of them may take. */
export const timelineAgeMs = 7 * 24 * 60 * 60 * 1000;
export const timelineByteLimit = 8 * 1024 * 1024;
/** Newest events that travel in the snapshot. */
export const timelineWindow = 60;

export const timelineLevels = ["info", "warn", "error"] as const;
export const TimelineLevel = z.enum(timelineLevels);
export type TimelineLevel = z.infer<typeof TimelineLevel>;

/** Facts of an event by their names: short texts and numbers, never secrets or texts of messages. */
export const TimelineDetails = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));
export type TimelineDetails = z.infer<typeof TimelineDetails>;

/** Something that happened. */
export const TimelineEvent = z.object({
  /** Grows by one from event to event of a state root. */
  seq: z.int().positive(),
  unix_ms: z.int(),
  /** Service in whose log the moment can be looked up; null when the control center itself is meant. */
  service: ServiceKind.nullable(),
  /** Connector or part of the service that it is about; null when it is the service as a whole. */
  subject: z.string().nullable(),
  /** `area.what`, e.g. `service.exited` or `connector.started`. */
  kind: z.string(),
  level: TimelineLevel,
  /** One sentence. */
  message: z.string(),
  details: TimelineDetails,
});
export type TimelineEvent = z.infer<typeof TimelineEvent>;

/** Place in the gateway's log of events. The time tells a log that began anew from the one that was read. */
export const EventCursor = z.object({ event_id: z.int().nonnegative(), unix_ms: z.int() });
export type EventCursor = z.infer<typeof EventCursor>;

/** Events of the gateway after a place, oldest first. */
export const EventsRequest = z.object({
  after: EventCursor.nullable(),
  limit: z.int().min(1).max(200),
});
export type EventsRequest = z.infer<typeof EventsRequest>;

export const EventsResponse = z.object({
  events: z.array(
    z.object({
      cursor: EventCursor,
      subject: z.string(),
      kind: z.string(),
      level: TimelineLevel,
      message: z.string(),
      details: TimelineDetails,
    }),
  ),
  /** Where to go on: also behind events that are of no interest. Null when there is nothing yet. */
  next: EventCursor.nullable(),
  more: z.boolean(),
});
export type EventsResponse = z.infer<typeof EventsResponse>;
