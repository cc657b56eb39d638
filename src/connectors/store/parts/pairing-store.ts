/** Bounds of pairing; times in milliseconds. */
export const pairingLimits = {
  /** Codes of one connector that can be used at the same time. */
  activeCodes: 32,
  /** Wrong codes of one sender within the window; then the sender is refused until its end. */
  failures: 5,
  failureWindowMs: 600_000,
} as const;

export interface PairingCode {
  readonly connectorId: string;
  readonly code: string;
  readonly issuedBy: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** Somebody used a code and waits for the owner's word. */
export interface PairingRequest {
  readonly connectorId: string;
  readonly senderId: string;
  /** Where the answer is expected. */
  readonly conversationId: string;
  readonly approvalId: string | null;
  readonly requestedAt: number;
  readonly expiresAt: number;
}

/** Somebody who may write direct messages until the grant ends. */
export interface PairingGrant {
  readonly connectorId: string;
  readonly senderId: string;
  readonly approvalId: string | null;
  readonly grantedAt: number;
  readonly expiresAt: number;
}

export interface PairingAttempt {
  readonly connectorId: string;
  readonly senderId: string;
  readonly conversationId: string;
  readonly code: string;
  /** End of the request that a right code makes (ms). */
  readonly requestExpiresAt: number;
}

export type PairingOutcome =
  | { readonly kind: "pending"; readonly request: PairingRequest }
  | { readonly kind: "code_invalid" | "code_expired" }
  | { readonly kind: "already_active" | "already_pending" }
  /** @param retryAt when the sender may try again (ms) */
  | { readonly kind: "too_many_attempts"; readonly retryAt: number };

/** What is in force of one connector, or of all. */
export interface PairingSnapshot {
  readonly codes: readonly PairingCode[];
  readonly requests: readonly PairingRequest[];
  readonly grants: readonly PairingGrant[];
}

/**
 * Codes, requests and grants of direct-message pairing. Which connector pairs at all, who is denied and how long
 * things last is decided before by the router; here it is kept, also over restarts. Senders are canonical ids and
 * codes are letters and digits, both compared without regard to case. Random codes are made by the caller.
 */
export interface PairingStore {
  /**
   * Puts a code in force. False when the connector has it already: make another one.
   * @throws `conflict` when too many codes of the connector are in force
   */
  addCode(code: PairingCode): Promise<boolean>;
  /** Ends a code; false when it was not in force. */
  revokeCode(connectorId: string, code: string): Promise<boolean>;
  /** Somebody says a code. A right one is used up and makes a request; wrong ones are counted for each sender. */
  tryCode(attempt: PairingAttempt, now: number): Promise<PairingOutcome>;
  /** Notes which approval decides on a request; false when the request is gone. */
  linkApproval(connectorId: string, senderId: string, approvalId: string, now: number): Promise<boolean>;
  /**
   * The owner's word on a request.
   * @param grantUntil end of the grant (ms); null is a "no"
   * @returns the grant or `denied`; `missing` when the request is gone or too old
   */
  decide(
    connectorId: string,
    senderId: string,
    grantUntil: number | null,
    now: number,
  ): Promise<PairingGrant | "denied" | "missing">;
  /** The grant in force of a sender, or null. */
  grantOf(connectorId: string, senderId: string, now: number): Promise<PairingGrant | null>;
  /** Ends grant and request of a sender; false when there was neither. */
  revoke(connectorId: string, senderId: string): Promise<boolean>;
  /** @param connectorId null for all connectors */
  snapshot(connectorId: string | null, now: number): Promise<PairingSnapshot>;
}
