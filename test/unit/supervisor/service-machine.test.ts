import assert from "node:assert/strict";
import fc from "fast-check";
import type { ErrorDetails } from "../../../src/contracts/errors.ts";
import { step } from "../../../src/supervisor/service-machine.ts";
import {
  crashesKept,
  mayHaveProcess,
  movedBy,
  newServiceMachine,
  type ServiceEffect,
  type ServiceEvent,
  type ServiceMachine,
} from "../../../src/supervisor/service-model.ts";
import { supervisorTimings as timings } from "../../../src/supervisor/supervisor-timings.ts";

const problem: ErrorDetails = { code: "internal_error", message: "boom", next_step: "look" };
const facts = { pid: 7, version: "1", ports: [], started_at_unix_ms: 0, adopted: false };
const exit = { code: 1, signal: null, fatal: null, stderr: [] };

/**
 * A service with a world around it: carries out launches, stops and kills as an operating system would,
 * and fails the test as soon as two processes live at once.
 */
class World {
  state: ServiceMachine;
  now = 0;
  /** Run of the process that lives or is being started; null = none. */
  process: number | null = null;
  /** Whether the process is known to the machine. */
  isConnected = false;
  starts: number[] = [];
  readonly effects: ServiceEffect[] = [];

  constructor(desired: boolean) {
    this.state = newServiceMachine("palyrad", desired);
  }

  send(event: ServiceEvent): void {
    const next = step(this.state, event, { now: this.now, random: 0.5, timings });
    this.state = next.state;
    for (const effect of next.effects) {
      this.effects.push(effect);
      if (effect.kind !== "launch") continue;
      assert.equal(this.process, null, "a second process was started");
      this.process = effect.run;
      this.isConnected = false;
      this.starts.push(this.now);
      if (effect.adoptOnly) this.ends({ kind: "launch_failed", run: effect.run, error: null, lasting: true });
    }
    const { deadline, phase } = this.state;
    if (phase !== "stopped" && phase !== "failed") {
      assert.notEqual(deadline, null, `${phase} has no deadline`);
    }
    if (phase === "failed" || phase === "backoff" || phase === "unhealthy")
      assert.notEqual(this.state.problem, null, `${phase} has no reason`);
    assert.ok(this.state.crashes.length <= crashesKept);
    assert.equal(mayHaveProcess(this.state), this.process !== null, `${phase} is wrong about its process`);
  }

  connect(outdated = false): void {
    if (this.process === null || this.isConnected) return;
    this.isConnected = true;
    this.send({ kind: "connected", run: this.process, facts, outdated });
  }

  ends(event: ServiceEvent): void {
    this.process = null;
    this.send(event);
  }

  exit(code: number | null = 1): void {
    if (this.process !== null) this.ends({ kind: "exited", run: this.process, exit: { ...exit, code } });
  }

  failToLaunch(lasting: boolean): void {
    if (this.process === null || this.isConnected) return;
    this.ends({ kind: "launch_failed", run: this.process, error: problem, lasting });
  }

  /** A stop or an end by force came before there was a process. */
  giveUpLaunch(): void {
    if (this.process === null || this.isConnected) return;
    if (this.state.phase !== "unhealthy" && this.state.phase !== "stopping") return;
    this.ends({ kind: "launch_failed", run: this.process, error: null, lasting: true });
  }

  tell(health: "ok" | "degraded" | "unhealthy", quiet: boolean): void {
    if (this.process === null || !this.isConnected) return;
    this.send({ kind: "health", run: this.process, health, quiet, reason: health === "ok" ? null : problem });
  }

  pong(): void {
    if (this.process !== null) this.send({ kind: "pong", run: this.process });
  }

  passTime(ms: number): void {
    this.now += ms;
    this.send({ kind: "tick" });
  }

  /** Lets the process end whenever it was told to by force, and time pass, until nothing more happens. */
  settle(): void {
    for (let turn = 0; turn < 50; turn += 1) {
      if (this.effects.at(-1)?.kind === "kill") this.exit(null);
      if (this.state.deadline === null) return;
      this.passTime(Math.max(0, this.state.deadline - this.now));
    }
  }
}

const action = fc.oneof(
  fc.constantFrom<(world: World) => void>(
    (world) => world.send({ kind: "start" }),
    (world) => world.send({ kind: "stop" }),
    (world) => world.send({ kind: "restart" }),
    (world) => world.send({ kind: "retry" }),
    (world) => world.connect(),
    (world) => world.connect(true),
    (world) => world.exit(),
    (world) => world.exit(0),
    (world) => world.exit(78),
    (world) => world.failToLaunch(false),
    (world) => world.failToLaunch(true),
    (world) => world.pong(),
    (world) => world.giveUpLaunch(),
    (world) => world.tell("ok", true),
    (world) => world.tell("degraded", false),
    (world) => world.tell("unhealthy", true),
    // Late news of processes that are long gone.
    (world) => world.send({ kind: "exited", run: world.state.run - 1, exit }),
    (world) => world.send({ kind: "connected", run: world.state.run - 1, facts, outdated: false }),
  ),
  fc.integer({ min: 0, max: 70_000 }).map((ms) => (world: World) => world.passTime(ms)),
);

