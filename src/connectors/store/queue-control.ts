import { depthOf, depthSql } from "./counters.ts";
import type { DurableDatabase, Transaction } from "./durable-database.ts";
import { unknownConnector } from "./instances.ts";
import type { QueueControl, QueueSnapshot } from "./parts/queue-control.ts";
import type { Row } from "./sql-value.ts";

const reasonCharacters = 512;

/** True while the outbound queue of a connector is held back. */
export function isPaused(tx: Pick<Transaction, "get">, connectorId: string): boolean {
  return tx.get(pausedSql, [connectorId])?.paused === 1;
}

export const pausedSql = "SELECT paused FROM connector_queue_state WHERE connector_id = ?";

/** The table `connector_queue_state`, and the state of the queues themselves. */
export class SqliteQueueControl implements QueueControl {
  readonly #database: DurableDatabase;

  constructor(database: DurableDatabase) {
    this.#database = database;
  }

  pause(connectorId: string, reason: string | null, now: number): Promise<void> {
    return this.#set(connectorId, true, reason === null ? null : reason.slice(0, reasonCharacters), now);
  }

  resume(connectorId: string, now: number): Promise<void> {
    return this.#set(connectorId, false, null, now);
  }

  async snapshot(connectorId: string, now: number): Promise<QueueSnapshot> {
    const one = (sql: string, ...more: number[]): Row | undefined =>
      this.#database.read(sql, [connectorId, ...more])[0];
    const depth = depthOf(one(depthSql));
    const state = one(
      "SELECT paused, pause_reason, updated_at FROM connector_queue_state WHERE connector_id = ?",
    );
    return {
      inboxPending: depth.inbox_pending,
      pendingOutbox: depth.outbox_pending,
      dueOutbox: Number(
        one(
          "SELECT COUNT(*) AS n FROM outbox WHERE connector_id = ? AND due_at IS NOT NULL AND due_at <= ?",
          now,
        )?.n,
      ),
      claimedOutbox: Number(
        one(
          `SELECT COUNT(*) AS n FROM outbox INDEXED BY outbox_sending
           WHERE connector_id = ? AND state = 'sending' AND due_at > ?`,
          now,
        )?.n,
      ),
      deadLetters: depth.dead_letters,
      nextAttemptAt: numberOrNull(
        one("SELECT due_at FROM outbox WHERE connector_id = ? AND due_at IS NOT NULL ORDER BY due_at LIMIT 1")
          ?.due_at,
      ),
      oldestPendingCreatedAt: numberOrNull(
        one(
          "SELECT created_at FROM outbox WHERE connector_id = ? AND finished_at IS NULL ORDER BY created_at LIMIT 1",
        )?.created_at,
      ),
      latestDeadLetterAt: numberOrNull(
        one("SELECT created_at FROM dead_letters WHERE connector_id = ? ORDER BY dead_letter_id DESC LIMIT 1")
          ?.created_at,
      ),
      paused: state?.paused === 1,
      pauseReason: typeof state?.pause_reason === "string" ? state.pause_reason : null,
      pauseUpdatedAt: numberOrNull(state?.updated_at),
    };
  }

  #set(connectorId: string, paused: boolean, reason: string | null, now: number): Promise<void> {
    return this.#database.write((tx) => {
      const known = tx.get("SELECT 1 FROM connector_instances WHERE connector_id = ?", [connectorId]);
      if (known === undefined) throw unknownConnector(connectorId);
      tx.run(
        `INSERT INTO connector_queue_state (connector_id, paused, pause_reason, updated_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (connector_id) DO UPDATE SET paused = excluded.paused, pause_reason = excluded.pause_reason,
           updated_at = excluded.updated_at`,
        [connectorId, paused ? 1 : 0, reason, now],
      );
    });
  }
}

function numberOrNull(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
