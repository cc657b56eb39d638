import {
  cleanSlate,
  logged,
  mayHaveProcess,
  noProcess,
  type ServiceMachine,
  type Step,
  type StepContext,
  unchanged,
} from "./service-model.ts";

/** Looks for a running sidecar and starts one when there is none. */
export function launch(state: ServiceMachine, { now, timings }: StepContext): Step {
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
export function lookForLeftover(state: ServiceMachine, { now, timings }: StepContext): Step {
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

/** The user wants it to run; a clean count of crashes for one that is not on its way already. */
export function start(state: ServiceMachine, kind: "start" | "retry", context: StepContext): Step {
  const wanted = { ...state, desired: true };
  switch (state.phase) {
    case "stopped":
    case "backoff":
    case "failed":
      return launch(
        kind === "retry" || state.phase !== "backoff" ? { ...wanted, ...cleanSlate, problem: null } : wanted,
        context,
      );
    case "stopping":
      return { state: { ...wanted, relaunch: true }, effects: [] };
    default:
      return { state: wanted, effects: [] };
  }
}

/** The user does not want it to run: ask, then terminate, then kill. */
export function stop(state: ServiceMachine, { now, timings }: StepContext): Step {
  const stopping = { ...state, phase: "stopping", ...cleanSlate, problem: null } as const;
  switch (state.phase) {
    case "stopped":
    case "backoff":
    case "failed":
      return {
        state: { ...state, phase: "stopped", deadline: null, ...cleanSlate, problem: null },
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

/** Stop and start, which is no crash. */
export function restart(state: ServiceMachine, context: StepContext): Step {
  if (!mayHaveProcess(state)) return launch({ ...state, problem: null }, context);
  return stop({ ...state, relaunch: true }, context);
}

/** The process of a stop in progress is gone. */
export function stopped(state: ServiceMachine, context: StepContext): Step {
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

/** The step of a stop after one that was not enough. */
export function stopHarder(state: ServiceMachine, { now, timings }: StepContext): Step {
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
