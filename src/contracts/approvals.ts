import * as z from "zod";

/** Sizes in characters; times in milliseconds. */
export const approvalBounds = {
  id: 128,
  principal: 128,
  sentence: 512,
  reason: 512,
  /** Requests that wait for a decision at one time; more are refused. */
  waiting: 64,
  /** Of those, how many are part of a status. */
  shown: 20,
} as const;

export const ApprovalRisk = z.enum(["low", "medium", "high", "critical"]);
export type ApprovalRisk = z.infer<typeof ApprovalRisk>;

/** What a request is about. */
export const ApprovalSubject = z.enum(["message", "tool", "webhook"]);
export type ApprovalSubject = z.infer<typeof ApprovalSubject>;

/**
 * `pending` waits for the owner, `allowed` for its one use. The others are ends; `withdrawn` is a request whose
 * asker went away.
 */
export const ApprovalState = z.enum(["pending", "allowed", "denied", "used", "expired", "withdrawn"]);
export type ApprovalState = z.infer<typeof ApprovalState>;

/** Who decides in VS Code and in the terminal. Nobody who asks may go by this name. */
export const ownerPrincipal = "owner";

export const ApprovalVerdict = z.enum(["allow", "deny"]);
export type ApprovalVerdict = z.infer<typeof ApprovalVerdict>;

/** A request that waits for the owner, as it is shown. */
export const PendingApproval = z.object({
  approval_id: z.string(),
  /** What happens when it is allowed, in plain words. */
  sentence: z.string(),
  risk: ApprovalRisk,
  /** Who asks: a principal such as `admin:local`. */
  requested_by: z.string(),
  requested_at_unix_ms: z.int(),
  expires_at_unix_ms: z.int(),
});
export type PendingApproval = z.infer<typeof PendingApproval>;

/** All that wait, in a number, and the first of them, the oldest first. */
export const PendingApprovals = z.object({
  count: z.int().nonnegative(),
  first: z.array(PendingApproval).max(approvalBounds.shown),
});
export type PendingApprovals = z.infer<typeof PendingApprovals>;

/** The owner's word on the control link. */
export const DecideApprovalRequest = z.object({
  approval_id: z.string().min(1).max(approvalBounds.id),
  verdict: ApprovalVerdict,
  reason: z.string().max(approvalBounds.reason).nullable(),
  /** Where the owner said so, for people: `VS Code window`, `terminal`. */
  via: z.string().min(1).max(approvalBounds.principal),
});
export type DecideApprovalRequest = z.infer<typeof DecideApprovalRequest>;

export const DecideApprovalResponse = z.object({
  /** What came of it. */
  message: z.string(),
});
export type DecideApprovalResponse = z.infer<typeof DecideApprovalResponse>;
