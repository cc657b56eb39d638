import {
  type SetupStep,
  type SetupStepId,
  type SetupStepState,
  setupSteps,
} from "../../supervisor/onboarding-progress.ts";
import { commandIds } from "../contribution-ids.ts";
import type { NodeIcon, OverviewNode } from "../overview-node.ts";
import { setupOf, type ViewState } from "../view-state.ts";

/** Names of the steps, as the tree and the dialogues call them. */
export const setupTitles: Readonly<Record<SetupStepId, string>> = {
  welcome: "Welcome",
  environment: "This machine",
  stateRoot: "State folder",
  gateway: "Gateway",
  model: "Model",
  discord: "Discord",
  browser: "Browser",
};

const icons: Readonly<Record<SetupStepState, NodeIcon>> = {
  done: { id: "pass-filled", color: "testing.iconPassed" },
  skipped: { id: "debug-step-over" },
  failed: { id: "error", color: "problemsErrorIcon.foreground" },
  current: { id: "arrow-circle-right", color: "charts.blue" },
  open: { id: "circle-outline" },
};

const words: Readonly<Record<SetupStepState, string>> = {
  done: "done",
  skipped: "left out",
  failed: "has a problem",
  current: "next",
  open: "to do",
};

/** The set-up as the first item of the overview, until nothing of it is left. */
export function setupNodes(state: ViewState): readonly OverviewNode[] {
  const progress = setupOf(state);
  if (progress === null || progress.current === null) return [];
  const label = `Set up: ${progress.finished} of ${setupSteps.length}`;
  const description = `Next: ${setupTitles[progress.current]}`;
  return [
    {
      id: "setup",
      label,
      description,
      tooltip: "Go on with the set-up",
      icon: { id: "rocket" },
      accessibilityLabel: `${label}. ${description}`,
      command: { title: "Go On", command: commandIds.setUp, arguments: [] },
      children: progress.steps.map(stepNode),
    },
  ];
}

function stepNode({ id, state, detail, problem }: SetupStep): OverviewNode {
  const label = setupTitles[id];
  const helps = problem === null ? "" : ` ${problem.next_step}`;
  return {
    id: `setup:${id}`,
    label,
    description: words[state],
    tooltip: `${label}: ${detail}${helps}`,
    icon: icons[state],
    accessibilityLabel: `${label}, ${words[state]}. ${detail}`,
    command: { title: label, command: commandIds.setUpStep, arguments: [id] },
    children: [],
  };
}
