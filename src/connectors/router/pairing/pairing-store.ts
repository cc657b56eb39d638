/** A code the owner gives to a person, who enters it in a direct message. All instants are Unix milliseconds. */
export interface PairingCode {
  readonly code: string;
  readonly issuedBy: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** A person who entered a code and waits for the owner. */
export interface PendingPairing {
  /** Canonical id. */
  readonly sender: string;
  /** The direct message in which the code came, to tell the person what the owner decided. */
  readonly conversation: string | null;
  readonly code: string;
  readonly requestedAt: number;
  readonly expiresAt: number;
}

/** A person whose direct messages are answered. */
export interface PairingGrant {
  readonly sender: string;
  readonly grantedBy: string;
  readonly grantedAt: number;
  readonly expiresAt: number;
}

/** Something a sender did, for limits over time. */
export interface SenderMark {
  readonly sender: string;
  readonly at: number;
}

/** All that is known about pairing on one connector. */
export interface PairingState {
  readonly codes: readonly PairingCode[];
  readonly pending: readonly PendingPairing[];
  readonly grants: readonly PairingGrant[];
  /** Codes that were wrong. */
  readonly failures: readonly SenderMark[];
  /** When people were told how to get paired. */
  readonly hints: readonly SenderMark[];
}

export const noPairing: PairingState = { codes: [], pending: [], grants: [], failures: [], hints: [] };

/** Durable home of pairing. Promises resolve after the change is on disk. Connector ids are lower-case. */
export interface PairingStore {
  /** `noPairing` for a connector nothing is known about. */
  read(connectorId: string): Promise<PairingState>;
  /** Connectors something is known about, sorted. */
  connectors(): Promise<string[]>;
  /**
   * Replaces the state of a connector by what `change` makes of it, in one transaction: no other update comes
   * between. `change` is pure, and may be called again.
   */
  update<T>(
    connectorId: string,
    change: (state: PairingState) => { readonly state: PairingState; readonly result: T },
  ): Promise<T>;
}
