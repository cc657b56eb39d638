import type {
  ApprovalActor,
  ApprovalChange,
  ApprovalRecord,
  ApprovalStep,
} from "../../connectors/store/parts/approval-store.ts";
import { type ApprovalVerdict, approvalBounds } from "../../contracts/approvals.ts";

/** How long a request waits for the owner, and then an allowed one for its use, each in milliseconds. */
export const approvalTimes = { pendingMs: 900_000, usableMs: 900_000 } as const;

/** Name of the admin API as a surface. Principals are only claimed there. */
export const claimedSurface = "admin API";

/** What somebody asks for. */
export type ApprovalDraft = Pick<
  ApprovalRecord,
  | "subjectType"
  | "subjectId"
  | "connectorId"
  | "action"
  | "resource"
  | "policyReason"
  | "risk"
  | "sentence"
  | "digest"
  | "requestedBy"
>;

export type RequestOutcome =
  | { readonly kind: "requested"; readonly record: ApprovalRecord }
  /** The very same was asked for before and is still open. */
  | { readonly kind: "open"; readonly record: ApprovalRecord }
  | { readonly kind: "full"; readonly waiting: number };

/**
 * A request joins those that wait. The same request again, while the first is open, is the first one.
 * @param same the open request of the same asker with the same digest
 * @param pending how many wait already
 * @param now Unix milliseconds, as everywhere here
 */
export function requestApproval(
  draft: ApprovalDraft,
  approvalId: string,
  same: ApprovalRecord | null,
  pending: number,
  now: number,
): ApprovalChange<RequestOutcome> {
  if (same !== null && same.expiresAt > now) return { result: { kind: "open", record: same } };
  if (pending >= approvalBounds.waiting) return { result: { kind: "full", waiting: pending } };
  const record: ApprovalRecord = {
    ...draft,
    sentence: oneLine(draft.sentence),
    approvalId,
    requestedAt: now,
    state: "pending",
    expiresAt: now + approvalTimes.pendingMs,
    decision: null,
    finishedAt: null,
  };
  const step: ApprovalStep = {
    type: "approval.requested",
    level: "info",
    message: "A risky action waits for the owner.",
  };
  return { record, step, result: { kind: "requested", record } };
}

/** The owner's word. */
export interface Verdict {
  readonly verdict: ApprovalVerdict;
  readonly by: ApprovalActor;
  readonly reason: string | null;
}

export type DecideOutcome =
  | { readonly kind: "decided"; readonly record: ApprovalRecord }
  | { readonly kind: "unknown" }
  | { readonly kind: "own_request"; readonly record: ApprovalRecord }
  | { readonly kind: "not_pending"; readonly record: ApprovalRecord };

/**
 * Takes the owner's word: only once, only in time, and never from who asked. Who says the same again, because the
 * answer got lost, hears the same again.
 */
export function decideApproval(
  record: ApprovalRecord | null,
  { verdict, by, reason }: Verdict,
  now: number,
): ApprovalChange<DecideOutcome> {
  if (record === null) return { result: { kind: "unknown" } };
  const current = expireApproval(record, now);
  if (current.record === undefined && isRepeated(record, verdict, by))
    return { result: { kind: "decided", record } };
  if (record.state !== "pending" || current.record !== undefined) {
    return { ...current, result: { kind: "not_pending", record: current.result } };
  }
  if (!mayDecide(record.requestedBy, by)) return { result: { kind: "own_request", record } };
  const decided = { ...record, decision: { by, at: now, reason } };
  const next: ApprovalRecord =
    verdict === "allow"
      ? { ...decided, state: "allowed", expiresAt: now + approvalTimes.usableMs }
      : { ...decided, state: "denied", finishedAt: now };
  const step: ApprovalStep =
    verdict === "allow"
      ? { type: "approval.allowed", level: "info", message: "The owner allowed a risky action once." }
      : { type: "approval.denied", level: "warn", message: "The owner denied a risky action." };
  return { record: next, step, result: { kind: "decided", record: next } };
}

function isRepeated(
  { decision, state }: ApprovalRecord,
  verdict: ApprovalVerdict,
  by: ApprovalActor,
): boolean {
  const saidSo = verdict === "deny" ? state === "denied" : state === "allowed" || state === "used";
  return saidSo && decision?.by.principal === by.principal && decision.by.surface === by.surface;
}

/**
 * Whether one may decide what the other asked for: never oneself. On the admin API a principal is only claimed,
 * so two of them there count as one.
 */
export function mayDecide(requester: ApprovalActor, decider: ApprovalActor): boolean {
  if (requester.principal === decider.principal) return false;
  return !(requester.surface === claimedSurface && decider.surface === claimedSurface);
}

export type UseOutcome =
  | { readonly kind: "used"; readonly record: ApprovalRecord }
  | { readonly kind: "unknown" | "other_request" }
  | {
      readonly kind: "pending" | "denied" | "used_before" | "expired" | "withdrawn";
      readonly record: ApprovalRecord;
    };

/** Uses an approval up. Only `used` lets the action through: once, and only the very action that was allowed. */
export function useApproval(
  record: ApprovalRecord | null,
  digest: string,
  now: number,
): ApprovalChange<UseOutcome> {
  if (record === null) return { result: { kind: "unknown" } };
  if (record.digest !== digest) return { result: { kind: "other_request" } };
  const { result: current, ...change } = expireApproval(record, now);
  if (current.state === "allowed") {
    const used: ApprovalRecord = { ...current, state: "used", finishedAt: now };
    const step: ApprovalStep = {
      type: "approval.used",
      level: "info",
      message: "An allowed action is carried out.",
    };
    return { record: used, step, result: { kind: "used", record: used } };
  }
  const kind = current.state === "used" ? "used_before" : current.state;
  return { ...change, result: { kind, record: current } };
}

/** The record as it is now: an open one whose time is over has expired. */
export function expireApproval(record: ApprovalRecord, now: number): ApprovalChange<ApprovalRecord> {
  if (record.finishedAt !== null || record.expiresAt > now) return { result: record };
  const expired: ApprovalRecord = { ...record, state: "expired", finishedAt: now };
  const message =
    record.state === "pending"
      ? "Nobody decided about a risky action in time."
      : "An allowed action was not carried out in time.";
  return {
    record: expired,
    step: { type: "approval.expired", level: "warn", message },
    result: expired,
  };
}

/** Takes a request back whose asker is gone. What is at an end stays as it is. */
export function withdrawApproval(
  record: ApprovalRecord | null,
  now: number,
): ApprovalChange<ApprovalRecord | null> {
  if (record === null || record.finishedAt !== null) return { result: record };
  const withdrawn: ApprovalRecord = { ...record, state: "withdrawn", finishedAt: now };
  return {
    record: withdrawn,
    step: { type: "approval.withdrawn", level: "info", message: "Who asked for a risky action went away." },
    result: withdrawn,
  };
}

/** A sentence on one line, at most as long as it is kept. */
function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= approvalBounds.sentence ? line : `${line.slice(0, approvalBounds.sentence - 1)}…`;
}
