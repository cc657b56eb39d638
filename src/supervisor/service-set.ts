import { serviceDisplayNames, serviceKinds } from "../contracts/service-kinds.ts";
import type { ServiceKind } from "../contracts/services.ts";
import type { ServiceView } from "../contracts/snapshot.ts";
import { PalyraError } from "../platform/errors.ts";
import type { ServiceRunner } from "./service-runner.ts";

/** How often the deadlines of all services are looked at besides their own timers, in milliseconds. */
const safetyTickMs = 500;
/** Longest wait for a command to be carried out, in milliseconds; the services go on beyond it. */
const commandWaitMs = 45_000;

/** States in which a service stays until something happens to it. */
const settledStates: readonly ServiceView["state"][] = [
  "running",
  "degraded",
  "failed",
  "backoff",
  "stopped",
];

/** All services of a state root, and the commands that are waited for. */
export class ServiceSet {
  readonly #runners: ReadonlyMap<ServiceKind, ServiceRunner>;
  readonly #waiters = new Set<() => void>();
  #tick: NodeJS.Timeout | null = null;
  #detached = false;

  constructor(make: (service: ServiceKind) => ServiceRunner) {
    this.#runners = new Map(serviceKinds.map((service) => [service, make(service)]));
  }

  get all(): Iterable<ServiceRunner> {
    return this.#runners.values();
  }

  one(service: ServiceKind): ServiceRunner {
    const runner = this.#runners.get(service);
    if (runner === undefined) throw new PalyraError("internal_error", `There is no service ${service}.`);
    return runner;
  }

  /** Sets the services going; the browser daemon first, because the gateway calls it. */
  begin(): void {
    this.#tick = setInterval(() => {
      for (const runner of this.all) runner.dispatch({ kind: "tick" });
    }, safetyTickMs);
    for (const service of ["browserd", "gateway"] as const) this.one(service).dispatch({ kind: "open" });
  }

  /**
   * Starts services and waits until each runs or cannot.
   * @returns a sentence about what was done
   * @throws why one of them does not run
   */
  async run(kind: "start" | "retry" | "restart", services: readonly ServiceKind[]): Promise<string> {
    for (const service of services) this.one(service).dispatch({ kind });
    await this.#until(() =>
      services.every((service) => settledStates.includes(this.one(service).view.state)),
    );
    for (const service of services) {
      const problem = whyNotRunning(this.one(service).view);
      if (problem !== null) throw problem;
    }
    return `${namesOf(services)} ${services.length > 1 ? "are" : "is"} running.`;
  }

  /**
   * Stops services and waits until their processes are gone.
   * @returns a sentence about what was done
   * @throws `service_unavailable` when one of them was started again meanwhile, or does not end
   */
  async stop(services: readonly ServiceKind[]): Promise<string> {
    for (const service of services) this.one(service).dispatch({ kind: "stop" });
    const views = (): readonly ServiceView[] => services.map((service) => this.one(service).view);
    await this.#until(() => views().every((view) => view.state === "stopped" || view.desired_running));
    for (const { state, desired_running, display_name } of views()) {
      if (desired_running) {
        throw new PalyraError(
          "service_unavailable",
          `${display_name} was started again before it had stopped.`,
          {
            nextStep: "Look at the status, then try again.",
          },
        );
      }
      if (state !== "stopped") {
        throw new PalyraError("service_unavailable", `${display_name} has not ended yet.`, {
          nextStep: "It is ended by force as soon as the system allows it; show the logs to find the cause.",
        });
      }
    }
    return `${namesOf(services)} ${services.length > 1 ? "have" : "has"} stopped.`;
  }

  /** Something about a service changed: commands that wait look again. */
  changed(): void {
    for (const wake of this.#waiters) wake();
  }

  /** Leaves the sidecars running and reports nothing any more; commands in hand fail. */
  detach(): void {
    this.#detached = true;
    if (this.#tick !== null) clearInterval(this.#tick);
    for (const runner of this.all) runner.detach();
    this.changed();
  }

  /**
   * Resolves when `done` is true after a change, and at the latest after `commandWaitMs`.
   * @throws `service_unavailable` when the services are let go of before
   */
  #until(done: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(deadline);
        this.#waiters.delete(check);
        settle();
      };
      const check = (): void => {
        if (done()) finish(resolve);
        else if (this.#detached) finish(() => reject(letGo()));
      };
      const deadline = setTimeout(() => finish(resolve), commandWaitMs);
      this.#waiters.add(check);
      check();
    });
  }
}

/** The services a command is about: the one it names, or all. */
export function kindsOf(only: ServiceKind | undefined): readonly ServiceKind[] {
  return only === undefined ? serviceKinds : [only];
}

/** Why a service that was to start does not run; null when it does. */
function whyNotRunning({ state, problem, display_name }: ServiceView): PalyraError | null {
  switch (state) {
    case "running":
    case "degraded":
      return null;
    case "stopped":
    case "stopping":
      return new PalyraError("not_running", `${display_name} was stopped before it was ready.`);
    default:
      return problem === null
        ? new PalyraError("start_timeout", `${display_name} is not ready yet.`)
        : PalyraError.fromDetails(problem);
  }
}

function letGo(): PalyraError {
  return new PalyraError(
    "service_unavailable",
    "The window or terminal that owned the services was closed before this was done.",
    { nextStep: "Look at the status, then try again." },
  );
}

function namesOf(services: readonly ServiceKind[]): string {
  return services.map((service) => serviceDisplayNames[service]).join(" and ");
}
