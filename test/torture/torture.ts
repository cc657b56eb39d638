import { setTimeout as pause } from "node:timers/promises";
import { startDiscordSimulator } from "../../src/simulator/discord-simulator.ts";
import { beginFault } from "./fault-player.ts";
import { judge, type Verdict } from "./judge.ts";
import { conversationCount, Place } from "./place.ts";
import type { PlannedFault, PlannedWrite, TorturePlan } from "./plan.ts";
import { SupervisedGateway } from "./supervised-gateway.ts";

export interface TortureOptions {
  readonly plan: TorturePlan;
  /** Path of the gateway's bundle. */
  readonly bundle: string;
  /** Ends the run early, with everything it started. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TortureProgress) => void;
  /** How long nothing may happen before missing answers count as lost, in milliseconds. */
  readonly patienceMs?: number;
  /** Keeps the gateway's files and logs when something was found; not by default. */
  readonly keepsFolder?: boolean;
}

export interface TortureProgress {
  readonly elapsedMs: number;
  readonly kills: number;
  readonly verdict: Verdict;
  readonly phase: "warming up" | "under torture" | "settling";
}

export interface TortureReport extends Verdict {
  readonly seed: number;
  readonly kills: number;
  readonly faults: number;
  /** Ends of the gateway that the run did not cause. */
  readonly ownEnds: number;
  readonly identifies: number;
  readonly resumes: number;
  /** From the end of the kills and faults until nothing happened any more, in milliseconds. */
  readonly settledAfterMs: number;
  /** Where the gateway's files and logs are; null when they were removed. */
  readonly keptFolder: string | null;
}

/** Discord's own interval would hide half-open connections from a run of minutes. */
const heartbeatIntervalMs = 3_000;
const warmUpMs = 60_000;
const settleMs = 5 * 60_000;
/** No news for so long, and everything answered: nothing more will come. */
const quietMs = 4_000;
const progressMs = 1_000;

/**
 * Runs the gateway under its supervisor against the simulated Discord, kills it and lets Discord fail as
 * planned, and counts what people see in the end.
 * @throws when the gateway does not come up before the torture begins, or the signal's reason
 */
export async function torture(options: TortureOptions): Promise<TortureReport> {
  const simulator = await startDiscordSimulator({ heartbeatIntervalMs });
  try {
    const place = new Place(simulator);
    const gateway = await SupervisedGateway.open(simulator, options.bundle);
    let keeps = false;
    try {
      const report = await new TortureRun(options, simulator, place, gateway).play();
      keeps = report.keptFolder !== null;
      return report;
    } finally {
      await gateway.close();
      if (!keeps) await gateway.removeFolder();
    }
  } finally {
    await simulator.close();
  }
}

type Simulator = Awaited<ReturnType<typeof startDiscordSimulator>>;

class TortureRun {
  readonly #options: TortureOptions;
  readonly #simulator: Simulator;
  readonly #place: Place;
  readonly #gateway: SupervisedGateway;
  readonly #signal: AbortSignal;
  readonly #startedAt = performance.now();
  #phase: TortureProgress["phase"] = "warming up";
  #kills = 0;

  constructor(options: TortureOptions, simulator: Simulator, place: Place, gateway: SupervisedGateway) {
    this.#options = options;
    this.#simulator = simulator;
    this.#place = place;
    this.#gateway = gateway;
    this.#signal = options.signal ?? new AbortController().signal;
  }

