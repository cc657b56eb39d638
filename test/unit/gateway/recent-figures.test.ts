import assert from "node:assert/strict";
import fc from "fast-check";
import type { ConnectorFigures } from "../../../src/contracts/connector-operations.ts";
import { type FigureSamples, hasRecent, recentFigures } from "../../../src/gateway/recent-figures.ts";

const minute = 60_000;
const hour = 60 * minute;
const idle = { sample_count: 0, avg_ms: 0, max_ms: 0 };
const figures = (change: Partial<ConnectorFigures> = {}): ConnectorFigures => ({
  inbound_events_processed: 0,
  inbound_dedupe_hits: 0,
  inbound_routed: 0,
  inbound_retries: 0,
  inbound_failed: 0,
  outbound_sends_ok: 0,
  outbound_sends_retry: 0,
  outbound_sends_deferred: 0,
  outbound_sends_dead_letter: 0,
  dead_letters_replayed: 0,
  route_message_latency_ms: idle,
  delivery_latency_ms: idle,
  policy_denials: [],
  ...change,
});

/** What is recent after readings at these minutes with these figures. */
function readAll(readings: readonly (readonly [minutes: number, change: Partial<ConnectorFigures>])[]) {
  let samples: FigureSamples = [];
  let told = recentFigures([], figures(), 0).recent;
  for (const [minutes, change] of readings) {
    const result = recentFigures(samples, figures(change), minutes * minute);
    ({ samples } = result);
    told = result.recent;
  }
  return { told, samples };
}

describe("What a connector did lately", () => {
  const old = { inbound_routed: 500, outbound_sends_ok: 500, outbound_sends_dead_letter: 40 };

  it("is nothing at the start of the gateway, whatever it did before", () => {
    const { told } = readAll([[0, old]]);
    assert.equal(hasRecent(told), false);
    assert.equal(told.window_ms, minute);
  });

  it("is what it did since, and says how far that reaches back", () => {
    const { told } = readAll([
      [0, old],
      [5, { ...old, outbound_sends_dead_letter: 43, outbound_sends_ok: 507 }],
    ]);
    assert.deepEqual([told.outbound_sends_dead_letter, told.outbound_sends_ok], [3, 7]);
    assert.equal(told.window_ms, 5 * minute);
  });

  it("heals: failures of more than an hour ago count no more, also when nothing happens any more", () => {
    const failed = { outbound_sends_dead_letter: 43 };
    const readings = Array.from({ length: 90 }, (_, n) => [n, n < 10 ? {} : failed] as const);
    assert.equal(readAll(readings.slice(0, 70)).told.outbound_sends_dead_letter, 43);
    const { told } = readAll(readings);
    assert.equal(hasRecent(told), false);
    assert.equal(told.window_ms, hour);
  });

  it("appears: a few failures now are seen beside thousands of successes long ago", () => {
    const { told } = readAll([
      [0, { outbound_sends_ok: 100_000 }],
      [200, { outbound_sends_ok: 100_000 }],
      [201, { outbound_sends_ok: 100_000, outbound_sends_dead_letter: 5 }],
    ]);
    assert.deepEqual([told.outbound_sends_ok, told.outbound_sends_dead_letter], [0, 5]);
  });

  it("begins anew with a connector that does", () => {
    const { told } = readAll([
      [0, old],
      [5, { inbound_routed: 1 }],
      [6, { inbound_routed: 3 }],
    ]);
    assert.equal(told.inbound_routed, 2);
  });

  it("does not call old failures new when the clock is set back by days", () => {
    const failed = { outbound_sends_dead_letter: 3 };
    const back = -3 * 24 * 60;
    const { told, samples } = readAll([
      [0, {}],
      [5, failed],
      [back, failed],
      [back + 50, failed],
    ]);
    assert.deepEqual([told.outbound_sends_dead_letter, told.window_ms], [0, 50 * minute]);
    assert.ok(samples.every(({ at }) => at <= (back + 50) * minute));
  });

  it("is the growth within about an hour and never less than nothing, of few samples, whatever the readings", () => {
    const reading = fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 9 }));
    fc.assert(
      fc.property(fc.array(reading, { minLength: 1, maxLength: 200 }), (steps) => {
        let at = 0;
        let total = 0;
        const known = steps.map(([minutes, more]) => {
          at += minutes;
          total += more;
          return [at, { inbound_routed: total }] as const;
        });
        const { told, samples } = readAll(known);
        const grown = (since: number): number => {
          const base = known.findLast(([minutes]) => minutes <= since) ?? known[0];
          return total - (base?.[1].inbound_routed ?? 0);
        };
        assert.equal(told.inbound_routed >= 0, true);
        assert.ok(told.inbound_routed >= grown(at - 60), "nothing of the last hour is left out");
        assert.ok(told.inbound_routed <= grown(at - 101), "and nothing much older is in it");
        assert.ok(samples.length <= 63);
      }),
    );
  });
});
