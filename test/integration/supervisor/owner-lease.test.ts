import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { LeaseFolder, type LeaseHolder } from "../../../src/supervisor/owner-lease.ts";

const holder = (name: string): LeaseHolder => ({
  name,
  pid: 1,
  process_start: "x",
  endpoint: `/${name}`,
  acquired_at_unix_ms: 0,
  released: false,
});

describe("The lease of a state root", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "palyra-lease-"));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it("goes to exactly one of many who judge the same owner gone, a hundred times in a row", async () => {
    const leases = new LeaseFolder(folder);
    for (let round = 1; round <= 100; round += 1) {
      const generation = ((await leases.current())?.generation ?? 0) + 1;
      const taken = await Promise.all(
        ["a", "b", "c", "d"].map(async (name) =>
          (await leases.take(generation, holder(name))) ? name : null,
        ),
      );
      const winners = taken.filter((name) => name !== null);
      assert.equal(winners.length, 1);
      assert.equal((await leases.current())?.holder?.name, winners[0]);
    }
    assert.deepEqual(await readdir(folder), ["owner.100.lease"]);
  });

  it("cannot be taken by who judged an older one, however late it comes", async () => {
    const leases = new LeaseFolder(folder);
    assert.ok(await leases.take(1, holder("first")));
    assert.ok(await leases.take(2, holder("second")));
    assert.ok(await leases.take(3, holder("third")));
    assert.equal(await leases.take(2, holder("late")), false);
    assert.equal((await leases.current())?.holder?.name, "third");
  });

  it("can be taken although a damaged file has the highest number there is", async () => {
    await writeFile(path.join(folder, `owner.${"9".repeat(15)}.lease`), "");
    const leases = new LeaseFolder(folder);
    const generation = ((await leases.current())?.generation ?? 0) + 1;
    const tries = await Promise.all([
      leases.take(generation, holder("a")),
      leases.take(generation, holder("b")),
    ]);
    assert.deepEqual(tries, [false, false]);
    assert.equal(await leases.current(), null);
    assert.ok(await leases.take(1, holder("a")));
    assert.equal((await leases.current())?.holder?.name, "a");
  });

  it("can be taken although there is something in the way that cannot be removed", async () => {
    const leases = new LeaseFolder(folder);
    await mkdir(path.join(folder, "owner.1.lease"));
    assert.deepEqual(await leases.current(), { generation: 1, holder: null });
    assert.equal(await leases.take(2, holder("a")), true);
    assert.equal((await leases.current())?.holder?.name, "a");
  });

  it("says when its holder left by itself", async () => {
    const leases = new LeaseFolder(folder);
    await leases.take(1, holder("first"));
    await leases.release(1, holder("first"));
    assert.equal((await leases.current())?.holder?.released, true);
  });
});
