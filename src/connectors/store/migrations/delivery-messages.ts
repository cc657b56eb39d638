import type { Transaction } from "../durable-database.ts";
import { runAll } from "./run-all.ts";

/** The connector that has the messages of a delivery; null while it has none. Those of before stay unknown. */
export function addDeliveryMessages(tx: Transaction): void {
  runAll(tx, ["ALTER TABLE webhook_deliveries ADD COLUMN connector_id TEXT"]);
}
