export const commandSyncStatuses = ["pending", "synced", "drifted", "unsupported", "failed"] as const;
export type CommandSyncStatus = (typeof commandSyncStatuses)[number];

/** How far the provider has the commands of a connector. */
export interface CommandSyncState {
  readonly connectorId: string;
  /** Hash of the catalog that was, or is to be, registered. */
  readonly catalogHash: string;
  readonly status: CommandSyncStatus;
  /** What the provider calls the registered version. */
  readonly nativeRevision: string | null;
  readonly lastError: string | null;
  readonly updatedAt: number;
}

export interface CommandSyncStore {
  get(connectorId: string): Promise<CommandSyncState | null>;
  put(state: CommandSyncState): Promise<void>;
}
