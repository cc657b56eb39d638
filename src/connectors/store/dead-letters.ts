import { PalyraError } from "../../platform/errors.ts";
import { count } from "./counters.ts";
import { deliveriesWithoutLetters } from "./delivery-messages.ts";
import type { DurableDatabase, Transaction } from "./durable-database.ts";
import { addRequest, parseRequest } from "./outbox.ts";
import type { DeadLetter, DeadLetterStore } from "./parts/dead-letter-store.ts";
import type { Row } from "./sql-value.ts";

const oneSql = "SELECT * FROM dead_letters WHERE dead_letter_id = ? AND connector_id = ?";

/** The table `dead_letters`. */
export class SqliteDeadLetters implements DeadLetterStore {
  readonly #database: DurableDatabase;

  constructor(database: DurableDatabase) {
    this.#database = database;
  }

  async get(connectorId: string, deadLetterId: number): Promise<DeadLetter> {
    const [row] = this.#database.read(oneSql, [deadLetterId, connectorId]);
    if (row === undefined) throw unknownLetter(connectorId, deadLetterId);
    return letterOf(row);
  }

  async list(
    connectorId: string,
    page: { readonly limit: number; readonly before?: number },
  ): Promise<DeadLetter[]> {
    const rows = this.#database.read(
      `SELECT * FROM dead_letters WHERE connector_id = ? AND dead_letter_id < ?
       ORDER BY dead_letter_id DESC LIMIT ?`,
      [connectorId, page.before ?? Number.MAX_SAFE_INTEGER, page.limit],
    );
    return rows.map(letterOf);
  }

  replay(connectorId: string, deadLetterId: number, now: number): Promise<DeadLetter[]> {
    return this.#database.write((tx) => replayLetters(tx, connectorId, deadLetterId, now));
  }

  discard(connectorId: string, deadLetterId: number, now: number): Promise<DeadLetter> {
    return this.#database.write((tx) => {
      const row = requireLetter(tx, connectorId, deadLetterId);
      tx.run("DELETE FROM dead_letters WHERE dead_letter_id = ?", [deadLetterId]);
      count(tx, connectorId, { deadLetters: -1 });
      deliveriesWithoutLetters(tx, "discarded", "Its message was let go of.", now);
      return letterOf(row);
    });
  }

  purge(connectorId: string, until: number, now: number): Promise<number> {
    return this.#database.write((tx) => {
      const deleted = tx.run("DELETE FROM dead_letters WHERE connector_id = ? AND created_at <= ?", [
        connectorId,
        until,
      ]);
      if (deleted > 0) {
        count(tx, connectorId, { deadLetters: -deleted });
        deliveriesWithoutLetters(tx, "discarded", "Its message was let go of.", now);
      }
      return deleted;
    });
  }
}

function replayLetters(
  tx: Transaction,
  connectorId: string,
  deadLetterId: number,
  now: number,
): DeadLetter[] {
  const asked = requireLetter(tx, connectorId, deadLetterId);
  return replayEnvelope(tx, connectorId, String(asked.envelope_id), Number(asked.sequence), now);
}

/**
 * Puts the letters of an envelope back into the outbox.
 * @param from the first part that is sent again
 * @returns those that were brought back, in their order
 */
export function replayEnvelope(
  tx: Transaction,
  connectorId: string,
  envelopeId: string,
  from: number,
  now: number,
): DeadLetter[] {
  const rows = tx.all(
    `SELECT * FROM dead_letters WHERE connector_id = ? AND envelope_id = ? AND sequence >= ?
     ORDER BY sequence, dead_letter_id`,
    [connectorId, envelopeId, from],
  );
  for (const row of rows) {
    const request = parseRequest(row.request_json);
    // A row of its own at the end: the old one would overtake what its conversation is waiting to send now.
    tx.run(
      "DELETE FROM outbox WHERE connector_id = ? AND envelope_id = ? AND sequence = ? AND state = 'dead'",
      [connectorId, request.envelope_id, request.sequence],
    );
    const attemptedAt = typeof row.first_attempt_at === "number" ? row.first_attempt_at : null;
    if (!addRequest(tx, request, row.answers_inbound === 1, now, attemptedAt)) {
      throw new PalyraError(
        "conflict",
        `Message ${request.envelope_id}/${request.sequence} of ${connectorId} is in the outbox again.`,
        { nextStep: "Discard the dead letter." },
      );
    }
    tx.run("DELETE FROM dead_letters WHERE dead_letter_id = ?", [row.dead_letter_id ?? null]);
  }
  if (rows.length > 0) {
    count(tx, connectorId, { deadLetters: -rows.length, replayed: rows.length });
    deliveriesWithoutLetters(tx, "done", null, now);
  }
  return rows.map(letterOf);
}

/** Lets the letters of an envelope go. Returns how many. */
export function discardEnvelope(tx: Transaction, connectorId: string, envelopeId: string): number {
  const deleted = tx.run("DELETE FROM dead_letters WHERE connector_id = ? AND envelope_id = ?", [
    connectorId,
    envelopeId,
  ]);
  if (deleted > 0) count(tx, connectorId, { deadLetters: -deleted });
  return deleted;
}

function requireLetter(tx: Transaction, connectorId: string, deadLetterId: number): Row {
  const row = tx.get(oneSql, [deadLetterId, connectorId]);
  if (row === undefined) throw unknownLetter(connectorId, deadLetterId);
  return row;
}

function unknownLetter(connectorId: string, deadLetterId: number): PalyraError {
  return new PalyraError("not_found", `Connector ${connectorId} has no dead letter ${deadLetterId}.`, {
    nextStep: "List the dead letters again: it was sent, discarded or has expired.",
  });
}

function letterOf(row: Row): DeadLetter {
  return {
    deadLetterId: Number(row.dead_letter_id),
    connectorId: String(row.connector_id),
    request: parseRequest(row.request_json),
    reason: String(row.reason),
    attempts: Number(row.attempts),
    createdAt: Number(row.created_at),
  };
}
