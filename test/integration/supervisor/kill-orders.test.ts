import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import type { ServiceView } from "../../../src/contracts/snapshot.ts";
import { ControlCenter } from "../../../src/supervisor/control-center.ts";
import { serviceIn, TestHome, testOptions, viewOf } from "../../support/supervisor/control-center-host.ts";
import { type HostProcess, startHost } from "../../support/supervisor/start-host.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";

/** Kills in one run; `PALYRA_KILLS` and `PALYRA_SEED` play a longer or an earlier one. */
const kills = Number(process.env.PALYRA_KILLS ?? 12);
const seed = Number(process.env.PALYRA_SEED ?? randomInt(1, 2 ** 31));

/** Rounds in which several windows open at one moment; `PALYRA_RUNS` gives more. */
const runs = Number(process.env.PALYRA_RUNS ?? 3);

/** Park and Miller's generator: the same seed gives the same order of kills. */
function randomFrom(start: number): (below: number) => number {
  let state = start;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

/** The one gateway that lives, if any. @throws when there are two */
async function onlyGateway(home: TestHome): Promise<number | undefined> {
  const pids = await home.living("gateway");
  assert.ok(pids.length <= 1, `two gateways at once: ${pids}`);
  return pids[0];
}

/**
 * Waits as the user of one more window would until a gateway lives. Five crashes within three minutes are a crash
 * loop and end in “failed”: then the user chooses Retry.
 */
async function gatewayAfterRetry(home: TestHome): Promise<number> {
  const user = await ControlCenter.open(testOptions(home.stateRoot, { hostName: "user" }));
  const shown = (): ServiceView => viewOf(user.snapshot, "gateway");
  try {
    return await waitUntil(
      "one gateway lives",
      async () => {
        if (shown().state === "failed") await user.retry("gateway");
        return await onlyGateway(home);
      },
      60_000,
    );
  } catch (thrown) {
    throw new Error(`No gateway; the user sees ${JSON.stringify(shown())}`, { cause: thrown });
  } finally {
    await user.dispose();
  }
}

describe("Windows and services killed in random order", () => {
  let home: TestHome;
  const hosts: HostProcess[] = [];
  beforeEach(async () => {
    home = await TestHome.create();
  });
  afterEach(async () => {
    for (const host of hosts.splice(0)) await host.kill();
    await home.remove();
  });

  it(`leave one set of services, and none after a stop (seed ${seed}, ${kills} kills)`, async function () {
    this.timeout(20_000 + kills * 5_000);
    const random = randomFrom(seed);
    hosts.push(startHost(home.stateRoot, "window 0"), startHost(home.stateRoot, "window 1"));
    for (let kill = 0; kill < kills; kill += 1) {
      const living = (await onlyGateway(home)) ?? (await gatewayAfterRetry(home));
      if (random(2) === 0) {
        const signal = random(4) === 0 ? "SIGSTOP" : "SIGKILL";
        try {
          process.kill(living, signal);
        } catch (error) {
          // It is being replaced at this moment.
          if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
        }
        if (signal === "SIGKILL") {
          await waitUntil("it is gone", async () => !(await home.living("gateway")).includes(living));
        }
      } else {
        const [victim] = hosts.splice(random(hosts.length), 1);
        await victim?.kill();
        hosts.push(startHost(home.stateRoot, `window ${kill + 2}`));
      }
    }
    for (const host of hosts.splice(0)) await host.kill();
    const last = await home.open();
    await last.retry("gateway");
    const { pid } = await serviceIn(last, "gateway", "running", 20_000);
    assert.deepEqual(await home.living("gateway"), [pid]);
    await last.stop();
    assert.deepEqual(await home.living("gateway"), []);
  });
});

describe("Windows and terminals that open at the same moment", () => {
  it(`start one set of services, ${runs} times out of ${runs}`, async function () {
    this.timeout(20_000 + runs * 10_000);
    for (let run = 1; run <= runs; run += 1) {
      const home = await TestHome.create();
      const hosts = [startHost(home.stateRoot, "window 1"), startHost(home.stateRoot, "terminal")];
      try {
        const centers = await Promise.all([home.open(), home.open()]);
        for (const center of centers) await serviceIn(center, "gateway", "running");
        const owners = centers.filter(({ role }) => role === "owner").length;
        const roles = await Promise.all(hosts.map((host) => host.role()));
        assert.equal(owners + roles.filter((role) => role === "owner").length, 1, `run ${run}`);
        assert.equal((await home.starts("gateway")).length, 1, `run ${run}`);
      } finally {
        for (const host of hosts) await host.kill();
        await home.remove();
      }
    }
  });
});
