import * as z from "zod";
import { ApprovalRisk, ApprovalState, ApprovalSubject, approvalBounds } from "./approvals.ts";
import { pageLimit, queryNumber } from "./query-number.ts";

const Instant = queryNumber(0);
const Text = z.string().min(1).max(256);
const ApprovalId = z.string().min(1).max(approvalBounds.id);

export const ApprovalParams = z.object({ approval_id: ApprovalId });

export const ApprovalsQuery = z.strictObject({
  limit: pageLimit(500, 100),
  /** Only requests older than the one with this id. */
  after_approval_id: ApprovalId.optional(),
  state: ApprovalState.optional(),
  subject_type: ApprovalSubject.optional(),
  subject_id: z.string().min(1).max(1_024).optional(),
  principal: Text.optional(),
  since_unix_ms: Instant.optional(),
  until_unix_ms: Instant.optional(),
});
export type ApprovalsQuery = z.infer<typeof ApprovalsQuery>;

/** A risky action that was asked for, and what became of it. */
export const Approval = z.object({
  approval_id: z.string(),
  state: ApprovalState,
  subject_type: ApprovalSubject,
  subject_id: z.string(),
  /** What happens when it is allowed, in plain words. */
  request_summary: z.string(),
  risk: ApprovalRisk,
  /** Who asks, and by which way. */
  principal: z.string(),
  surface: z.string(),
  policy: z.object({ action: z.string(), resource: z.string(), reason: z.string() }),
  /** SHA-256 of the exact action, which is all that the approval is good for. */
  digest: z.string(),
  requested_at_unix_ms: z.int(),
  /** Until then it has to be decided, and once allowed, used. */
  expires_at_unix_ms: z.int(),
  decision: z.enum(["allow", "deny", "timeout"]).nullable(),
  decision_scope: z.literal("once"),
  decision_reason: z.string().nullable(),
  decided_by: z.string().nullable(),
  decided_via: z.string().nullable(),
  resolved_at_unix_ms: z.int().nullable(),
  finished_at_unix_ms: z.int().nullable(),
});
export type Approval = z.infer<typeof Approval>;

export const ApprovalsResponse = z.object({
  /** Newest first. */
  approvals: z.array(Approval),
  /** To be sent as `after_approval_id` for the next page; null when this is the last one. */
  next_after_approval_id: z.string().nullable(),
  /** All that wait for a decision, whatever was filtered. */
  pending_count: z.int().nonnegative(),
});
export type ApprovalsResponse = z.infer<typeof ApprovalsResponse>;

export const ApprovalResponse = z.object({ approval: Approval });
export type ApprovalResponse = z.infer<typeof ApprovalResponse>;

export const ApprovalDecisionRequest = z.strictObject({
  approved: z.boolean(),
  reason: z.string().trim().min(1).max(approvalBounds.reason).optional(),
  /** An approval is good for one time only. */
  decision_scope: z.literal("once").default("once"),
});
export type ApprovalDecisionRequest = z.infer<typeof ApprovalDecisionRequest>;
