import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type CircuitState,
  circuitLimits,
  closedCircuit,
  onAnswered,
  onBegun,
  onHope,
  onUnreachable,
  permitted,
} from "../../../../src/connectors/supervisor/circuit.ts";

const fail = (state: CircuitState, times: number, now = 0): CircuitState =>
  Array.from({ length: times }).reduce<CircuitState>((one) => onUnreachable(one, now, 0.5), state);

describe("The circuit of a connector", () => {
  it("opens after several failures in a row, and not when answers come in between", () => {
    const almost = fail(closedCircuit, circuitLimits.failures - 1);
    assert.equal(almost.kind, "closed");
    assert.equal(fail(onAnswered(almost), circuitLimits.failures - 1).kind, "closed");
    assert.equal(fail(almost, 1).kind, "open");
  });

  it("lets nothing through while it is open, then exactly one message, and all again once that was answered", () => {
    const open = fail(closedCircuit, circuitLimits.failures);
    assert.equal(open.kind === "open" && open.until, circuitLimits.firstOpenMs);
    assert.equal(permitted(open, 4, circuitLimits.firstOpenMs - 1), 0);
    assert.equal(permitted(open, 4, circuitLimits.firstOpenMs), 1);
    const probing = onBegun(open, circuitLimits.firstOpenMs);
    assert.equal(probing.kind, "half_open");
    assert.equal(permitted(probing, 4, circuitLimits.firstOpenMs), 0);
    assert.equal(permitted(onAnswered(probing), 4, 0), 4);
  });

  it("waits longer after each failed probe, up to a minute and a bit", () => {
    let state = fail(closedCircuit, circuitLimits.failures);
    const waits: number[] = [];
    for (let round = 0; round < 12 && state.kind === "open"; round += 1) {
      const now = state.until;
      state = onUnreachable(onBegun(state, now), now, 0.5);
      if (state.kind === "open") waits.push(state.until - now);
    }
    assert.deepEqual(waits.slice(0, 3), [4_000, 8_000, 16_000]);
    assert.equal(waits.at(-1), circuitLimits.longestOpenMs);
  });

  it("tries at once when there is a new connection, still with one message only", () => {
    const open = fail(closedCircuit, circuitLimits.failures);
    assert.equal(permitted(onHope(open, 10), 4, 10), 1);
  });

  it("does not wait for a clock that was set back", () => {
    const hour = 3_600_000;
    const long = Array.from({ length: 9 }).reduce<CircuitState>(
      (state) => onUnreachable(onBegun(onHope(state, hour), hour), hour, 0.99),
      fail(closedCircuit, circuitLimits.failures, hour),
    );
    assert.ok(long.kind === "open" && long.until > hour + circuitLimits.longestOpenMs);
    assert.equal(permitted(long, 4, hour), 0);
    assert.equal(permitted(long, 4, 0), 1);
    assert.equal(onBegun(long, 0).kind, "half_open");
  });

  it("never stays closed to messages for ever, whatever happens in whatever order", () => {
    const event = fc.constantFrom("answered", "unreachable", "begun", "hope");
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 60 }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        (events, random) => {
          let state: CircuitState = closedCircuit;
          let now = 0;
          for (const one of events) {
            now += 500;
            if (one === "answered") state = onAnswered(state);
            else if (one === "unreachable") state = onUnreachable(state, now, random);
            else if (one === "begun") state = onBegun(state, now);
            else state = onHope(state, now);
          }
          // A probe in hand ends in one of two ways; after both a message is let through at last.
          for (const ended of state.kind === "half_open"
            ? [onAnswered(state), onUnreachable(state, now, random)]
            : [state]) {
            assert.ok(permitted(ended, 1, now + circuitLimits.longestOpenMs * 1.25 + 1) === 1);
          }
        },
      ),
    );
  });
});
