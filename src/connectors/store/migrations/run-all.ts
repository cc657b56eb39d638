import type { Transaction } from "../durable-database.ts";

export function runAll(tx: Transaction, statements: readonly string[]): void {
  for (const sql of statements) tx.run(sql);
}