function runningWorld(): World {
  const world = new World(true);
  world.send({ kind: "open" });
  world.connect();
  return world;
}

/** What the hello tells is from outside: the same instants, whatever the clock says here. */
function withoutFacts({ facts: _, ...state }: ServiceMachine): Omit<ServiceMachine, "facts"> {
  return state;
}

describe("The state machine of a service", () => {
  it("never has two processes at once, and has a deadline wherever something must follow", () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(action, { maxLength: 60 }), (desired, actions) => {
        const world = new World(desired);
        world.send({ kind: "open" });
        for (const act of actions) act(world);
      }),
      { numRuns: 500 },
    );
  });

  it("goes on as before when the clock is set back, in whatever state it is", () => {
    const jump = fc.integer({ min: -86_400_000, max: 0 });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 30 }), action, jump, (actions, last, by) => {
        const [one, other] = [new World(true), new World(true)];
        for (const world of [one, other]) {
          world.send({ kind: "open" });
          for (const act of actions) act(world);
        }
        other.now += by;
        other.state = movedBy(other.state, by);
        last(one);
        last(other);
        assert.deepEqual(withoutFacts(other.state), withoutFacts(movedBy(one.state, by)));
        assert.deepEqual(other.effects, one.effects);
      }),
      { numRuns: 500 },
    );
  });

  it("has its whole time to start when the clock is set forward or the machine sleeps meanwhile", () => {
    const world = new World(true);
    world.send({ kind: "open" });
    world.now += 3_600_000;
    world.state = movedBy(world.state, 3_600_000);
    world.passTime(timings.readinessMs - 1);
    assert.equal(world.state.phase, "starting");
    world.connect();
    world.exit();
    world.now += 3_600_000;
    const before = world.state.crashes;
    assert.deepEqual(movedBy(world.state, 3_600_000).crashes, before, "what was keeps its time");
  });

  it("always ends stopped, without a process, when it is not wanted", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const world = new World(true);
        world.send({ kind: "open" });
        for (const act of actions) act(world);
        world.send({ kind: "stop" });
        world.settle();
        assert.equal(world.state.phase, "stopped");
        assert.equal(world.process, null);
      }),
      { numRuns: 500 },
    );
  });

  it("starts at most five times within three minutes when it always crashes, and waits for the user then", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 12, maxLength: 30 }),
        (lives) => {
          const world = new World(true);
          world.send({ kind: "open" });
          for (const life of lives) {
            if (world.state.phase === "failed") break;
            world.connect();
            world.now += Math.min(life, 1_900);
            world.exit();
            if (world.state.phase === "backoff") world.passTime((world.state.deadline ?? 0) - world.now);
          }
          assert.equal(world.state.phase, "failed");
          assert.equal(world.state.problem?.code, "crash_loop");
          for (const start of world.starts) {
            const within = world.starts.filter(
              (other) => other >= start && other < start + timings.crashWindowMs,
            );
            assert.ok(within.length <= 5);
          }
        },
      ),
    );
  });

  it("restarts at once after a first crash, then after growing delays, and at once again after a stable run", () => {
    const world = runningWorld();
    const delays: number[] = [];
    for (let crash = 0; crash < 4; crash += 1) {
      world.now += 1_000;
      const crashedAt = world.now;
      world.exit();
      if (world.state.phase === "backoff") world.passTime((world.state.deadline ?? 0) - world.now);
      delays.push(world.now - crashedAt);
      world.connect();
    }
    assert.deepEqual(delays, [0, 1_000, 2_000, 4_000]);
    world.now += timings.crashWindowMs + timings.stableMs;
    world.exit();
    assert.equal(world.state.phase, "starting");
  });

  it("counts stability from being ready, not from being started", () => {
    const world = runningWorld();
    world.exit();
    world.now += timings.stableMs;
    world.connect();
    world.now += timings.stableMs - 1;
    world.exit();
    assert.equal(world.state.phase, "backoff");
  });

  it("declares a hang after three heartbeats without an answer, and ends the process by force", () => {
    const world = runningWorld();
    for (let beat = 0; beat < 4; beat += 1) world.passTime(timings.heartbeatMs);
    assert.equal(world.state.phase, "unhealthy");
    assert.ok(world.now <= 10_000);
    assert.equal(world.effects.at(-1)?.kind, "kill");
    world.exit(null);
    assert.equal(world.state.phase, "starting");
    assert.equal(world.state.lastExit, "palyrad did not answer for 6 s.");
  });

  it("forgets missed heartbeats when an answer comes, also after the host slept", () => {
    const world = runningWorld();
    for (let round = 0; round < 5; round += 1) {
      world.passTime(timings.heartbeatMs);
      world.passTime(3_600_000);
      world.pong();
    }
    assert.equal(world.state.phase, "running");
  });

  it("shows what a sidecar says of itself, and recovers with it", () => {
    const world = runningWorld();
    world.send({ kind: "health", run: world.state.run, health: "degraded", quiet: true, reason: problem });
    assert.deepEqual([world.state.phase, world.state.problem], ["degraded", problem]);
    world.send({ kind: "health", run: world.state.run, health: "ok", quiet: true, reason: null });
    assert.deepEqual([world.state.phase, world.state.problem], ["running", null]);
  });

  it("an older version is replaced at the first quiet moment, which is no crash", () => {
    const world = new World(true);
    world.send({ kind: "open" });
    world.connect(true);
    const told = { kind: "health", run: 1, health: "ok", reason: null } as const;
    world.send({ ...told, quiet: false });
    world.passTime(timings.heartbeatMs);
    world.pong();
    assert.equal(world.state.phase, "running");
    world.effects.length = 0;
    world.send({ ...told, quiet: true });
    assert.deepEqual(
      world.effects.filter(({ kind }) => kind !== "log").map(({ kind }) => kind),
      ["request_stop"],
    );
    world.exit(0);
    assert.deepEqual([world.state.phase, world.state.restarts, world.state.lastExit], ["starting", 0, null]);
    world.connect();
    world.send({ ...told, run: world.state.run, quiet: true });
    assert.equal(world.state.phase, "running");
  });

  it("an older version that is never quiet is replaced after five minutes all the same", () => {
    const world = new World(true);
    world.send({ kind: "open" });
    world.connect(true);
    while (world.now < timings.quietWaitMs) {
      assert.equal(world.state.phase, "running");
      world.passTime(timings.heartbeatMs);
      world.pong();
    }
    assert.equal(world.state.phase, "stopping");
    world.exit(0);
    assert.equal(world.starts.length, 2);
  });

  it("remembers each unexpected end with its reason until the user starts or stops it", () => {
    const world = runningWorld();
    world.exit(1);
    world.connect();
    assert.equal(world.state.crashes.length, 1);
    assert.match(world.state.crashes[0]?.reason ?? "", /exited with code 1/);
    world.send({ kind: "restart" });
    assert.deepEqual(world.state.crashes, []);
  });

  it("asks first, then signals, then uses force when it stops", () => {
    const world = runningWorld();
    world.effects.length = 0;
    world.send({ kind: "stop" });
    for (let wait = 0; wait < 3; wait += 1) world.passTime((world.state.deadline ?? 0) - world.now);
    assert.deepEqual(
      world.effects.map(({ kind }) => kind),
      ["request_stop", "terminate", "kill", "kill"],
    );
  });

  it("does not try again after a fault of configuration or an error that lasts", () => {
    for (const fail of [
      (world: World) => world.exit(78),
      (world: World) => world.exit(2),
      (world: World) => world.failToLaunch(true),
    ]) {
      const world = new World(true);
      world.send({ kind: "open" });
      fail(world);
      assert.equal(world.state.phase, "failed");
      world.passTime(3_600_000);
      assert.equal(world.starts.length, 1);
    }
  });

  it("a start that took too long before there was a process is told as that, and tried again", () => {
    const world = new World(true);
    world.send({ kind: "open" });
    world.passTime(timings.readinessMs);
    assert.equal(world.state.phase, "unhealthy");
    world.ends({ kind: "launch_failed", run: world.state.run, error: null, lasting: true });
    assert.equal(world.state.phase, "backoff");
    assert.equal(world.state.problem?.code, "start_timeout");
  });

  it("a start given while it stops follows when the old process is gone", () => {
    const world = runningWorld();
    world.send({ kind: "stop" });
    world.send({ kind: "start" });
    assert.equal(world.starts.length, 1);
    world.exit(0);
    assert.equal(world.state.phase, "starting");
    assert.deepEqual([world.state.restarts, world.state.lastExit], [0, null]);
  });

  it("a leftover of a service that is not wanted is stopped when the control center opens", () => {
    const world = new World(false);
    const opened = step(world.state, { kind: "open" }, { now: 0, random: 0, timings });
    assert.deepEqual(opened.effects, [{ kind: "launch", run: 1, adoptOnly: true }]);
    const found = step(
      opened.state,
      { kind: "connected", run: 1, facts, outdated: false },
      { now: 1, random: 0, timings },
    );
    assert.equal(found.effects[0]?.kind, "request_stop");
  });
});
