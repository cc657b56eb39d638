import { defaultProfileName } from "../contracts/profile-name.ts";
import { waitingApprovals } from "./approval-actions.ts";
import { allWarnings, type ViewState } from "./view-state.ts";
import { count } from "./wording.ts";

/** What stands around the overview's items. Empty texts and no number: nothing. */
export interface OverviewHeading {
  /** Above the items. */
  readonly message: string;
  /** Beside the title: the profile, unless it is the usual one. */
  readonly description: string;
  /** On the activity bar: how much waits for the user, and what. */
  readonly badge: { readonly value: number; readonly tooltip: string };
}

export function overviewHeading(state: ViewState): OverviewHeading {
  const { center } = state;
  const warnings = allWarnings(state).length;
  const approvals = waitingApprovals(state).count;
  const parts = [
    approvals === 0 ? "" : count(approvals, "approval waits for you", "approvals wait for you"),
    warnings === 0 ? "" : count(warnings, "warning", "warnings"),
  ];
  const badge = { value: warnings + approvals, tooltip: parts.filter(Boolean).join(", ") };
  if (center.kind !== "open") return { message: "", description: "", badge };
  const { quick_facts, services } = center.snapshot;
  const runs = services.some((view) => view.state !== "stopped");
  return {
    message:
      quick_facts.role === "observer" && runs
        ? "Another window or terminal runs the services; commands are passed on to it."
        : "",
    description: quick_facts.profile === defaultProfileName ? "" : quick_facts.profile,
    badge,
  };
}
