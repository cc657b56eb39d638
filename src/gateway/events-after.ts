import type { ConnectorEvent, EventStore } from "../connectors/store/parts/event-store.ts";
import type { EventCursor, EventsRequest, EventsResponse } from "../contracts/timeline.ts";

/** What is worth a place in the history of a week; attempts and messages are not. */
const notable =
  /^(connector|circuit|queue|approval|configuration|pairing)\.|^outbox\.dead_letter$|^inbound\.failed$|^dead_letter\./;

type EventLog = Pick<EventStore, "after">;

/**
 * What happened after a place in the log, oldest first. The place stands for an event: when the log began anew
 * or the event was forgotten, the time of the event tells what is later.
 */
export async function eventsAfter(log: EventLog, { after, limit }: EventsRequest): Promise<EventsResponse> {
  const rows = await rowsAfter(log, after, limit + 1);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    events: page.filter(({ type }) => notable.test(type)).map(wireEvent),
    next: last === undefined ? after : cursorOf(last),
    more: rows.length > limit,
  };
}

async function rowsAfter(log: EventLog, after: EventCursor | null, limit: number): Promise<ConnectorEvent[]> {
  if (after === null) return await log.after(0, limit);
  const [at] = await log.after(after.event_id - 1, 1);
  if (at?.eventId === after.event_id && at.createdAt === after.unix_ms) {
    return await log.after(after.event_id, limit);
  }
  const later: ConnectorEvent[] = [];
  for (let from = 0; later.length < limit; ) {
    const rows = await log.after(from, limit);
    later.push(...rows.filter((row) => isLater(row, after)));
    from = rows.at(-1)?.eventId ?? from;
    if (rows.length < limit) break;
  }
  return later.slice(0, limit);
}

function isLater({ createdAt, eventId }: ConnectorEvent, after: EventCursor): boolean {
  return createdAt > after.unix_ms || (createdAt === after.unix_ms && eventId > after.event_id);
}

function wireEvent(event: ConnectorEvent): EventsResponse["events"][number] {
  const { connectorId, type, level, message } = event;
  return {
    cursor: cursorOf(event),
    subject: connectorId,
    kind: type,
    level,
    message,
    details: simpleDetails(event.details ?? {}),
  };
}

function cursorOf({ eventId, createdAt }: ConnectorEvent): EventCursor {
  return { event_id: eventId, unix_ms: createdAt };
}

/** Facts as short values; what is no simple value becomes its JSON. */
function simpleDetails(
  details: Readonly<Record<string, unknown>>,
): EventsResponse["events"][number]["details"] {
  const pairs = Object.entries(details).map(([name, value]) => {
    const simple = value === null || ["string", "number", "boolean"].includes(typeof value);
    return [name, simple ? value : (JSON.stringify(value) ?? null)];
  });
  return Object.fromEntries(pairs);
}
