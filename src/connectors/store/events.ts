import type { DurableDatabase, Transaction } from "./durable-database.ts";
import {
  type ConnectorEvent,
  type ConnectorEventInput,
  type EventLevel,
  type EventQuery,
  type EventStore,
  eventLevels,
} from "./parts/event-store.ts";
import type { Row, SqlValue } from "./sql-value.ts";

const typeCharacters = 128;
const messageCharacters = 1_024;
const detailsBytes = 8_192;
/** A repetition counts as one when it comes within this time of the one before, in milliseconds. */
const repeatWithinMs = 60_000;
/** Longest time that one row stands for, in milliseconds. */
const repeatForMs = 3_600_000;

/** The table `connector_events`. */
export class SqliteEvents implements EventStore {
  readonly #database: DurableDatabase;
  readonly #onAdded: (now: number) => void;

  /** @param onAdded called with the instant of every event that made a new row */
  constructor(database: DurableDatabase, onAdded: (now: number) => void) {
    this.#database = database;
    this.#onAdded = onAdded;
  }

  async append(event: ConnectorEventInput, now: number): Promise<void> {
    if (await this.#database.write((tx) => appendEvent(tx, event, now))) this.#onAdded(now);
  }

  async list(query: EventQuery): Promise<ConnectorEvent[]> {
    const conditions = ["event_id < ?"];
    const params: SqlValue[] = [query.before ?? Number.MAX_SAFE_INTEGER];
    if (query.connectorId !== undefined) {
      conditions.push("connector_id = ?");
      params.push(query.connectorId);
    }
    if (query.types !== undefined) {
      conditions.push(`event_type IN (${query.types.map(() => "?").join(", ")})`);
      params.push(...query.types);
    }
    if (query.minLevel !== undefined) {
      const serious = eventLevels.slice(eventLevels.indexOf(query.minLevel));
      conditions.push(`level IN (${serious.map(() => "?").join(", ")})`);
      params.push(...serious);
    }
    const sql = `SELECT * FROM connector_events WHERE ${conditions.join(" AND ")} ORDER BY event_id DESC LIMIT ?`;
    return this.#database.read(sql, [...params, query.limit]).map(eventOf);
  }

  async after(eventId: number, limit: number): Promise<ConnectorEvent[]> {
    const sql = "SELECT * FROM connector_events WHERE event_id > ? ORDER BY event_id LIMIT ?";
    return this.#database.read(sql, [eventId, limit]).map(eventOf);
  }
}

/** Adds an event within a transaction. @returns false when the event was counted as a repetition */
export function appendEvent(tx: Transaction, event: ConnectorEventInput, now: number): boolean {
  const type = event.type.slice(0, typeCharacters);
  const message = event.message.slice(0, messageCharacters);
  const details = detailsJson(event.details);
  const newest = tx.get(
    `SELECT event_id, level, message, details_json, created_at, last_at FROM connector_events
     WHERE connector_id = ? AND event_type = ? ORDER BY event_id DESC LIMIT 1`,
    [event.connectorId, type],
  );
  const repeats =
    newest !== undefined &&
    newest.level === event.level &&
    newest.message === message &&
    newest.details_json === details &&
    now - Number(newest.last_at) < repeatWithinMs &&
    now - Number(newest.created_at) < repeatForMs;
  if (repeats) {
    tx.run("UPDATE connector_events SET count = count + 1, last_at = MAX(last_at, ?) WHERE event_id = ?", [
      now,
      newest.event_id ?? null,
    ]);
    return false;
  }
  tx.run(
    `INSERT INTO connector_events (connector_id, event_type, level, message, details_json, created_at, last_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    [event.connectorId, type, event.level, message, details, now, now],
  );
  return true;
}

function detailsJson(details: ConnectorEventInput["details"]): string | null {
  if (details === undefined) return null;
  const json = JSON.stringify(details);
  const bytes = Buffer.byteLength(json);
  return bytes <= detailsBytes ? json : JSON.stringify({ omitted: `${bytes} bytes of details` });
}

function eventOf(row: Row): ConnectorEvent {
  return {
    eventId: Number(row.event_id),
    connectorId: String(row.connector_id),
    type: String(row.event_type),
    level: eventLevels.find((level) => level === row.level) ?? ("error" satisfies EventLevel),
    message: String(row.message),
    details:
      row.details_json === null
        ? null
        : (JSON.parse(String(row.details_json)) as Readonly<Record<string, unknown>>),
    count: Number(row.count),
    createdAt: Number(row.created_at),
    lastAt: Number(row.last_at),
  };
}
