import type { PendingApproval, PendingApprovals } from "../contracts/approvals.ts";
import type { ViewState } from "./view-state.ts";

const none: PendingApprovals = { count: 0, first: [] };

/** The risky actions that wait for the owner, as far as this window knows. */
export function waitingApprovals({ center }: ViewState): PendingApprovals {
  return center.kind === "open" ? (center.snapshot.gateway?.status.approvals ?? none) : none;
}

/** Id of an approval's item in the tree. */
export function approvalItemId(approvalId: string): string {
  return `approval:${approvalId}`;
}

/**
 * The approval that a command was called for: a tree item's id, or the approval's own.
 * Returns null when the argument names none.
 */
export function approvalOfArgument(argument: unknown): string | null {
  if (typeof argument !== "string") return null;
  const id = argument.startsWith("approval:") ? argument.slice("approval:".length) : argument;
  return id === "" ? null : id;
}

/** Requests of `after` that were not known in `before`; what waited when the control center was opened is not news. */
export function newApprovals(before: ViewState, after: ViewState): readonly PendingApproval[] {
  if (before.center.kind !== "open" || before.center.snapshot.gateway === null) return [];
  const known = new Set(waitingApprovals(before).first.map(({ approval_id }) => approval_id));
  return waitingApprovals(after).first.filter(({ approval_id }) => !known.has(approval_id));
}

/** Whether an approval is among those that are shown at this moment. */
export function isShownApproval(state: ViewState, approvalId: string): boolean {
  return waitingApprovals(state).first.some(({ approval_id }) => approval_id === approvalId);
}
