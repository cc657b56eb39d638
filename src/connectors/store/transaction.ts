import type { JournaledStatement } from "./journal-format.ts";
import type { MemoryDatabase } from "./memory-database.ts";
import type { Row, SqlValue } from "./sql-value.ts";

/** Reads and writes inside one transaction. Usable only until the function it was given to returns. */
export interface Transaction {
  /** Rows of a reading statement. */
  all(sql: string, params?: readonly SqlValue[]): Row[];
  /** First row of a reading statement. */
  get(sql: string, params?: readonly SqlValue[]): Row | undefined;
  /**
   * Runs a writing statement and returns the number of rows it changed (-1 for a change of the schema).
   * Times, ids and random values must be parameters, because the statement is run again after a restart.
   */
  run(sql: string, params?: readonly SqlValue[]): number;
}

/** One step of the schema; its number is its position in the list, counted from 1. */
export type Migration = (tx: Transaction) => void;

/**
 * Runs a function in a transaction of the memory; when it throws, everything is as before.
 * @param onUndoFailure told when even that is not possible: memory and journal may differ from then on
 * @returns its result and the statements it ran
 */
export function runTransaction<T>(
  memory: MemoryDatabase,
  run: (tx: Transaction) => T,
  onUndoFailure: (failure: unknown) => void,
): { result: T; statements: JournaledStatement[] } {
  const statements: JournaledStatement[] = [];
  let over = false;
  const requireRunning = (): void => {
    if (over) throw new Error("The transaction is over.");
  };
  const all = (sql: string, params: readonly SqlValue[] = []): Row[] => {
    requireRunning();
    return memory.all(sql, params);
  };
  const tx: Transaction = {
    all,
    get: (sql, params) => all(sql, params)[0],
    run(sql, params = []) {
      requireRunning();
      const changes = memory.run(sql, params);
      statements.push({ sql, params: [...params], changes });
      return changes;
    },
  };
  memory.begin();
  try {
    const result = run(tx);
    if (result instanceof Promise) throw new TypeError("A transaction must not be asynchronous.");
    memory.commit();
    return { result, statements };
  } catch (error) {
    try {
      memory.rollback();
    } catch (failure) {
      onUndoFailure(failure);
    }
    throw error;
  } finally {
    over = true;
  }
}

/** The migrations that a schema version lacks, each with the step that writes its number. */
export function* missingMigrations(
  from: number,
  migrations: readonly Migration[],
): Generator<{ version: number; apply: (tx: Transaction) => void }> {
  for (const [index, migration] of migrations.entries()) {
    const version = index + 1;
    if (version <= from) continue;
    const apply = (tx: Transaction): void => {
      migration(tx);
      tx.run(`PRAGMA user_version = ${version}`);
    };
    yield { version, apply };
  }
}
