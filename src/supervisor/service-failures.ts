import type { ErrorDetails } from "../contracts/errors.ts";
import { PalyraError } from "../platform/errors.ts";
import { crashProblem, describeExit, type ProcessExit, retryIsPointless } from "./process-exit.ts";
import { afterCrash } from "./restart-policy.ts";
import {
  crashesKept,
  logged,
  noProcess,
  type ServiceMachine,
  type Step,
  type StepContext,
} from "./service-model.ts";
import { launch, stopped } from "./service-wishes.ts";

/** There is no process, and there may never have been one. */
export function launchFailed(
  state: ServiceMachine,
  error: ErrorDetails | null,
  lasting: boolean,
  context: StepContext,
): Step {
  if (state.phase === "stopping") return stopped(state, context);
  // Nothing was started any more, because it had taken too long by then: a later start may be quicker.
  if (state.phase === "unhealthy" && error === null && state.problem !== null)
    return crashed(state, state.problem, sentence(state.problem.message), context);
  if (lasting)
    return failed(state, error, sentence(`${state.displayName} cannot start: ${error?.message ?? ""}`));
  return crashed(
    state,
    error,
    sentence(`${state.displayName} did not start: ${error?.message ?? ""}`),
    context,
  );
}

/** The process ended: part of a stop, or a crash. */
export function exited(state: ServiceMachine, exit: ProcessExit, context: StepContext): Step {
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
  const crash = { at: now, reason: problem?.message ?? line };
  const known = { ...state, history, crashes: [...state.crashes, crash].slice(-crashesKept) };
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

/** Ends a process that cannot be talked to, so that its exit leads to a new one. */
export function replace(state: ServiceMachine, problem: PalyraError, { now, timings }: StepContext): Step {
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

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
