import type { OutboundMessageRequest } from "../../contracts/connector.ts";
import type { WebhookDeliveryState } from "../../contracts/webhook.ts";
import { discardEnvelope, replayEnvelope } from "./dead-letters.ts";
import { reasonCharacters } from "./delivery-messages.ts";
import type { DurableDatabase, Transaction } from "./durable-database.ts";
import { addRequest } from "./outbox.ts";
import type {
  AcceptOutcome,
  DeliveryCounts,
  DeliveryFacts,
  DeliveryMessages,
  DeliveryQuery,
  DueIntegrations,
  NewDelivery,
  Released,
  StoredDelivery,
  TracedDelivery,
  WebhookDeliveryStore,
} from "./parts/webhook-delivery-store.ts";
import { deliveryRetention, pruneBatch } from "./retention.ts";
import type { Row, SqlValue } from "./sql-value.ts";

/** A longer payload (characters) is dropped when its delivery is done. */
const keptPayload = 16_384;

/** Deliveries with what became of their messages in the outbox. */
const tracedSql = `SELECT d.*,
    (SELECT COUNT(*) FROM outbox AS o WHERE o.connector_id = d.connector_id AND o.envelope_id = d.delivery_id
       AND o.finished_at IS NULL) AS waiting,
    (SELECT COUNT(*) FROM outbox AS o WHERE o.connector_id = d.connector_id AND o.envelope_id = d.delivery_id
       AND o.state = 'delivered') AS delivered,
    (SELECT COUNT(*) FROM outbox AS o WHERE o.connector_id = d.connector_id AND o.envelope_id = d.delivery_id
       AND o.state = 'dead') AS given_up
  FROM webhook_deliveries AS d`;

/** The table `webhook_deliveries`. */
export class SqliteWebhookDeliveries implements WebhookDeliveryStore {
  readonly #database: DurableDatabase;
  readonly #onAdded: (rows: number, now: number) => void;

  /** @param onAdded called with the number of new rows, here or in the outbox */
  constructor(database: DurableDatabase, onAdded: (rows: number, now: number) => void) {
    this.#database = database;
    this.#onAdded = onAdded;
  }

  async accept(deliveries: readonly NewDelivery[], now: number): Promise<AcceptOutcome[]> {
    const outcomes = await this.#database.write((tx) => deliveries.map((one) => acceptOne(tx, one, now)));
    this.#onAdded(outcomes.filter(({ kind }) => kind === "accepted").length, now);
    return outcomes;
  }

