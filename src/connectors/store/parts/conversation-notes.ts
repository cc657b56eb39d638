/** Longest note, in characters. */
export const noteCharacters = 1_024;

/** What an adapter wants to know of its conversations after a restart, such as their names, in its own form. */
export interface ConversationNotes {
  /** Notes by conversation; of very many, those that were written last. */
  all(connectorId: string): Promise<ReadonlyMap<string, string>>;
  /** Replaces the note of a conversation. One that is longer than `noteCharacters` is not kept. */
  put(connectorId: string, conversationId: string, note: string, now: number): Promise<void>;
}
