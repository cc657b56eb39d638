import type { Database, SqlJsStatic, Statement } from "sql.js";
// The build for browsers: it is given the WebAssembly as bytes, needs nothing of Node.js, and so runs from a
// bundled ES module, where the other build looks for `__dirname`.
import initSqlJs from "sql.js/dist/sql-wasm-browser.js";
import { messageOf } from "../../platform/errors.ts";
import type { JournaledStatement } from "./journal-format.ts";
import type { Row, SqlValue } from "./sql-value.ts";

/** Functions whose result differs when a statement is run again: their values must come as parameters. */
const unrepeatableFunctions = new Set([
  "random",
  "randomblob",
  "current_timestamp",
  "current_time",
  "current_date",
  "date",
  "time",
  "datetime",
  "julianday",
  "unixepoch",
  "strftime",
  "timediff",
  "last_insert_rowid",
  "changes",
  "total_changes",
]);

/** Instructions of statements that steer the connection instead of changing rows. */
const controlOpcodes = new Set([
  "AutoCommit",
  "Savepoint",
  "Vacuum",
  "JournalMode",
  "Checkpoint",
  "IncrVacuum",
]);

type StatementKind = "read" | "rows" | "schema";

interface Prepared {
  readonly statement: Statement;
  readonly kind: StatementKind;
}

/** Loads SQLite; the second call of a process returns the first one's. */
export function loadSqlite(wasm: Uint8Array): Promise<SqlJsStatic> {
  const binary = new Uint8Array(wasm).buffer;
  return initSqlJs({ wasmBinary: binary });
}

/**
 * An SQLite database in memory with cached statements, which knows of each statement whether it reads or
 * writes and refuses to write what a replay would not repeat. What a statement does is taken from its
 * compiled program (EXPLAIN), not from its text.
 */
export class MemoryDatabase {
  readonly #database: Database;
  readonly #prepared = new Map<string, Prepared>();

  /** @param image an SQLite file; without it the database is empty */
  constructor(sqlite: SqlJsStatic, image?: Uint8Array) {
    this.#database = image === undefined ? new sqlite.Database() : new sqlite.Database(image);
    // The file is in memory and this is its only connection: no second journal, no locks, no syncs.
    for (const pragma of [
      "journal_mode=MEMORY",
      "synchronous=OFF",
      "locking_mode=EXCLUSIVE",
      "temp_store=MEMORY",
      "cache_size=-16384",
      "foreign_keys=ON",
    ]) {
      this.#database.exec(`PRAGMA ${pragma}`);
    }
  }

  /** Rows of a statement that only reads. Throws for one that writes. */
  all(sql: string, params: readonly SqlValue[] = []): Row[] {
    const { statement, kind } = this.#prepare(sql);
    if (kind !== "read") throw new Error(`Only reading statements return rows: ${sql}`);
    const rows: Row[] = [];
    try {
      statement.bind([...params]);
      while (statement.step()) rows.push(statement.getAsObject());
    } finally {
      statement.reset();
    }
    return rows;
  }

  /**
   * Runs a statement that writes. Returns the rows changed, -1 for a change of the schema.
   * Throws for one that reads, or whose result would differ when replayed.
   */
  run(sql: string, params: readonly SqlValue[] = []): number {
    const { statement, kind } = this.#prepare(sql);
    if (kind === "read") throw new Error(`A reading statement was given as a write: ${sql}`);
    for (const value of params) requireStorable(value, sql);
    try {
      statement.run([...params]);
    } finally {
      statement.reset();
    }
    return kind === "rows" ? this.#database.getRowsModified() : -1;
  }

  /** Applies a journaled transaction; false when it fails or changes another number of rows than it did. */
  replay(statements: readonly JournaledStatement[]): boolean {
    this.begin();
    try {
      for (const { sql, params, changes } of statements) {
        if (this.run(sql, params) !== changes) {
          this.rollback();
          return false;
        }
      }
      this.commit();
      return true;
    } catch (error) {
      this.rollback();
      if (isEngineFailure(error)) throw error;
      return false;
    }
  }

  begin(): void {
    this.#control("BEGIN");
  }

  commit(): void {
    this.#control("COMMIT");
  }

  /** Does nothing when SQLite has already undone the transaction by itself (as after an error of memory). */
  rollback(): void {
    try {
      this.#control("ROLLBACK");
    } catch (error) {
      if (!messageOf(error).includes("no transaction is active")) throw error;
    }
  }

  get schemaVersion(): number {
    return Number(this.all("PRAGMA user_version")[0]?.user_version ?? 0);
  }

  /** @returns null when the structure is sound, else the first fault found */
  findFault(depth: "quick" | "full"): string | null {
    const pragma = depth === "quick" ? "quick_check" : "integrity_check";
    try {
      const result = this.#database.exec(`PRAGMA ${pragma}(1)`)[0]?.values[0]?.[0];
      return result === "ok" ? null : String(result);
    } catch (error) {
      if (isEngineFailure(error)) throw error;
      return messageOf(error);
    }
  }

  /** The database as an SQLite file. Statements are prepared anew afterwards. */
  export(): Uint8Array {
    this.#prepared.clear();
    return this.#database.export();
  }

  close(): void {
    this.#prepared.clear();
    this.#database.close();
  }

  #control(sql: string): void {
    let prepared = this.#prepared.get(sql);
    if (prepared === undefined) {
      prepared = { statement: this.#database.prepare(sql), kind: "schema" };
      this.#prepared.set(sql, prepared);
    }
    try {
      prepared.statement.step();
    } finally {
      prepared.statement.reset();
    }
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const kind = this.#classify(sql);
    const prepared = { statement: this.#database.prepare(sql), kind };
    this.#prepared.set(sql, prepared);
    return prepared;
  }

  #classify(sql: string): StatementKind {
    let writes = false;
    let unrepeatable: string | null = null;
    const statements = this.#database.iterateStatements(`EXPLAIN ${sql}`);
    const program = statements.next().value;
    if (program === undefined) throw new Error("The statement is empty.");
    try {
      if (statements.getRemainingSQL().trim() !== "") throw new Error(`One statement at a time: ${sql}`);
      while (program.step()) {
        const { opcode, p2, p4 } = program.getAsObject();
        if (typeof opcode === "string" && controlOpcodes.has(opcode)) {
          throw new Error(`Transactions and settings are the database's own matter: ${sql}`);
        }
        if (opcode === "Transaction" && Number(p2) !== 0) writes = true;
        const called = typeof p4 === "string" ? /^(\w+)\(-?\d+\)$/.exec(p4)?.[1] : undefined;
        if (called !== undefined && unrepeatableFunctions.has(called)) unrepeatable = called;
      }
    } finally {
      program.free();
    }
    if (!writes) return "read";
    if (unrepeatable !== null) {
      throw new Error(`A write must not call ${unrepeatable}(): give its value as a parameter: ${sql}`);
    }
    return /^\s*(INSERT|UPDATE|DELETE|REPLACE|WITH)\b/i.test(sql) ? "rows" : "schema";
  }
}

function requireStorable(value: unknown, sql: string): void {
  const storable =
    value === null ||
    typeof value === "string" ||
    value instanceof Uint8Array ||
    (typeof value === "number" && Number.isFinite(value));
  if (!storable) throw new TypeError(`${String(value)} cannot be stored: ${sql}`);
}

/** True for a trap of the WebAssembly engine (such as no memory), which says nothing about the data. */
function isEngineFailure(error: unknown): boolean {
  return error instanceof Error && error.name === "RuntimeError";
}
