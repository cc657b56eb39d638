import type { ControlCenterSnapshot, ServiceUsage } from "../contracts/snapshot.ts";
import type { DisposableLike } from "./control-center-options.ts";

/** Time between two measurements, in milliseconds. */
const everyMs = 2_000;

/** What a process costs at this moment; null when it is gone. */
export type MeasureProcess = (pid: number) => Promise<Omit<ServiceUsage, "measured_at_unix_ms"> | null>;

export interface UsageSamplerOptions {
  readonly clock: { now(): number };
  /** Processes to measure. */
  pids(): readonly number[];
  /** There are new figures. */
  changed(): void;
  readonly measure?: MeasureProcess;
}

/** Measures CPU and memory of the services' processes while somebody looks, and never else. */
export class UsageSampler {
  readonly #options: UsageSamplerOptions;
  readonly #measure: MeasureProcess;
  #usage: ReadonlyMap<number, ServiceUsage> = new Map();
  #lookers = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: UsageSamplerOptions) {
    this.#options = options;
    this.#measure = options.measure ?? measureProcess;
  }

  /** Somebody looks until the returned value is disposed. */
  watch(): DisposableLike {
    this.#lookers += 1;
    if (this.#lookers === 1) this.#begin();
    let looking = true;
    return {
      dispose: () => {
        if (!looking) return;
        looking = false;
        this.#lookers -= 1;
        if (this.#lookers === 0) this.dispose();
      },
    };
  }

  /** The snapshot with the latest figures of the processes in it. */
  addTo(snapshot: ControlCenterSnapshot): ControlCenterSnapshot {
    if (this.#usage.size === 0) return snapshot;
    const services = snapshot.services.map((view) => ({
      ...view,
      usage: view.pid === null ? null : (this.#usage.get(view.pid) ?? view.usage),
    }));
    return { ...snapshot, services };
  }

  /** Measures no more and forgets the figures: an old one would look like a present one. */
  dispose(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#usage = new Map();
  }

  #begin(): void {
    const sample = (): void => {
      void this.#sample();
    };
    this.#timer = setInterval(sample, everyMs);
    sample();
  }

  async #sample(): Promise<void> {
    const usage = new Map<number, ServiceUsage>();
    for (const pid of this.#options.pids()) {
      const figures = await this.#measure(pid);
      if (figures !== null) usage.set(pid, { ...figures, measured_at_unix_ms: this.#options.clock.now() });
    }
    // Nobody looks any more.
    if (this.#timer === null) return;
    this.#usage = usage;
    this.#options.changed();
  }
}

/** With the `pidusage` package, which knows all three systems; loaded when somebody looks for the first time. */
async function measureProcess(pid: number): Promise<Omit<ServiceUsage, "measured_at_unix_ms"> | null> {
  const { default: pidusage } = await import("pidusage");
  try {
    const { cpu, memory } = await pidusage(pid);
    return { cpu_percent: Math.round(Math.max(cpu, 0) * 10) / 10, memory_bytes: memory };
  } catch {
    // It ended, or the system does not tell: unknown is shown as unknown.
    return null;
  }
}
