import type { ErrorDetails } from "../contracts/errors.ts";
import type { ControlCenterSnapshot, ServiceState, Warning } from "../contracts/snapshot.ts";
import { snapshotIn } from "../supervisor/next-steps.ts";
import {
  noMarks,
  type SetupFacts,
  type SetupMarks,
  type SetupProgress,
  setupProgress,
} from "../supervisor/onboarding-progress.ts";

/** How far this window has come with its control center. */
type CenterState =
  | { readonly kind: "opening" }
  | { readonly kind: "untrusted" }
  | { readonly kind: "failed"; readonly problem: ErrorDetails }
  | {
      readonly kind: "open";
      readonly snapshot: ControlCenterSnapshot;
      /** Whether a service ran at any time since the control center was opened. */
      readonly everActive: boolean;
      /** What the set-up is derived from: the newest snapshot that was not taken while a service was coming back. */
      readonly settled: SetupFacts;
    };

/** Everything that tree, status bar and panel show. */
export interface ViewState {
  readonly center: CenterState;
  readonly settingWarnings: readonly Warning[];
  /** What the user said of the set-up, by state root; absent while that is not read. */
  readonly setup?: Readonly<Record<string, SetupMarks>>;
}

/** Phase of the `palyra.phase` context key, for welcome texts and `enablement` clauses. */
export type Phase = "opening" | "untrusted" | "failed" | "notStarted" | "open";

export const initialViewState: ViewState = { center: { kind: "opening" }, settingWarnings: [] };

/** All warnings, those of the settings first, each with one sentence as its message. */
export function allWarnings(state: ViewState): readonly Warning[] {
  return state.center.kind === "open"
    ? [...state.settingWarnings, ...state.center.snapshot.warnings.map(inOneSentence)]
    : state.settingWarnings;
}

/** What a longer message goes on to say is told with the next step. */
function inOneSentence(warning: Warning): Warning {
  const message = firstSentence(warning.message);
  const rest = warning.message.slice(message.length).trim();
  if (rest === "") return warning;
  const end = /[.!?…]$/.test(rest) ? "" : ".";
  return { ...warning, message, next_step: `${rest}${end} ${warning.next_step}` };
}

function firstSentence(text: string): string {
  return /^.+?[.!?](?=\s+[\p{Lu}“])/u.exec(text)?.[0] ?? text;
}

/** Whether a problem is already told by one of the warnings, so that it need not be told twice. */
export function isWarned(problem: ErrorDetails | null, warnings: readonly Warning[]): boolean {
  return problem !== null && warnings.some((warning) => warning.message === firstSentence(problem.message));
}

/** `notStarted` is an open control center in which nothing runs, ran or needs a word. */
export function phaseOf(state: ViewState): Phase {
  const { center } = state;
  if (center.kind !== "open") return center.kind;
  const quiet = center.snapshot.services.every((view) => view.state === "stopped" && view.problem === null);
  return quiet && !center.everActive && allWarnings(state).length === 0 ? "notStarted" : "open";
}

/** The state after a new snapshot has come; what to do next is said in the terms of the editor. */
export function withSnapshot(state: ViewState, told: ControlCenterSnapshot): ViewState {
  const snapshot = snapshotIn("editor", told);
  const wasActive = state.center.kind === "open" && state.center.everActive;
  const isActive = snapshot.services.some((view) => view.state !== "stopped");
  const settled = lastSettled(state.center, snapshot);
  return { ...state, center: { kind: "open", snapshot, everActive: wasActive || isActive, settled } };
}

/** What was set up is so while a service is on its way back: it only cannot be seen. */
function lastSettled(before: CenterState, snapshot: ControlCenterSnapshot): SetupFacts {
  if (before.kind !== "open" || !isOnTheWay(snapshot)) return snapshot;
  const { settled } = before;
  const isSame = settled.quick_facts.state_root === snapshot.quick_facts.state_root;
  const gateway = settled.services.find(({ service }) => service === "gateway");
  const served = gateway?.state === "running" || gateway?.state === "degraded";
  return isSame && served ? settled : snapshot;
}

const passingStates: readonly ServiceState[] = ["starting", "backoff", "unhealthy", "stopping"];

function isOnTheWay({ services, gateway }: ControlCenterSnapshot): boolean {
  const isOpening = gateway?.status.reasons.some(({ code }) => code === "service_unavailable") ?? false;
  return isOpening || services.some((view) => view.desired_running && passingStates.includes(view.state));
}

/** How far the set-up of this window's state root is; null while nothing can be said of it. */
export function setupOf({ center, setup }: ViewState): SetupProgress | null {
  if (setup === undefined) return null;
  if (center.kind === "failed") return setupProgress(null, noMarks, center.problem);
  if (center.kind !== "open") return null;
  const { settled } = center;
  return setupProgress(settled, setup[settled.quick_facts.state_root] ?? noMarks);
}
