import assert from "node:assert/strict";
import fc from "fast-check";
import type { ConnectorEvent } from "../../../src/connectors/store/parts/event-store.ts";
import type { EventCursor } from "../../../src/contracts/timeline.ts";
import { eventsAfter } from "../../../src/gateway/events-after.ts";

const row = (eventId: number, createdAt: number, type = "connector.started"): ConnectorEvent => ({
  eventId,
  connectorId: "discord:default",
  type,
  level: "info",
  message: `event ${eventId}`,
  details: null,
  count: 1,
  createdAt,
  lastAt: createdAt,
});

const logOf = (rows: readonly ConnectorEvent[]) => ({
  after: async (eventId: number, limit: number) => rows.filter((r) => r.eventId > eventId).slice(0, limit),
});

/** Reads everything after a place, page by page. */
async function readAll(rows: readonly ConnectorEvent[], after: EventCursor | null, limit: number) {
  const ids: number[] = [];
  let cursor = after;
  for (let more = true; more; ) {
    const page = await eventsAfter(logOf(rows), { after: cursor, limit });
    ids.push(...page.events.map((event) => event.cursor.event_id));
    cursor = page.next;
    more = page.more;
  }
  return { ids, cursor };
}

describe("Events after a place in the gateway's log", () => {
  it("come each once and in order, however they are cut into pages and whatever is between", async () => {
    const anyLog = fc.array(fc.constantFrom("connector.started", "outbox.retry", "approval.requested"), {
      maxLength: 60,
    });
    await fc.assert(
      fc.asyncProperty(anyLog, fc.integer({ min: 1, max: 9 }), fc.nat(60), async (types, limit, read) => {
        const rows = types.map((type, index) => row(index + 1, index * 10, type));
        const first = await readAll(rows.slice(0, read), null, limit);
        const second = await readAll(rows, first.cursor, limit);
        const wanted = rows.filter(({ type }) => type !== "outbox.retry").map(({ eventId }) => eventId);
        assert.deepEqual([...first.ids, ...second.ids], wanted);
      }),
    );
  });

  it("of a log that began anew come from its beginning, but not those of the time before", async () => {
    const anew = [row(1, 400), row(2, 600), row(3, 700)];
    assert.deepEqual((await readAll(anew, { event_id: 2, unix_ms: 500 }, 1)).ids, [2, 3]);
    assert.deepEqual((await readAll(anew, { event_id: 90, unix_ms: 500 }, 10)).ids, [2, 3]);
  });

  it("go on behind an event that was forgotten in the meantime", async () => {
    const rest = [row(8, 500), row(9, 500), row(10, 600)];
    assert.deepEqual((await readAll(rest, { event_id: 7, unix_ms: 500 }, 2)).ids, [8, 9, 10]);
  });

  it("are none while the log is empty", async () => {
    assert.deepEqual(await eventsAfter(logOf([]), { after: null, limit: 5 }), {
      events: [],
      next: null,
      more: false,
    });
  });
});
