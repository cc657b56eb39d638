import type { ErrorDetails } from "../contracts/errors.ts";
import type { BoundPort, LogLevel } from "../contracts/services.ts";
import type { SidecarHealth } from "../contracts/sidecar-status.ts";
import type { ServiceState } from "../contracts/snapshot.ts";
import { PalyraError } from "../platform/errors.ts";
import { crashProblem, describeExit, type ProcessExit, retryIsPointless } from "./process-exit.ts";
import { afterCrash, freshHistory, type RestartHistory } from "./restart-policy.ts";
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
  readonly readySince: number | null;
  readonly awaitingPong: boolean;
  readonly missedPongs: number;
  readonly history: RestartHistory;
  /** Restarts after a crash or hang since this control center was opened. */
  readonly restarts: number;
  readonly lastExit: string | null;
  readonly problem: ErrorDetails | null;
}

export type ServiceEvent =
  /** The control center opens: a wanted service is started or adopted, an unwanted one that runs is stopped. */
  | { readonly kind: "open" }
  | { readonly kind: "start" }
  | { readonly kind: "stop" }
  | { readonly kind: "restart" }
  | { readonly kind: "retry" }
  /** The hello succeeded: the sidecar is ready. `outdated`: it is of another product version. */
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
      readonly reason: ErrorDetails | null;
    }
  /** Time has passed; something happens only when the deadline is reached. */
  | { readonly kind: "tick" };

export type ServiceEffect =
  /** Adopt the running sidecar or, unless `adoptOnly`, spawn one. Ends in `launch_failed` or `exited`. */
  | { readonly kind: "launch"; readonly run: number; readonly adoptOnly: boolean }
  | { readonly kind: "request_stop"; readonly run: number; readonly drainMs: number }
  | { readonly kind: "terminate"; readonly run: number }
  | { readonly kind: "kill"; readonly run: number }
  | { readonly kind: "ping"; readonly run: number }
  | { readonly kind: "log"; readonly level: LogLevel; readonly line: string };

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
    readySince: null,
    awaitingPong: false,
    missedPongs: 0,
    history: freshHistory,
    restarts: 0,
    lastExit: null,
    problem: null,
  };
}

/** Whether a process of this service exists or may exist. */
export function mayHaveProcess(state: ServiceMachine): boolean {
  return !["stopped", "backoff", "failed"].includes(state.phase);
}

/** One step of a service: what it becomes, and what is to be done. Pure. */
export function step(state: ServiceMachine, event: ServiceEvent, context: StepContext): Step {
  switch (event.kind) {
    case "open":
      if (state.run !== 0) return unchanged(state);
      return state.desired ? launch(state, context) : lookForLeftover(state, context);
    case "start":
    case "retry":
      return start(state, event.kind, context);
    case "stop":
      return stop({ ...state, desired: false, relaunch: false }, context);
    case "restart":
      return restart({ ...state, desired: true, history: freshHistory }, context);
    case "tick":
      return state.deadline === null || context.now < state.deadline
        ? unchanged(state)
        : deadlinePassed(state, context);
    case "connected":
    case "launch_failed":
    case "exited":
    case "pong":
    case "health":
      return event.run === state.run && mayHaveProcess(state)
        ? fromProcess(state, event, context)
        : unchanged(state);
  }
}

type ProcessEvent = Extract<ServiceEvent, { readonly run: number }>;

function fromProcess(state: ServiceMachine, event: ProcessEvent, context: StepContext): Step {
  switch (event.kind) {
    case "connected":
      return connected(state, event.facts, event.outdated, context);
    case "launch_failed":
      return launchFailed(state, event.error, event.lasting, context);
    case "exited":
      return exited(state, event.exit, context);
    case "pong":
      return { state: { ...state, awaitingPong: false, missedPongs: 0 }, effects: [] };
    case "health":
      return health(state, event.health, event.reason);
  }
}

const unchanged = (state: ServiceMachine): Step => ({ state, effects: [] });

const logged = (level: LogLevel, line: string): ServiceEffect => ({ kind: "log", level, line });

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

/** The fields that belong to a process, as they are without one. */
const noProcess = {
  facts: null,
  readySince: null,
  awaitingPong: false,
  missedPongs: 0,
  stopStep: null,
} as const;

function launch(state: ServiceMachine, { now, timings }: StepContext): Step {
  const run = state.run + 1;
  return {
    state: {
      ...state,
      ...noProcess,
      phase: "starting",
      run,
      relaunch: false,
      deadline: now + timings.readinessMs,
    },
    effects: [{ kind: "launch", run, adoptOnly: false }],
  };
}

