import type { DurableDatabase } from "./durable-database.ts";
import { type ConversationNotes, noteCharacters } from "./parts/conversation-notes.ts";
import { retention } from "./retention.ts";

/** The table `conversation_notes`. */
export class SqliteConversationNotes implements ConversationNotes {
  readonly #database: DurableDatabase;
  readonly #onAdded: (now: number) => void;

  /** @param onAdded called with the instant of every note */
  constructor(database: DurableDatabase, onAdded: (now: number) => void) {
    this.#database = database;
    this.#onAdded = onAdded;
  }

  async all(connectorId: string): Promise<ReadonlyMap<string, string>> {
    const rows = this.#database.read(
      `SELECT conversation_id, note FROM conversation_notes WHERE connector_id = ?
       ORDER BY updated_at DESC, conversation_id LIMIT ?`,
      [connectorId, retention.conversationNotes.maxRows],
    );
    return new Map(rows.map((row) => [String(row.conversation_id), String(row.note)]));
  }

  async put(connectorId: string, conversationId: string, note: string, now: number): Promise<void> {
    if (note.length > noteCharacters) return;
    await this.#database.write((tx) => {
      tx.run(
        `INSERT INTO conversation_notes (connector_id, conversation_id, note, updated_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (connector_id, conversation_id) DO UPDATE SET note = excluded.note, updated_at = excluded.updated_at`,
        [connectorId, conversationId, note, now],
      );
    });
    this.#onAdded(now);
  }
}
