import assert from "node:assert/strict";
import fc from "fast-check";
import type { DurableDatabase } from "../../../../src/connectors/store/durable-database.ts";
import { PalyraError } from "../../../../src/platform/errors.ts";
import { type Fault, FaultyDisk, seededRandom } from "./faulty-disk.ts";
import { numbersIn, openNumbers, putNumber, upTo } from "./numbered-rows.ts";

interface Progress {
  begun: number;
  acknowledged: number;
}

/** Writes `size` numbers at once and notes which of them were reported as stored. */
async function writeGroup(database: DurableDatabase, size: number, progress: Progress): Promise<void> {
  const writes: Promise<void>[] = [];
  for (let index = 0; index < size && database.failure === null; index += 1) {
    const n = progress.begun + 1;
    progress.begun = n;
    writes.push(
      putNumber(database, n).then(() => {
        assert.equal(n, progress.acknowledged + 1, "transactions are acknowledged in order");
        progress.acknowledged = n;
      }),
    );
  }
  await settle(writes);
}

/** Waits for all; an error other than the one expected of a failing disk is a failure of the test. */
async function settle(work: readonly Promise<unknown>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(work)) {
    if (outcome.status === "rejected") requireDiskError(outcome.reason);
  }
}

function requireDiskError(error: unknown): void {
  const code = error instanceof PalyraError ? error.code : (error as NodeJS.ErrnoException).code;
  assert.ok(["storage_failed", "ENOSPC", "EIO", "EROFS"].includes(String(code)), String(error));
}

/** Opens, writes, compacts, goes on after a pause, closes, opens again and writes on, until the disk stops it. */
async function work(disk: FaultyDisk, progress: Progress): Promise<void> {
  for (const groups of [
    [1, 3, 2],
    [2, 1],
  ]) {
    let database: DurableDatabase;
    try {
      database = await openNumbers(disk.layer);
    } catch (error) {
      requireDiskError(error);
      return;
    }
    for (const size of groups) {
      await writeGroup(database, size, progress);
      const compaction = database.checkpoint();
      await settle([compaction, writeGroup(database, 2, progress)]);
    }
    const goesOn = database.failure === null || (await goOn(database, progress));
    await database.close();
    if (!goesOn) return;
  }
}

/** Opens a paused database again and writes on; false while the disk refuses. */
async function goOn(database: DurableDatabase, progress: Progress): Promise<boolean> {
  try {
    await database.reopen();
  } catch (error) {
    requireDiskError(error);
    return false;
  }
  const numbers = numbersIn(database);
  assert.deepEqual(numbers, upTo(numbers.length), "what is there after it was opened again");
  assert.ok(numbers.length >= progress.acknowledged && numbers.length <= progress.begun);
  progress.begun = numbers.length;
  progress.acknowledged = numbers.length;
  await writeGroup(database, 2, progress);
  return true;
}

async function requirePrefix(disk: FaultyDisk, progress: Progress, what: string): Promise<number> {
  const database = await openNumbers(disk.layer);
  const numbers = numbersIn(database);
  await database.close();
  assert.deepEqual(numbers, upTo(numbers.length), `${what}: the rows are those of the first transactions`);
  assert.ok(
    numbers.length >= progress.acknowledged,
    `${what}: ${progress.acknowledged} were acknowledged, ${numbers.length} are there`,
  );
  assert.ok(numbers.length <= progress.begun, `${what}: nothing is there that was never written`);
  return numbers.length;
}

describe("The durable database on a failing disk", () => {
  const undisturbed = new FaultyDisk();
  before(() => work(undisturbed, { begun: 0, acknowledged: 0 }));

  for (const mode of ["fail", "half", "dead"] as const) {
    it(`keeps every acknowledged transaction when any one file operation ends in “${mode}”`, async () => {
      const total = undisturbed.operations.length;
      assert.ok(total > 80, `the run has ${total} operations to disturb`);
      for (let at = 1; at <= total; at += 1) {
        const fault: Fault = { at, mode, code: at % 2 === 0 ? "ENOSPC" : "EIO" };
        const disk = new FaultyDisk();
        disk.fault = fault;
        const progress = { begun: 0, acknowledged: 0 };
        await work(disk, progress);
        const what = `${mode} at ${at} (${disk.operations[at - 1]})`;
        const killed = disk.afterKill();
        await requirePrefix(killed, progress, `${what}, killed`);
        await requirePrefix(disk.afterPowerLoss(seededRandom(at)), progress, `${what}, power lost`);
        // A second loss of power right after the first recovery must not take what that recovery showed.
        const shown = await requirePrefix(killed, progress, `${what}, opened again`);
        const again = killed.afterPowerLoss(seededRandom(at + 1));
        await requirePrefix(
          again,
          { begun: shown, acknowledged: shown },
          `${what}, power lost after recovery`,
        );
      }
    }).timeout(60_000);
  }

  it("keeps every acknowledged transaction over random crashes, faults and compactions", async () => {
    const round = fc.record({
      groups: fc.array(fc.record({ size: fc.integer({ min: 1, max: 6 }), compact: fc.boolean() }), {
        maxLength: 4,
      }),
      at: fc.integer({ min: 1, max: 60 }),
      mode: fc.constantFrom("fail", "half", "dead", "none"),
      power: fc.boolean(),
      seed: fc.integer(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 5 }), async (rounds) => {
        let disk = new FaultyDisk();
        const progress = { begun: 0, acknowledged: 0 };
        for (const { groups, at, mode, power, seed } of rounds) {
          disk.fault = mode === "none" ? null : { at, mode, code: "EIO" };
          const database = await openNumbers(disk.layer).catch(requireDiskError);
          for (const { size, compact } of database ? groups : []) {
            if (!database) break;
            const compaction = compact ? [database.checkpoint()] : [];
            await settle([...compaction, writeGroup(database, size, progress)]);
          }
          const crashed = power ? disk.afterPowerLoss(seededRandom(seed)) : disk.afterKill();
          await database?.close();
          const count = await requirePrefix(crashed, progress, "after a round");
          progress.begun = count;
          progress.acknowledged = count;
          disk = crashed;
        }
      }),
      { numRuns: 60 },
    );
  }).timeout(60_000);
});
