/** What happens inside the database and somebody may want to know; `message` is one plain sentence. */
export interface StoreEvent {
  readonly kind:
    | "set_aside"
    | "checkpoint_done"
    | "checkpoint_failed"
    | "paused"
    | "resumed"
    | "migrated"
    | "prune_failed";
  readonly level: "info" | "warn" | "error";
  readonly message: string;
  readonly details: Readonly<Record<string, string | number | boolean>>;
}
