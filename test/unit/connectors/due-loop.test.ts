import assert from "node:assert/strict";
import { DueLoop } from "../../../src/connectors/due-loop.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";

describe("A loop of due work", () => {
  const loops: DueLoop[] = [];
  afterEach(async () => {
    for (const loop of loops.splice(0)) await loop.stop();
  });
  const loopOf = (work: () => Promise<void>, due: () => number | null, faultWait = 10_000): DueLoop => {
    const loop = new DueLoop({ work, nextDueAt: async () => due(), onFault: () => faultWait });
    loops.push(loop);
    return loop;
  };

  it("does nothing before its start, then runs once and rests when nothing is due", async () => {
    let runs = 0;
    const loop = loopOf(
      async () => {
        runs += 1;
      },
      () => null,
    );
    loop.wake();
    assert.equal(runs, 0);
    loop.start();
    await waitUntil("the first run", () => runs === 1);
    loop.wake();
    await waitUntil("the second run", () => runs === 2);
  });

  it("never runs twice at the same time, and loses no call that comes meanwhile", async () => {
    let running = 0;
    let most = 0;
    let runs = 0;
    const loop = loopOf(
      async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        runs += 1;
      },
      () => null,
    );
    loop.start();
    for (let index = 0; index < 5; index += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      loop.wake();
    }
    await waitUntil("the last run", () => running === 0 && runs >= 2);
    assert.equal(most, 1);
  });

  it("runs by itself when something becomes due", async () => {
    let runs = 0;
    const due = Date.now() + 60;
    const loop = loopOf(
      async () => {
        runs += 1;
      },
      () => (runs < 2 ? due : null),
    );
    loop.start();
    await waitUntil("the run at the due time", () => runs === 2);
    assert.ok(Date.now() >= due);
  });

  it("goes on after a failed run, after the wait it is told", async () => {
    let runs = 0;
    const loop = loopOf(
      async () => {
        runs += 1;
        if (runs === 1) throw new Error("disk full");
      },
      () => null,
      20,
    );
    loop.start();
    await waitUntil("the run after the fault", () => runs === 2);
  });

  it("does not begin a run after its stop", async () => {
    let runs = 0;
    const loop = loopOf(
      async () => {
        runs += 1;
      },
      () => Date.now() + 5,
    );
    loop.start();
    await loop.stop();
    const before = runs;
    loop.wake();
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal(runs, before);
  });
});
