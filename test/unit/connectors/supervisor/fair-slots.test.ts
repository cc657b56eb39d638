import assert from "node:assert/strict";
import fc from "fast-check";
import { FairSlots, type SlotShare } from "../../../../src/connectors/supervisor/fair-slots.ts";

describe("Slots that several connectors share", () => {
  it("are never more than there are, and all can be used by one who is alone", () => {
    const slots = new FairSlots(4);
    const alone = slots.join(() => undefined);
    assert.equal(alone.take(10), 4);
    assert.equal(alone.take(10), 0);
    alone.giveBack(4);
    assert.equal(slots.used, 0);
  });

  it("go to who waits before they go again to who has had some", () => {
    const slots = new FairSlots(2);
    const woken: string[] = [];
    const busy = slots.join(() => woken.push("busy"));
    const quiet = slots.join(() => woken.push("quiet"));
    assert.equal(busy.take(5), 2);
    assert.equal(quiet.take(1), 0);
    busy.giveBack(1);
    assert.ok(woken.includes("quiet") || woken.includes("busy"));
    busy.take(0);
    // The busy one waits too, and before: but its turn is one slot, and the next is the quiet one's.
    assert.equal(busy.take(1), 1);
    busy.giveBack(1);
    assert.equal(busy.take(1), 0);
    assert.equal(quiet.take(1), 1);
  });

  it("are not kept for who has nothing to do any more", () => {
    const slots = new FairSlots(1);
    const first = slots.join(() => undefined);
    const second = slots.join(() => undefined);
    first.take(1);
    second.take(1);
    first.giveBack(1);
    assert.equal(first.take(1), 0);
    second.withdraw();
    assert.equal(first.take(1), 1);
  });

  it("reach every connector after a bounded number of others, however much one of them has to do", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 2, maxLength: 6 }),
        fc.array(fc.nat({ max: 100 }), { minLength: 50, maxLength: 50 }),
        (capacity, demands, choices) => {
          const slots = new FairSlots(capacity);
          const held: number[] = [];
          const left = [...demands];
          const servedAt: number[][] = demands.map(() => []);
          let clock = 0;
          const shares: SlotShare[] = [];
          const tryOne = (index: number): void => {
            const share = shares[index];
            const wanted = left[index] ?? 0;
            if (share === undefined) return;
            if (wanted === 0) {
              share.withdraw();
              return;
            }
            const taken = share.take(wanted);
            left[index] = wanted - taken;
            for (let n = 0; n < taken; n += 1) {
              held.push(index);
              servedAt[index]?.push(clock);
            }
            assert.ok(slots.used <= capacity);
          };
          for (const index of demands.keys()) shares.push(slots.join(() => tryOne(index)));
          for (const index of demands.keys()) tryOne(index);
          while (held.length > 0) {
            clock += 1;
            const [index = 0] = held.splice((choices[clock % choices.length] ?? 0) % held.length, 1);
            shares[index]?.giveBack(1);
          }
          assert.deepEqual(
            left,
            demands.map(() => 0),
            "all work is done",
          );
          assert.equal(slots.used, 0);
          for (const times of servedAt) {
            let last = 0;
            for (const at of times) {
              assert.ok(
                at - last <= demands.length + capacity,
                `waited ${at - last} turns of ${demands.length}`,
              );
              last = at;
            }
          }
        },
      ),
    );
  });
});
