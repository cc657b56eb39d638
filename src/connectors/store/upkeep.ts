import { messageOf } from "../../platform/errors.ts";
import type { DurableDatabase } from "./durable-database.ts";
import { pruneSteps } from "./prune.ts";
import { pruneBatch } from "./retention.ts";
import type { StoreEvent } from "./store-events.ts";

/** New rows after which the store prunes itself: rows must not pile up between two rounds of maintenance. */
const rowsBetweenRounds = 1_000;

/** Deletes what is beyond its retention: on command, and by itself whenever many rows were added. */
export class Upkeep {
  readonly #database: DurableDatabase;
  readonly #onEvent: (event: StoreEvent) => void;
  #added = 0;
  #round: Promise<void> | null = null;
  #closed = false;

  constructor(database: DurableDatabase, onEvent: (event: StoreEvent) => void) {
    this.#database = database;
    this.#onEvent = onEvent;
  }

  /** @param now Unix time in milliseconds, as of the rows */
  rowsAdded(rows: number, now: number): void {
    this.#added += rows;
    if (this.#added < rowsBetweenRounds || this.#round !== null || this.#closed) return;
    this.#added = 0;
    this.#round = this.#pruneQuietly(now).finally(() => {
      this.#round = null;
    });
  }

  /** Small transactions, so that no message waits for long. Returns rows deleted. */
  async prune(now: number): Promise<number> {
    let deleted = 0;
    for (const step of pruneSteps) {
      for (let batch = pruneBatch; batch === pruneBatch && !this.#closed; deleted += batch) {
        batch = await this.#database.write((tx) => step(tx, now));
      }
    }
    return deleted;
  }

  /** Begins no further transaction and waits for the one that runs. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#round;
  }

  async #pruneQuietly(now: number): Promise<void> {
    try {
      await this.prune(now);
    } catch (error) {
      // A paused database has told so itself.
      if (this.#database.failure !== null) return;
      const message = `Old rows could not be deleted: ${messageOf(error)}`;
      this.#onEvent({ kind: "prune_failed", level: "warn", message, details: {} });
    }
  }
}
