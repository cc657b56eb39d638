import { PalyraError } from "../../platform/errors.ts";
import type { DurableDatabase } from "./durable-database.ts";
import type { SessionBinding, SessionBindings } from "./parts/session-bindings.ts";
import type { Row } from "./sql-value.ts";

const byKeySql = "SELECT * FROM session_bindings WHERE session_key = ?";

/** The table `session_bindings`. */
export class SqliteSessionBindings implements SessionBindings {
  readonly #database: DurableDatabase;
  readonly #onAdded: (now: number) => void;

  /** @param onAdded called with the instant of every binding that is new */
  constructor(database: DurableDatabase, onAdded: (now: number) => void) {
    this.#database = database;
    this.#onAdded = onAdded;
  }

  async touch(
    given: Pick<SessionBinding, "sessionKey" | "connectorId" | "conversationId" | "senderId">,
    now: number,
  ): Promise<{ binding: SessionBinding; created: boolean }> {
    const { sessionKey, connectorId, conversationId, senderId } = given;
    const touched = await this.#database.write((tx) => {
      const row = tx.get(byKeySql, [sessionKey]);
      if (row === undefined) {
        tx.run(
          `INSERT INTO session_bindings (session_key, connector_id, conversation_id, sender_id, created_at, last_used_at)
           VALUES (?, ?, ?, ?, ?, ?)`,
          [sessionKey, connectorId, conversationId, senderId, now, now],
        );
        return { binding: { ...given, createdAt: now, lastUsedAt: now }, created: true };
      }
      const known = bindingOf(row);
      if (known.connectorId !== connectorId || known.conversationId !== conversationId) {
        throw new PalyraError("conflict", `Session ${sessionKey} belongs to another conversation.`);
      }
      const lastUsedAt = Math.max(known.lastUsedAt, now);
      tx.run("UPDATE session_bindings SET last_used_at = ? WHERE session_key = ?", [lastUsedAt, sessionKey]);
      return { binding: { ...known, lastUsedAt }, created: false };
    });
    if (touched.created) this.#onAdded(now);
    return touched;
  }

  async get(sessionKey: string): Promise<SessionBinding | null> {
    const [row] = this.#database.read(byKeySql, [sessionKey]);
    return row === undefined ? null : bindingOf(row);
  }

  async ofConversation(connectorId: string, conversationId: string): Promise<SessionBinding[]> {
    const rows = this.#database.read(
      `SELECT * FROM session_bindings WHERE connector_id = ? AND conversation_id = ?
       ORDER BY last_used_at DESC, session_key`,
      [connectorId, conversationId],
    );
    return rows.map(bindingOf);
  }

  end(sessionKey: string): Promise<boolean> {
    return this.#database.write(
      (tx) => tx.run("DELETE FROM session_bindings WHERE session_key = ?", [sessionKey]) > 0,
    );
  }
}

function bindingOf(row: Row): SessionBinding {
  return {
    sessionKey: String(row.session_key),
    connectorId: String(row.connector_id),
    conversationId: String(row.conversation_id),
    senderId: typeof row.sender_id === "string" ? row.sender_id : null,
    createdAt: Number(row.created_at),
    lastUsedAt: Number(row.last_used_at),
  };
}