  async findKey(integrationId: string, deliveryKey: string): Promise<string | null> {
    const [row] = this.#database.read(
      "SELECT delivery_id FROM webhook_deliveries WHERE integration_id = ? AND delivery_key = ?",
      [integrationId, deliveryKey],
    );
    return row === undefined ? null : String(row.delivery_id);
  }

  async get(deliveryId: string): Promise<TracedDelivery | null> {
    const [row] = this.#database.read(`${tracedSql} WHERE d.delivery_id = ?`, [deliveryId]);
    return row === undefined ? null : tracedOf(row);
  }

  async list(query: DeliveryQuery): Promise<TracedDelivery[]> {
    const conditions = ["d.delivery_id < ?"];
    const params: SqlValue[] = [query.before ?? "~"];
    if (query.integrationId !== undefined) {
      conditions.push("d.integration_id = ?");
      params.push(query.integrationId);
    }
    if (query.state !== undefined) {
      conditions.push("d.state = ?");
      params.push(query.state);
    }
    const sql = `${tracedSql} WHERE ${conditions.join(" AND ")} ORDER BY d.delivery_id DESC LIMIT ?`;
    return this.#database.read(sql, [...params, query.limit]).map(tracedOf);
  }

  async due(from: DueIntegrations, now: number, limit: number): Promise<StoredDelivery[]> {
    const sql = `SELECT * FROM webhook_deliveries WHERE due_at IS NOT NULL AND due_at <= ? AND ${dueSql[from.kind]}
      ORDER BY due_at, row_number LIMIT ?`;
    return this.#database.read(sql, [now, JSON.stringify(from.ids), limit]).map(deliveryOf);
  }

  async nextDueAt(from: DueIntegrations): Promise<number | null> {
    const [row] = this.#database.read(
      `SELECT due_at FROM webhook_deliveries WHERE due_at IS NOT NULL AND ${dueSql[from.kind]} ORDER BY due_at LIMIT 1`,
      [JSON.stringify(from.ids)],
    );
    return row === undefined ? null : Number(row.due_at);
  }

  async held(limit: number): Promise<StoredDelivery[]> {
    const sql = "SELECT * FROM webhook_deliveries WHERE state = 'held' ORDER BY row_number LIMIT ?";
    return this.#database.read(sql, [limit]).map(deliveryOf);
  }

  async counts(): Promise<DeliveryCounts> {
    const counts: Record<WebhookDeliveryState, number> = {
      received: 0,
      failed: 0,
      held: 0,
      done: 0,
      dead: 0,
      discarded: 0,
    };
    const all = this.#database.read("SELECT COUNT(*) AS n FROM webhook_deliveries");
    const others = this.#database.read(
      "SELECT state, COUNT(*) AS n FROM webhook_deliveries WHERE state <> 'done' GROUP BY state",
    );
    for (const { state, n } of others) counts[String(state) as WebhookDeliveryState] = Number(n);
    const open = Object.values(counts).reduce((sum, n) => sum + n, 0);
    return { ...counts, done: Number(all[0]?.n) - open };
  }

  async complete(
    deliveryId: string,
    messages: readonly OutboundMessageRequest[],
    reason: string | null,
    now: number,
  ): Promise<boolean> {
    const happened = await this.#database.write((tx) => {
      const changed = tx.run(
        `UPDATE webhook_deliveries SET state = 'done', due_at = NULL, reason = ?, attempts = attempts + 1,
           connector_id = ?,
           payload_json = CASE WHEN length(payload_json) > ${keptPayload} THEN NULL ELSE payload_json END,
           updated_at = ?, finished_at = ?
         WHERE delivery_id = ? AND state IN ('received', 'failed')`,
        [shortened(reason), messages[0]?.connector_id ?? null, now, now, deliveryId],
      );
      if (changed === 0) return false;
      for (const message of messages) addRequest(tx, message, false, now);
      return true;
    });
    if (happened) this.#onAdded(messages.length, now);
    return happened;
  }

  fail(deliveryId: string, reason: string, nextAttemptAt: number | null, now: number): Promise<void> {
    return this.#database.write((tx) => {
      tx.run(
        `UPDATE webhook_deliveries SET state = ?, due_at = ?, reason = ?, attempts = attempts + 1, updated_at = ?,
           finished_at = ?
         WHERE delivery_id = ? AND state IN ('received', 'failed')`,
        [
          nextAttemptAt === null ? "dead" : "failed",
          nextAttemptAt,
          shortened(reason),
          now,
          nextAttemptAt === null ? now : null,
          deliveryId,
        ],
      );
    });
  }

  release(deliveryId: string, now: number): Promise<Released | null> {
    return this.#database.write((tx) => {
      const connectorId = connectorWithLetters(tx, deliveryId);
      if (connectorId !== null) {
        const letters = replayEnvelope(tx, connectorId, deliveryId, 0, now);
        return letters.length > 0 ? { kind: "sent_again", connectorId } : null;
      }
      const changed = tx.run(
        `UPDATE webhook_deliveries SET state = 'received', due_at = ?, reason = NULL, attempts = 0, updated_at = ?,
           finished_at = NULL
         WHERE delivery_id = ? AND state IN ('held', 'dead') AND payload_json IS NOT NULL`,
        [now, now, deliveryId],
      );
      return changed > 0 ? { kind: "begun_again" } : null;
    });
  }

  endHeld(deliveryId: string, state: "dead" | "discarded", reason: string, now: number): Promise<boolean> {
    return this.#database.write(
      (tx) =>
        tx.run(
          `UPDATE webhook_deliveries SET state = ?, reason = ?, updated_at = ?, finished_at = ?
           WHERE delivery_id = ? AND state = 'held'`,
          [state, shortened(reason), now, now, deliveryId],
        ) > 0,
    );
  }

  discard(deliveryId: string, reason: string, now: number): Promise<boolean> {
    return this.#database.write((tx) => {
      const connectorId = connectorWithLetters(tx, deliveryId);
      if (connectorId !== null) discardEnvelope(tx, connectorId, deliveryId);
      return (
        tx.run(
          `UPDATE webhook_deliveries SET state = 'discarded', due_at = NULL, reason = ?, payload_json = NULL,
             updated_at = ?, finished_at = ?
           WHERE delivery_id = ? AND state IN ('received', 'failed', 'held', 'dead')`,
          [shortened(reason), now, now, deliveryId],
        ) > 0
      );
    });
  }
}

const dueSql: Readonly<Record<DueIntegrations["kind"], string>> = {
  only: "integration_id IN (SELECT value FROM json_each(?))",
  except: "integration_id NOT IN (SELECT value FROM json_each(?))",
};

/** The connector that gave messages of a dead delivery up; null when it never came as far as to have any. */
function connectorWithLetters(tx: Transaction, deliveryId: string): string | null {
  const row = tx.get("SELECT connector_id FROM webhook_deliveries WHERE delivery_id = ? AND state = 'dead'", [
    deliveryId,
  ]);
  return typeof row?.connector_id === "string" ? row.connector_id : null;
}

