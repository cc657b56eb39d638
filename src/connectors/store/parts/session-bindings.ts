/** Which conversation a session of the agent belongs to. */
export interface SessionBinding {
  /** As the router makes it. */
  readonly sessionKey: string;
  readonly connectorId: string;
  readonly conversationId: string;
  /** Set when the session is one person's own. */
  readonly senderId: string | null;
  readonly createdAt: number;
  readonly lastUsedAt: number;
}

export interface SessionBindings {
  /**
   * Notes that a session is used now.
   * @returns the binding, and whether it is new
   * @throws `conflict` when the key belongs to another conversation
   */
  touch(
    binding: Pick<SessionBinding, "sessionKey" | "connectorId" | "conversationId" | "senderId">,
    now: number,
  ): Promise<{ binding: SessionBinding; created: boolean }>;
  get(sessionKey: string): Promise<SessionBinding | null>;
  /** Sessions of a conversation, the one used last first. */
  ofConversation(connectorId: string, conversationId: string): Promise<SessionBinding[]>;
  /** Ends a session, so that the next message begins a new one; false when there was none. */
  end(sessionKey: string): Promise<boolean>;
}