/** A service that was stopped while nobody could see it through may still run. */
function lookForLeftover(state: ServiceMachine, { now, timings }: StepContext): Step {
  const run = state.run + 1;
  return {
    state: {
      ...state,
      phase: "stopping",
      stopStep: "request",
      run,
      deadline: now + timings.drainMs + timings.terminateMs,
    },
    effects: [{ kind: "launch", run, adoptOnly: true }],
  };
}

function start(state: ServiceMachine, kind: "start" | "retry", context: StepContext): Step {
  const wanted = { ...state, desired: true };
  switch (state.phase) {
    case "stopped":
    case "backoff":
    case "failed":
      return launch(
        kind === "retry" || state.phase !== "backoff"
          ? { ...wanted, history: freshHistory, problem: null }
          : wanted,
        context,
      );
    case "stopping":
      return { state: { ...wanted, relaunch: true }, effects: [] };
    default:
      return { state: wanted, effects: [] };
  }
}

function stop(state: ServiceMachine, { now, timings }: StepContext): Step {
  const stopping = { ...state, phase: "stopping", history: freshHistory, problem: null } as const;
  switch (state.phase) {
    case "stopped":
    case "backoff":
    case "failed":
      return {
        state: { ...state, phase: "stopped", deadline: null, history: freshHistory, problem: null },
        effects: [],
      };
    case "stopping":
      return unchanged(state);
    case "starting":
      return {
        state: { ...stopping, stopStep: "terminate", deadline: now + timings.terminateMs },
        effects: [{ kind: "terminate", run: state.run }],
      };
    case "unhealthy":
      return {
        state: { ...stopping, stopStep: "kill", deadline: now + timings.killRetryMs },
        effects: [{ kind: "kill", run: state.run }],
      };
    case "running":
    case "degraded":
      return {
        state: { ...stopping, stopStep: "request", deadline: now + timings.drainMs + timings.heartbeatMs },
        effects: [{ kind: "request_stop", run: state.run, drainMs: timings.drainMs }],
      };
  }
}

function restart(state: ServiceMachine, context: StepContext): Step {
  if (!mayHaveProcess(state)) return launch({ ...state, problem: null }, context);
  return stop({ ...state, relaunch: true }, context);
}

function connected(
  state: ServiceMachine,
  facts: SidecarFacts,
  outdated: boolean,
  context: StepContext,
): Step {
  const { now, timings } = context;
  // A stop that began before the process could be reached: now it can be asked politely.
  if (state.phase === "stopping") {
    return {
      state: {
        ...state,
        facts,
        stopStep: "request",
        deadline: now + timings.drainMs + timings.heartbeatMs,
      },
      effects: [{ kind: "request_stop", run: state.run, drainMs: timings.drainMs }],
    };
  }
  // It is about to be ended by force; the connection does not change that.
  if (state.phase === "unhealthy") return { state: { ...state, facts }, effects: [] };
  const ready: ServiceMachine = {
    ...state,
    facts,
    phase: "running",
    problem: null,
    readySince: state.readySince ?? now,
    awaitingPong: false,
    missedPongs: 0,
    deadline: now + timings.heartbeatMs,
  };
  if (outdated) {
    const replaced = stop({ ...ready, relaunch: true }, context);
    return {
      state: replaced.state,
      effects: [
        logged("info", `${state.displayName} ${facts.version} is replaced by this version.`),
        ...replaced.effects,
      ],
    };
  }
  const verb = facts.adopted ? "was found running and taken over" : "is ready";
  return {
    state: ready,
    effects:
      state.phase === "starting" ? [logged("info", `${state.displayName} ${verb} (pid ${facts.pid}).`)] : [],
  };
}

function launchFailed(
  state: ServiceMachine,
  error: ErrorDetails | null,
  lasting: boolean,
  context: StepContext,
): Step {
  if (state.phase === "stopping") return stopped(state, context);
  if (lasting)
    return failed(state, error, sentence(`${state.displayName} cannot start: ${error?.message ?? ""}`));
  return crashed(
    state,
    error,
    sentence(`${state.displayName} did not start: ${error?.message ?? ""}`),
    context,
  );
}

function exited(state: ServiceMachine, exit: ProcessExit, context: StepContext): Step {
  if (state.phase === "stopping") return stopped(state, context);
  const description =
    state.phase === "unhealthy" && state.problem !== null
      ? state.problem.message
      : describeExit(state.displayName, exit);
  const known = { ...state, lastExit: description };
  const problem = crashProblem(description, exit);
  if (retryIsPointless(exit)) return failed(known, problem, description);
  return crashed(known, problem, description, context);
}

