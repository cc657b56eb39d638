import { PalyraError } from "../platform/errors.ts";
import { exited, launchFailed, replace } from "./service-failures.ts";
import {
  cleanSlate,
  logged,
  mayHaveProcess,
  type ProcessEvent,
  type ServiceEvent,
  type ServiceMachine,
  type SidecarFacts,
  type Step,
  type StepContext,
  unchanged,
} from "./service-model.ts";
import { launch, lookForLeftover, restart, start, stop, stopHarder } from "./service-wishes.ts";

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
      return restart({ ...state, desired: true, ...cleanSlate }, context);
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
      return health(state, event, context);
  }
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
    replaceBy: outdated ? (state.replaceBy ?? now + timings.quietWaitMs) : null,
    deadline: now + timings.heartbeatMs,
  };
  const verb = facts.adopted ? "was found running and taken over" : "is ready";
  return {
    state: ready,
    effects:
      state.phase === "starting" ? [logged("info", `${state.displayName} ${verb} (pid ${facts.pid}).`)] : [],
  };
}

function health(
  state: ServiceMachine,
  { health: value, quiet, reason }: Extract<ServiceEvent, { readonly kind: "health" }>,
  context: StepContext,
): Step {
  if (state.phase !== "running" && state.phase !== "degraded") return unchanged(state);
  const told: ServiceMachine =
    value === "ok"
      ? { ...state, phase: "running", problem: null }
      : { ...state, phase: "degraded", problem: reason };
  return quiet && state.replaceBy !== null ? replaceOlder(told, context) : { state: told, effects: [] };
}

/** Ends a sidecar of an older version, after its drain, and starts this one. */
function replaceOlder(state: ServiceMachine, context: StepContext): Step {
  const replaced = stop({ ...state, replaceBy: null, relaunch: true }, context);
  const line = `${state.displayName} ${state.facts?.version ?? ""} is replaced by this version.`;
  return { state: replaced.state, effects: [logged("info", line), ...replaced.effects] };
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
      if (state.replaceBy !== null && now >= state.replaceBy) return replaceOlder(state, context);
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