  async play(): Promise<TortureReport> {
    const { plan } = this.#options;
    const progress = setInterval(() => this.#report(), progressMs);
    try {
      await this.#warmUp();
      this.#phase = "under torture";
      const over = AbortSignal.any([this.#signal, AbortSignal.timeout(plan.durationMs)]);
      await Promise.all([
        this.#write(plan.writes, over),
        this.#kill(plan.killGapsMs, over),
        this.#disturb(plan.faults, over),
      ]);
      this.#signal.throwIfAborted();
      this.#phase = "settling";
      const calmAt = performance.now();
      await this.#settle();
      const settledAfterMs = Math.round(performance.now() - calmAt);
      return { ...this.#verdict(), ...this.#figures(), settledAfterMs };
    } finally {
      clearInterval(progress);
    }
  }

  #figures(): Omit<TortureReport, keyof Verdict | "settledAfterMs"> {
    const { plan, keepsFolder = false } = this.#options;
    const { identifies, resumes } = this.#simulator.counts;
    const { findings } = this.#verdict();
    const ownEnds = Math.max(0, this.#gateway.view.restarts - this.#kills);
    const isToBeLookedInto = findings.length > 0 || ownEnds > 0;
    return {
      seed: plan.seed,
      kills: this.#kills,
      faults: plan.faults.length,
      ownEnds,
      identifies,
      resumes,
      keptFolder: keepsFolder && isToBeLookedInto ? this.#gateway.stateRoot : null,
    };
  }

  #verdict(): Verdict {
    return judge(this.#place.asked, this.#place.seen());
  }

  #report(): void {
    this.#options.onProgress?.({
      elapsedMs: performance.now() - this.#startedAt,
      kills: this.#kills,
      verdict: this.#verdict(),
      phase: this.#phase,
    });
  }

  /** One message in each conversation: what was written where nothing was ever seen cannot be looked for. */
  async #warmUp(): Promise<void> {
    const tooLate = AbortSignal.timeout(warmUpMs);
    const deadline = AbortSignal.any([this.#signal, tooLate]);
    try {
      await this.#gateway.when(() => (this.#gateway.isIdle ? true : null), deadline);
      for (let conversation = 0; conversation < conversationCount; conversation += 1) {
        this.#place.write({ conversation, person: 0, kind: "short" });
      }
      await this.#gateway.when(
        () => (this.#verdict().lost === 0 && this.#gateway.isIdle ? true : null),
        deadline,
      );
    } catch (thrown) {
      if (!tooLate.aborted || this.#signal.aborted) throw thrown;
      const { state, problem } = this.#gateway.view;
      const why = problem === null ? "" : ` ${problem.message}`;
      throw new Error(`The gateway did not answer within ${warmUpMs / 1000} s; it is ${state}.${why}`);
    }
  }

  async #write(writes: readonly PlannedWrite[], over: AbortSignal): Promise<void> {
    await playAt(writes, over, (write) => this.#place.write(write));
  }

  async #disturb(faults: readonly PlannedFault[], over: AbortSignal): Promise<void> {
    const ending: Promise<void>[] = [];
    await playAt(faults, over, ({ fault, forMs }) => {
      const end = beginFault(this.#simulator, fault);
      ending.push(pauseUntil(forMs, over).then(end));
    });
    await Promise.all(ending);
    this.#simulator.faults.clear();
  }

  async #kill(gapsMs: readonly number[], over: AbortSignal): Promise<void> {
    let killed: number | null = null;
    for (const gapMs of gapsMs) {
      await pauseUntil(gapMs, over);
      const pid = await this.#nextPid(killed, over);
      if (pid === null) return;
      process.kill(pid, "SIGKILL");
      killed = pid;
      this.#kills += 1;
    }
  }

  /** The gateway that runs now or next; null when the time is over. */
  async #nextPid(killed: number | null, over: AbortSignal): Promise<number | null> {
    try {
      return await this.#gateway.when(() => {
        const { pid } = this.#gateway.view;
        return pid === killed ? null : pid;
      }, over);
    } catch (thrown) {
      if (over.aborted) return null;
      throw thrown;
    }
  }

  /** Resolves when nothing happens any more. */
  async #settle(): Promise<void> {
    const patienceMs = this.#options.patienceMs ?? 30_000;
    await new Promise<void>((resolve, reject) => {
      let quiet: NodeJS.Timeout | undefined;
      const finish = (settled: () => void): void => {
        for (const timer of [quiet, deadline]) clearTimeout(timer);
        stopListening();
        subscription.dispose();
        this.#signal.removeEventListener("abort", onAbort);
        settled();
      };
      const onAbort = (): void => finish(() => reject(this.#signal.reason));
      const news = (): void => {
        clearTimeout(quiet);
        if (!this.#gateway.isIdle) return;
        quiet = setTimeout(() => finish(resolve), this.#verdict().lost === 0 ? quietMs : patienceMs);
      };
      // What is missing by then is lost to those who wait for it.
      const deadline = setTimeout(() => finish(resolve), settleMs);
      const stopListening = this.#simulator.world.onEvent(news);
      const subscription = this.#gateway.center.onSnapshot(news);
      this.#signal.addEventListener("abort", onAbort, { once: true });
      if (this.#signal.aborted) onAbort();
      else news();
    });
  }
}

/** Does each step at its time, until the time is over. */
async function playAt<T extends { readonly atMs: number }>(
  steps: readonly T[],
  over: AbortSignal,
  play: (step: T) => void,
): Promise<void> {
  const startedAt = performance.now();
  for (const step of steps) {
    await pauseUntil(step.atMs - (performance.now() - startedAt), over);
    if (over.aborted) return;
    play(step);
  }
}

/** Waits for so many milliseconds, or until the time is over. */
async function pauseUntil(ms: number, over: AbortSignal): Promise<void> {
  if (over.aborted) return;
  try {
    await pause(Math.max(0, ms), undefined, { signal: over });
  } catch (thrown) {
    if (!over.aborted) throw thrown;
  }
}
