import type { Transaction } from "../durable-database.ts";
import { runAll } from "./run-all.ts";

/** Events that wait for more of the same person, and how many were answered together with another. */
export function addMergedTurns(tx: Transaction): void {
  runAll(tx, [
    "ALTER TABLE inbox ADD COLUMN deferred INTEGER NOT NULL DEFAULT 0 CHECK (deferred IN (0, 1))",
    "ALTER TABLE counters ADD COLUMN merged INTEGER NOT NULL DEFAULT 0",
  ]);
}
