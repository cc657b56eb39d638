import assert from "node:assert/strict";
import { loadOnce } from "../../../src/gateway/load-once.ts";

describe("A part of the gateway that is loaded when it is needed", () => {
  it("is loaded once for all who need it, and again after it could not be loaded", async () => {
    let calls = 0;
    let works = false;
    const load = loadOnce(async () => {
      calls += 1;
      if (!works) throw new Error("too many open files");
      return calls;
    });
    await Promise.all([assert.rejects(load()), assert.rejects(load())]);
    assert.equal(calls, 1);
    works = true;
    assert.deepEqual(await Promise.all([load(), load()]), [2, 2]);
    assert.equal(await load(), 2);
  });
});