/**
 * Deletes finished deliveries beyond their retention, at most `pruneBatch`. One that is younger than any request
 * that could still be shown again stays, however many there are. Returns how many were deleted.
 */
export function pruneDeliveries(tx: Transaction, now: number): number {
  const { maxRows, replayableMs } = deliveryRetention;
  const finished = Number(
    tx.get("SELECT COUNT(*) AS n FROM webhook_deliveries WHERE finished_at IS NOT NULL")?.n,
  );
  const surplus = Math.max(0, Math.min(finished - maxRows, pruneBatch));
  const expired = tx.run(
    `DELETE FROM webhook_deliveries WHERE row_number IN
       (SELECT row_number FROM webhook_deliveries WHERE finished_at IS NOT NULL AND keep_until <= ?
        ORDER BY keep_until LIMIT ${pruneBatch})`,
    [now],
  );
  if (expired > 0 || surplus === 0) return expired;
  return tx.run(
    `DELETE FROM webhook_deliveries WHERE row_number IN
       (SELECT row_number FROM webhook_deliveries WHERE finished_at IS NOT NULL AND received_at <= ?
        ORDER BY row_number LIMIT ?)`,
    [now - replayableMs, surplus],
  );
}

/** Lets go of the payloads of the oldest dead deliveries when there are too many. Returns how many. */
export function prunePayloads(tx: Transaction, now: number): number {
  // Those with messages are sent again without their payloads, and end with their dead letters.
  const given = "state = 'dead' AND connector_id IS NULL";
  const dead = Number(tx.get(`SELECT COUNT(*) AS n FROM webhook_deliveries WHERE ${given}`)?.n);
  const surplus = Math.min(dead - deliveryRetention.maxDead, pruneBatch);
  if (surplus <= 0) return 0;
  return tx.run(
    `UPDATE webhook_deliveries SET state = 'discarded', payload_json = NULL, updated_at = ?
     WHERE row_number IN (SELECT row_number FROM webhook_deliveries WHERE ${given} ORDER BY row_number LIMIT ?)`,
    [now, surplus],
  );
}

function acceptOne(tx: Transaction, delivery: NewDelivery, now: number): AcceptOutcome {
  const { deliveryId, integrationId, deliveryKey, signedAt, state } = delivery;
  const added = tx.run(
    `INSERT INTO webhook_deliveries (delivery_id, integration_id, delivery_key, signed_at, state, due_at, reason,
       facts_json, payload_json, received_at, updated_at, finished_at, keep_until)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (integration_id, delivery_key) DO NOTHING`,
    [
      deliveryId,
      integrationId,
      deliveryKey,
      signedAt,
      state,
      state === "received" ? now : null,
      delivery.reason,
      JSON.stringify(delivery.facts),
      state === "done" && delivery.payload.length > keptPayload ? null : delivery.payload,
      now,
      now,
      state === "done" ? now : null,
      delivery.keepUntil,
    ],
  );
  if (added > 0) return { kind: "accepted" };
  const first = tx.get(
    "SELECT delivery_id, signed_at FROM webhook_deliveries WHERE integration_id = ? AND delivery_key = ?",
    [integrationId, deliveryKey],
  );
  const before = first?.signed_at ?? null;
  const retry = signedAt !== null && before !== null && signedAt > Number(before);
  if (retry) {
    tx.run(
      "UPDATE webhook_deliveries SET signed_at = ?, keep_until = MAX(keep_until, ?) WHERE delivery_id = ?",
      [signedAt, delivery.keepUntil, first?.delivery_id ?? null],
    );
  }
  return { kind: "repeated", deliveryId: String(first?.delivery_id), retry };
}

function shortened(reason: string | null): string | null {
  return reason === null ? null : reason.slice(0, reasonCharacters);
}

function tracedOf(row: Row): TracedDelivery {
  const messages: DeliveryMessages = {
    waiting: Number(row.waiting),
    delivered: Number(row.delivered),
    givenUp: Number(row.given_up),
  };
  const isKnown = messages.waiting + messages.delivered + messages.givenUp > 0;
  return { ...deliveryOf(row), messages: isKnown ? messages : null };
}

function deliveryOf(row: Row): StoredDelivery {
  return {
    deliveryId: String(row.delivery_id),
    integrationId: String(row.integration_id),
    state: String(row.state) as WebhookDeliveryState,
    attempts: Number(row.attempts),
    dueAt: row.due_at === null ? null : Number(row.due_at),
    reason: row.reason === null ? null : String(row.reason),
    facts: JSON.parse(String(row.facts_json)) as DeliveryFacts,
    payload: row.payload_json === null ? null : String(row.payload_json),
    receivedAt: Number(row.received_at),
    updatedAt: Number(row.updated_at),
  };
}
