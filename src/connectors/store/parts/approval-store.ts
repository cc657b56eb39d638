/** An approval and the one request it was asked for. */
export interface ApprovalBinding {
  readonly approvalId: string;
  readonly connectorId: string;
  /** Digest over the whole request, body and thread included. */
  readonly digest: string;
  readonly expiresAt: number;
}

export type ApprovalUse = "consumed" | "unknown" | "other_request" | "used_before" | "expired";

/**
 * Ties approvals of message administration to what was approved, and lets each be used once. Whether a person
 * said yes is known elsewhere; ask there first.
 */
export interface ApprovalStore {
  /** False when the approval is bound already. */
  bind(binding: ApprovalBinding, now: number): Promise<boolean>;
  /** Uses an approval up. Only `consumed` lets the request through, and only once, also over restarts. */
  consume(approvalId: string, digest: string, now: number): Promise<ApprovalUse>;
}
