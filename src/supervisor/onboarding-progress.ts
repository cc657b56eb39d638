import type { ErrorCode, ErrorDetails } from "../contracts/errors.ts";
import type { ServiceKind } from "../contracts/services.ts";
import type { ConnectorStatus } from "../contracts/sidecar-status.ts";
import type { ControlCenterSnapshot, ServiceView } from "../contracts/snapshot.ts";

/** The steps from an empty machine to a bot that answers, in their order. */
export const setupSteps = [
  "welcome",
  "environment",
  "stateRoot",
  "gateway",
  "model",
  "discord",
  "browser",
] as const;
export type SetupStepId = (typeof setupSteps)[number];

/** What only the user can say of a step; everything else follows from the state of the system. */
export interface SetupMarks {
  /** Steps that were read and agreed to. */
  readonly confirmed: readonly SetupStepId[];
  readonly skipped: readonly SetupStepId[];
}

export const noMarks: SetupMarks = { confirmed: [], skipped: [] };

/** `current` is the first step with something left to do; `failed` has a problem that must be mended first. */
export type SetupStepState = "done" | "skipped" | "failed" | "current" | "open";

export interface SetupStep {
  readonly id: SetupStepId;
  readonly state: SetupStepState;
  /** How it is, in one sentence. */
  readonly detail: string;
  /** What went wrong and what helps; null where nothing did. */
  readonly problem: ErrorDetails | null;
}

export interface SetupProgress {
  readonly steps: readonly SetupStep[];
  /** Steps that are done or skipped. */
  readonly finished: number;
  /** Where to go on; null when nothing is left. */
  readonly current: SetupStepId | null;
}

/** What of the system the progress is derived from. */
export type SetupFacts = Pick<ControlCenterSnapshot, "services" | "gateway" | "browserd" | "quick_facts">;

/** How one step is, before its place among the others is known. */
interface Finding {
  readonly done: boolean;
  readonly detail: string;
  readonly problem?: ErrorDetails | null;
}

/** What is wrong with the machine rather than with a service. */
const environmentFaults: ReadonlySet<ErrorCode> = new Set([
  "config_invalid",
  "port_in_use",
  "state_unreadable",
  "state_newer",
  "storage_failed",
  "store_locked",
  "untrusted_responder",
  "version_skew",
  "secret_store_unavailable",
  "secrets_elsewhere",
]);

/**
 * How far the set-up is, from what is really there: nothing is remembered as done that has stopped working.
 * @param facts the present snapshot; null when the control center could not be opened, for the reason in `fault`
 */
export function setupProgress(
  facts: SetupFacts | null,
  marks: SetupMarks,
  fault: ErrorDetails | null = null,
): SetupProgress {
  let current: SetupStepId | null = null;
  const steps = setupSteps.map((id): SetupStep => {
    const { done, detail, problem = null } = findings[id](facts, marks, fault);
    if (done) return { id, state: "done", detail, problem: null };
    if (marks.skipped.includes(id)) return { id, state: "skipped", detail: "Left out for now.", problem };
    const isFirst = current === null;
    current ??= id;
    if (problem !== null) return { id, state: "failed", detail: problem.message, problem };
    return { id, state: isFirst ? "current" : "open", detail, problem };
  });
  const finished = steps.filter(({ state }) => state === "done" || state === "skipped").length;
  return { steps, finished, current };
}

const findings: Readonly<
  Record<SetupStepId, (facts: SetupFacts | null, marks: SetupMarks, fault: ErrorDetails | null) => Finding>
> = {
  welcome: (facts, marks) => ({
    done: marks.confirmed.includes("welcome") || isInUse(facts),
    detail: "See what Palyra is and begin.",
  }),
  environment: (facts, _marks, fault) => {
    const problem = fault ?? environmentProblem(facts);
    return {
      done: facts !== null && problem === null,
      detail: facts === null ? "This machine is being looked at." : "This machine has what Palyra needs.",
      problem,
    };
  },
  stateRoot: (facts, marks) => ({
    done: facts !== null && (marks.confirmed.includes("stateRoot") || isInUse(facts)),
    detail:
      facts === null ? "No folder is in use yet." : `Everything is kept in ${facts.quick_facts.state_root}.`,
  }),
  gateway: (facts) => serviceFinding(facts, "gateway"),
  model: (facts, marks) => ({
    done: marks.confirmed.includes("model") || (isInUse(facts) && isServing(serviceOf(facts, "gateway"))),
    detail:
      "Messages are answered by the built-in model, which needs no key and says back what people write.",
  }),
  discord: (facts) => discordFinding(facts),
  browser: (facts) => browserFinding(facts),
};

function environmentProblem(facts: SetupFacts | null): ErrorDetails | null {
  const problems = facts?.services.flatMap(({ problem }) => problem ?? []) ?? [];
  return problems.find(({ code }) => environmentFaults.has(code)) ?? null;
}

function serviceOf(facts: SetupFacts | null, service: ServiceKind): ServiceView | undefined {
  return facts?.services.find((view) => view.service === service);
}

function isServing(view: ServiceView | undefined): boolean {
  return view?.state === "running" || view?.state === "degraded";
}

/** Somebody has set it up before: there is an account. */
function isInUse(facts: SetupFacts | null): boolean {
  return accounts(facts).length > 0;
}

function accounts(facts: SetupFacts | null): readonly ConnectorStatus[] {
  const connectors = facts?.gateway?.status.connectors ?? [];
  return connectors.filter(({ kind }) => kind === "discord");
}

function serviceFinding(facts: SetupFacts | null, service: ServiceKind): Finding {
  const view = serviceOf(facts, service);
  if (isServing(view)) return { done: true, detail: "The gateway runs and is watched." };
  const problem = view?.problem ?? null;
  if (view?.state === "starting") return { done: false, detail: "The gateway is starting.", problem: null };
  return { done: false, detail: "The gateway does not run; start it.", problem };
}

function discordFinding(facts: SetupFacts | null): Finding {
  const all = accounts(facts);
  const ready = all.find(({ enabled, readiness, liveness }) => {
    return enabled && readiness === "ready" && liveness === "running";
  });
  if (ready !== undefined) {
    const name = ready.identity === null ? "The bot" : `@${ready.identity}`;
    return { done: true, detail: `${name} is connected.` };
  }
  const broken = all.find(({ enabled, last_error }) => enabled && last_error !== null);
  if (broken !== undefined) return { done: false, detail: "", problem: broken.last_error };
  const isConnecting = all.some(({ enabled }) => enabled);
  const detail = isConnecting ? "The bot is connecting." : "Connect a bot, so that people can write to it.";
  return { done: false, detail };
}

function browserFinding(facts: SetupFacts | null): Finding {
  const view = serviceOf(facts, "browserd");
  const status = facts?.browserd?.status;
  if (isServing(view) && status !== undefined && status.browser.path !== null) {
    return { done: true, detail: `Found: ${status.browser.path}.` };
  }
  if (view?.state === "starting") return { done: false, detail: "The browser daemon is starting." };
  const problem = view?.problem ?? status?.reasons[0] ?? null;
  return { done: false, detail: "The agent has no browser; it answers without one.", problem };
}