/** The process of a stop in progress is gone. */
function stopped(state: ServiceMachine, context: StepContext): Step {
  const line = logged("info", `${state.displayName} has stopped.`);
  if (state.relaunch) {
    const next = launch(state, context);
    return { state: next.state, effects: [line, ...next.effects] };
  }
  return {
    state: { ...state, ...noProcess, phase: "stopped", deadline: null },
    effects: state.facts === null ? [] : [line],
  };
}

function failed(state: ServiceMachine, problem: ErrorDetails | null, line: string): Step {
  return {
    state: { ...state, ...noProcess, phase: "failed", deadline: null, problem },
    effects: [logged("error", line)],
  };
}

function crashed(
  state: ServiceMachine,
  problem: ErrorDetails | null,
  line: string,
  context: StepContext,
): Step {
  const { now, random, timings } = context;
  const readyForMs = state.readySince === null ? null : now - state.readySince;
  const { history, delayMs } = afterCrash(state.history, { now, readyForMs, random }, timings);
  const known = { ...state, history };
  if (delayMs === null) {
    const minutes = Math.round(timings.crashWindowMs / 60_000);
    const loop = new PalyraError(
      "crash_loop",
      `${state.displayName} crashed ${history.crashes.length} times within ${minutes} minutes. ${problem?.message ?? ""}`.trim(),
    );
    return failed(known, loop.toDetails(), loop.message);
  }
  const restarting = { ...known, restarts: state.restarts + 1, problem };
  if (delayMs === 0) {
    const next = launch(restarting, context);
    return { state: next.state, effects: [logged("warn", `${line} It is started again.`), ...next.effects] };
  }
  return {
    state: { ...restarting, ...noProcess, phase: "backoff", deadline: now + delayMs },
    effects: [logged("warn", `${line} Next start in ${(delayMs / 1_000).toFixed(1)} s.`)],
  };
}

function health(state: ServiceMachine, value: SidecarHealth, reason: ErrorDetails | null): Step {
  if (state.phase !== "running" && state.phase !== "degraded") return unchanged(state);
  return {
    state:
      value === "ok"
        ? { ...state, phase: "running", problem: null }
        : { ...state, phase: "degraded", problem: reason },
    effects: [],
  };
}

function deadlinePassed(state: ServiceMachine, context: StepContext): Step {
  const { now, timings } = context;
  switch (state.phase) {
    case "backoff":
      return launch(state, context);
    case "starting":
      return replace(
        state,
        new PalyraError(
          "start_timeout",
          `${state.displayName} was not ready within ${timings.readinessMs / 1_000} s.`,
        ),
        context,
      );
    case "running":
    case "degraded":
      return heartbeat(state, context);
    case "unhealthy":
      return {
        state: { ...state, deadline: now + timings.killRetryMs },
        effects: [{ kind: "kill", run: state.run }],
      };
    case "stopping":
      return stopHarder(state, context);
    case "stopped":
    case "failed":
      return unchanged({ ...state, deadline: null });
  }
}

function heartbeat(state: ServiceMachine, context: StepContext): Step {
  const { now, timings } = context;
  const missedPongs = state.awaitingPong ? state.missedPongs + 1 : 0;
  if (missedPongs >= timings.heartbeatMisses) {
    const seconds = (missedPongs * timings.heartbeatMs) / 1_000;
    return replace(
      state,
      new PalyraError("service_unavailable", `${state.displayName} did not answer for ${seconds} s.`, {
        nextStep: "It is replaced by itself; show the logs to find the cause.",
      }),
      context,
    );
  }
  return {
    state: { ...state, missedPongs, awaitingPong: true, deadline: now + timings.heartbeatMs },
    effects: [{ kind: "ping", run: state.run }],
  };
}

/** Ends a process that cannot be talked to, so that its exit leads to a new one. */
function replace(state: ServiceMachine, problem: PalyraError, { now, timings }: StepContext): Step {
  return {
    state: {
      ...state,
      phase: "unhealthy",
      problem: problem.toDetails(),
      deadline: now + timings.killRetryMs,
    },
    effects: [logged("warn", problem.message), { kind: "kill", run: state.run }],
  };
}

function stopHarder(state: ServiceMachine, { now, timings }: StepContext): Step {
  if (state.stopStep === "request") {
    return {
      state: { ...state, stopStep: "terminate", deadline: now + timings.terminateMs },
      effects: [{ kind: "terminate", run: state.run }],
    };
  }
  return {
    state: { ...state, stopStep: "kill", deadline: now + timings.killRetryMs },
    effects: [{ kind: "kill", run: state.run }],
  };
}
