import Database from "better-sqlite3";
import { connectorMigrations } from "../../src/connectors/store/connector-schema.ts";
import type { Transaction } from "../../src/connectors/store/durable-database.ts";
import { addRequest } from "../../src/connectors/store/outbox.ts";
import type { Row, SqlValue } from "../../src/connectors/store/sql-value.ts";
import type { OutboundMessageRequest } from "../../src/contracts/connector.ts";

/**
 * The same tables and the same statements for each message, on native SQLite: write-ahead log, a sync for each
 * commit, one commit for each message.
 */
export class BetterSqlite3Outbox {
  readonly #database: Database.Database;
  readonly #statements = new Map<string, Database.Statement>();
  readonly #enqueue: (request: OutboundMessageRequest, now: number) => boolean;

  /** @param file absolute path of a database that is made here */
  constructor(file: string) {
    this.#database = new Database(file);
    this.#database.pragma("journal_mode = WAL");
    this.#database.pragma("synchronous = FULL");
    const all = (sql: string, params: readonly SqlValue[] = []): Row[] =>
      this.#prepare(sql).all(...params) as Row[];
    const tx: Transaction = {
      all,
      get: (sql, params) => all(sql, params)[0],
      run: (sql, params = []) => this.#prepare(sql).run(...params).changes,
    };
    for (const migration of connectorMigrations) this.#database.transaction(() => migration(tx))();
    this.#enqueue = this.#database.transaction((request: OutboundMessageRequest, now: number) =>
      addRequest(tx, request, false, now),
    ).immediate;
  }

  enqueue(request: OutboundMessageRequest, now: number): boolean {
    return this.#enqueue(request, now);
  }

  close(): void {
    this.#database.close();
  }

  #prepare(sql: string): Database.Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
