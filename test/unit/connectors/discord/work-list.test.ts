import assert from "node:assert/strict";
import { WorkList } from "../../../../src/connectors/discord/work-list.ts";

describe("A list of work", () => {
  it("does each task once, also when it is asked for again, and tries what failed again", async () => {
    const list = new WorkList(2);
    const runs: string[] = [];
    let isBroken = true;
    const task = (name: string) => async (): Promise<boolean> => {
      runs.push(name);
      if (name === "a") list.add("c", task("c"));
      return name !== "b" || !isBroken;
    };
    assert.equal(list.has("a"), false);
    list.add("a", task("a"));
    list.add("a", task("a"));
    assert.equal(list.has("a"), true);
    list.add("b", task("b"));
    assert.equal(await list.run(), false);
    assert.deepEqual([list.hasFailed("a"), list.hasFailed("b")], [false, true]);
    list.add("a", task("a"));
    isBroken = false;
    assert.equal(await list.run(), true);
    assert.equal(list.hasFailed("b"), false);
    assert.deepEqual(runs, ["a", "b", "c", "b"]);
  });

  it("that is stopped begins nothing more, and what was not done by then has failed", async () => {
    const list = new WorkList(1);
    let finish: (isDone: boolean) => void = () => undefined;
    list.add("first", () => new Promise((resolve) => (finish = resolve)));
    list.add("second", () => assert.fail("it was stopped"));
    const running = list.run();
    list.stop();
    list.add("third", () => assert.fail("it was stopped"));
    finish(true);
    assert.equal(await running, false);
    assert.equal(await list.run(), false);
    assert.deepEqual(
      ["first", "second", "third"].map((name) => list.hasFailed(name)),
      [true, true, true],
    );
  });
});
