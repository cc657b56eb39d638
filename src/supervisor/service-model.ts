import type { ErrorDetails } from "../contracts/errors.ts";
import type { BoundPort, LogLevel } from "../contracts/services.ts";
import type { SidecarHealth } from "../contracts/sidecar-status.ts";
import type { ServiceState } from "../contracts/snapshot.ts";
import type { ProcessExit } from "./process-exit.ts";
import { freshHistory, type RestartHistory } from "./restart-policy.ts";
import type { SupervisorTimings } from "./supervisor-timings.ts";

/** How far a stop has gone: asked over the link, asked by signal, by force. */
type StopStep = "request" | "terminate" | "kill";

/** What a sidecar's hello tells. */
export interface SidecarFacts {
  readonly pid: number;
  readonly version: string;
  readonly ports: readonly BoundPort[];
  readonly started_at_unix_ms: number;
  /** Found running and taken over, not started by this control center. */
  readonly adopted: boolean;
}

/** An unexpected end and why. */
export interface RecordedCrash {
  readonly at: number;
  readonly reason: string;
}

/** So many unexpected ends are remembered. */
export const crashesKept = 20;

/** What the word of the user makes of the past. */
export const cleanSlate = { history: freshHistory, crashes: [] } as const;

/** One service at one moment: a value. All instants are Unix milliseconds. */
export interface ServiceMachine {
  readonly displayName: string;
  readonly phase: ServiceState;
  /** What the user wants. */
  readonly desired: boolean;
  /** Number of the latest launch. Events of earlier ones are of no interest. */
  readonly run: number;
  /** When `deadlinePassed` has something to do; null = never. */
  readonly deadline: number | null;
  readonly stopStep: StopStep | null;
  /** Start again as soon as the stop is done. */
  readonly relaunch: boolean;
  readonly facts: SidecarFacts | null;
  /** It is of an older version and replaced at the next quiet moment, at the latest then; null = it stays. */
  readonly replaceBy: number | null;
  readonly readySince: number | null;
  readonly awaitingPong: boolean;
  readonly missedPongs: number;
  readonly history: RestartHistory;
  /** Unexpected ends since the user last started or stopped it, oldest first, at most `crashesKept`. */
  readonly crashes: readonly RecordedCrash[];
  /** Restarts after a crash or hang since this control center was opened. */
  readonly restarts: number;
  readonly lastExit: string | null;
  readonly problem: ErrorDetails | null;
}

/** What can happen to a service. */
export type ServiceEvent =
  /** The control center opens: a wanted service is started or adopted, an unwanted one that runs is stopped. */
  | { readonly kind: "open" }
  | { readonly kind: "start" }
  | { readonly kind: "stop" }
  | { readonly kind: "restart" }
  | { readonly kind: "retry" }
  /** The hello succeeded: the sidecar is ready. `outdated`: it is of an older product version. */
  | {
      readonly kind: "connected";
      readonly run: number;
      readonly facts: SidecarFacts;
      readonly outdated: boolean;
    }
  /** There is no process. `lasting`: trying again cannot help. `error` null: nothing was to be started. */
  | {
      readonly kind: "launch_failed";
      readonly run: number;
      readonly error: ErrorDetails | null;
      readonly lasting: boolean;
    }
  | { readonly kind: "exited"; readonly run: number; readonly exit: ProcessExit }
  | { readonly kind: "pong"; readonly run: number }
  | {
      readonly kind: "health";
      readonly run: number;
      readonly health: SidecarHealth;
      /** Nothing would be interrupted now. */
      readonly quiet: boolean;
      readonly reason: ErrorDetails | null;
    }
  /** Time has passed; something happens only when the deadline is reached. */
  | { readonly kind: "tick" };

/** What a step asks the runner to do. */
export type ServiceEffect =
  /** Adopt the running sidecar or, unless `adoptOnly`, spawn one. Ends in `launch_failed` or `exited`. */
  | { readonly kind: "launch"; readonly run: number; readonly adoptOnly: boolean }
  | { readonly kind: "request_stop"; readonly run: number; readonly drainMs: number }
  | { readonly kind: "terminate"; readonly run: number }
  | { readonly kind: "kill"; readonly run: number }
  | { readonly kind: "ping"; readonly run: number }
  | { readonly kind: "log"; readonly level: LogLevel; readonly line: string };

/** An event of one launch. */
export type ProcessEvent = Extract<ServiceEvent, { readonly run: number }>;

/** Values from outside that a step needs. */
export interface StepContext {
  readonly now: number;
  /** Value in [0, 1) for jitter. */
  readonly random: number;
  readonly timings: SupervisorTimings;
}

export interface Step {
  readonly state: ServiceMachine;
  readonly effects: readonly ServiceEffect[];
}

/** A service that nobody has looked at yet. */
export function newServiceMachine(displayName: string, desired: boolean): ServiceMachine {
  return {
    displayName,
    phase: "stopped",
    desired,
    run: 0,
    deadline: null,
    stopStep: null,
    relaunch: false,
    facts: null,
    replaceBy: null,
    readySince: null,
    awaitingPong: false,
    missedPongs: 0,
    ...cleanSlate,
    restarts: 0,
    lastExit: null,
    problem: null,
  };
}

/**
 * The same service after the clock was set by so many milliseconds: what is to come is as far away as before. What was
 * moves back with the clock, for it cannot lie ahead; it does not move forward, because the machine may have slept.
 */
export function movedBy(state: ServiceMachine, by: number): ServiceMachine {
  const back = Math.min(by, 0);
  const moved = (at: number | null, distance: number): number | null => (at === null ? null : at + distance);
  return {
    ...state,
    deadline: moved(state.deadline, by),
    replaceBy: moved(state.replaceBy, by),
    readySince: moved(state.readySince, back),
    facts:
      state.facts === null
        ? null
        : { ...state.facts, started_at_unix_ms: state.facts.started_at_unix_ms + back },
    history: { ...state.history, crashes: state.history.crashes.map((at) => at + back) },
    crashes: state.crashes.map((crash) => ({ ...crash, at: crash.at + back })),
  };
}

/** Whether a process of this service exists or may exist. */
export function mayHaveProcess(state: ServiceMachine): boolean {
  return !["stopped", "backoff", "failed"].includes(state.phase);
}

/** Nothing happens. */
export const unchanged = (state: ServiceMachine): Step => ({ state, effects: [] });

/** A line for the log of the service. */
export const logged = (level: LogLevel, line: string): ServiceEffect => ({ kind: "log", level, line });

/** The fields that belong to a process, as they are without one. */
export const noProcess = {
  facts: null,
  replaceBy: null,
  readySince: null,
  awaitingPong: false,
  missedPongs: 0,
  stopStep: null,
} as const;
