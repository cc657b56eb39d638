import { PalyraError } from "../../platform/errors.ts";
import type { DurableDatabase, Transaction } from "./durable-database.ts";
import {
  type PairingAttempt,
  type PairingCode,
  type PairingGrant,
  type PairingOutcome,
  type PairingRequest,
  type PairingSnapshot,
  type PairingStore,
  pairingLimits,
} from "./parts/pairing-store.ts";
import type { Row } from "./sql-value.ts";

/** The tables `pairing_codes`, `pairing_requests`, `pairing_grants` and `pairing_failures`. */
export class SqlitePairing implements PairingStore {
  readonly #database: DurableDatabase;

  constructor(database: DurableDatabase) {
    this.#database = database;
  }

  addCode(given: PairingCode): Promise<boolean> {
    const { connectorId, issuedBy, createdAt, expiresAt } = given;
    const code = codeKey(given.code);
    return this.#database.write((tx) => {
      if (codeRow(tx, connectorId, code) !== undefined) return false;
      const active = tx.get(
        "SELECT COUNT(*) AS n FROM pairing_codes WHERE connector_id = ? AND expires_at > ?",
        [connectorId, createdAt],
      );
      if (Number(active?.n) >= pairingLimits.activeCodes) {
        throw new PalyraError(
          "conflict",
          `${connectorId} has ${pairingLimits.activeCodes} pairing codes in force.`,
          { nextStep: "Use or revoke a code, or wait until one expires." },
        );
      }
      tx.run(
        `INSERT INTO pairing_codes (connector_id, code, issued_by, created_at, expires_at)
         VALUES (?, ?, ?, ?, ?)`,
        [connectorId, code, issuedBy, createdAt, expiresAt],
      );
      return true;
    });
  }

  revokeCode(connectorId: string, code: string): Promise<boolean> {
    return this.#database.write((tx) => deleteCode(tx, connectorId, codeKey(code)) > 0);
  }

  tryCode(attempt: PairingAttempt, now: number): Promise<PairingOutcome> {
    const sender = senderKey(attempt.senderId);
    return this.#database.write((tx) => tryCode(tx, { ...attempt, senderId: sender }, now));
  }

  linkApproval(connectorId: string, senderId: string, approvalId: string, now: number): Promise<boolean> {
    return this.#database.write((tx) => {
      const changed = tx.run(
        `UPDATE pairing_requests SET approval_id = ?
         WHERE connector_id = ? AND sender_id = ? AND expires_at > ?`,
        [approvalId, connectorId, senderKey(senderId), now],
      );
      return changed > 0;
    });
  }

  decide(
    connectorId: string,
    senderId: string,
    grantUntil: number | null,
    now: number,
  ): Promise<PairingGrant | "denied" | "missing"> {
    const key = [connectorId, senderKey(senderId)];
    return this.#database.write((tx) => {
      const request = tx.get(`${requestSql} AND expires_at > ?`, [...key, now]);
      if (request === undefined) return "missing";
      tx.run("DELETE FROM pairing_requests WHERE connector_id = ? AND sender_id = ?", key);
      if (grantUntil === null) return "denied";
      tx.run(
        `INSERT INTO pairing_grants (connector_id, sender_id, approval_id, granted_at, expires_at)
         VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (connector_id, sender_id) DO UPDATE SET approval_id = excluded.approval_id,
           granted_at = excluded.granted_at, expires_at = excluded.expires_at`,
        [...key, request.approval_id ?? null, now, grantUntil],
      );
      return grantOf(tx.get(grantSql, key) ?? {});
    });
  }

  async grantOf(connectorId: string, senderId: string, now: number): Promise<PairingGrant | null> {
    const [row] = this.#database.read(`${grantSql} AND expires_at > ?`, [
      connectorId,
      senderKey(senderId),
      now,
    ]);
    return row === undefined ? null : grantOf(row);
  }

  revoke(connectorId: string, senderId: string): Promise<boolean> {
    const key = [connectorId, senderKey(senderId)];
    return this.#database.write((tx) => {
      const grants = tx.run("DELETE FROM pairing_grants WHERE connector_id = ? AND sender_id = ?", key);
      const requests = tx.run("DELETE FROM pairing_requests WHERE connector_id = ? AND sender_id = ?", key);
      return grants + requests > 0;
    });
  }

  async snapshot(connectorId: string | null, now: number): Promise<PairingSnapshot> {
    const inForce = (table: string, order: string): Row[] =>
      this.#database.read(
        `SELECT * FROM ${table} WHERE expires_at > ? AND (? IS NULL OR connector_id = ?)
         ORDER BY connector_id, ${order}`,
        [now, connectorId, connectorId],
      );
    return {
      codes: inForce("pairing_codes", "expires_at, code").map(codeOf),
      requests: inForce("pairing_requests", "requested_at, sender_id").map(requestOf),
      grants: inForce("pairing_grants", "granted_at, sender_id").map(grantOf),
    };
  }
}

const requestSql = "SELECT * FROM pairing_requests WHERE connector_id = ? AND sender_id = ?";
const grantSql = "SELECT * FROM pairing_grants WHERE connector_id = ? AND sender_id = ?";
const failureSql =
  "SELECT failures, window_ends_at FROM pairing_failures WHERE connector_id = ? AND sender_id = ?";

function tryCode(tx: Transaction, attempt: PairingAttempt, now: number): PairingOutcome {
  const { connectorId, senderId, conversationId, requestExpiresAt } = attempt;
  const key = [connectorId, senderId];
  const failed = tx.get(failureSql, key);
  const windowEnd = Number(failed?.window_ends_at ?? 0);
  if (now < windowEnd && Number(failed?.failures) >= pairingLimits.failures) {
    return { kind: "too_many_attempts", retryAt: windowEnd };
  }
  if (tx.get(`${grantSql} AND expires_at > ?`, [...key, now]) !== undefined)
    return { kind: "already_active" };
  if (tx.get(`${requestSql} AND expires_at > ?`, [...key, now]) !== undefined)
    return { kind: "already_pending" };

  const code = codeKey(attempt.code);
  const row = codeRow(tx, connectorId, code);
  // An expired code is known to have been right once, so it is told apart; both count as failures.
  if (row === undefined || Number(row.expires_at) <= now) {
    countFailure(tx, connectorId, senderId, now < windowEnd, now);
    return { kind: row === undefined ? "code_invalid" : "code_expired" };
  }
  deleteCode(tx, connectorId, code);
  tx.run("DELETE FROM pairing_failures WHERE connector_id = ? AND sender_id = ?", key);
  tx.run(
    `INSERT INTO pairing_requests (connector_id, sender_id, conversation_id, requested_at, expires_at)
     VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (connector_id, sender_id) DO UPDATE SET conversation_id = excluded.conversation_id,
       approval_id = NULL, requested_at = excluded.requested_at, expires_at = excluded.expires_at`,
    [connectorId, senderId, conversationId, now, requestExpiresAt],
  );
  return { kind: "pending", request: requestOf(tx.get(requestSql, key) ?? {}) };
}

function countFailure(
  tx: Transaction,
  connectorId: string,
  senderId: string,
  windowRuns: boolean,
  now: number,
): void {
  if (windowRuns) {
    tx.run("UPDATE pairing_failures SET failures = failures + 1 WHERE connector_id = ? AND sender_id = ?", [
      connectorId,
      senderId,
    ]);
    return;
  }
  tx.run(
    `INSERT INTO pairing_failures (connector_id, sender_id, failures, window_ends_at) VALUES (?, ?, 1, ?)
     ON CONFLICT (connector_id, sender_id) DO UPDATE SET failures = 1, window_ends_at = excluded.window_ends_at`,
    [connectorId, senderId, now + pairingLimits.failureWindowMs],
  );
}

function codeRow(tx: Transaction, connectorId: string, code: string): Row | undefined {
  return tx.get("SELECT * FROM pairing_codes WHERE connector_id = ? AND code = ?", [connectorId, code]);
}

function deleteCode(tx: Transaction, connectorId: string, code: string): number {
  return tx.run("DELETE FROM pairing_codes WHERE connector_id = ? AND code = ?", [connectorId, code]);
}

function codeKey(code: string): string {
  return code.replace(/[^0-9a-z]/gi, "").toUpperCase();
}

function senderKey(senderId: string): string {
  return senderId.trim().toLowerCase();
}

function codeOf(row: Row): PairingCode {
  return {
    connectorId: String(row.connector_id),
    code: String(row.code),
    issuedBy: String(row.issued_by),
    createdAt: Number(row.created_at),
    expiresAt: Number(row.expires_at),
  };
}

function requestOf(row: Row): PairingRequest {
  return {
    connectorId: String(row.connector_id),
    senderId: String(row.sender_id),
    conversationId: String(row.conversation_id),
    approvalId: typeof row.approval_id === "string" ? row.approval_id : null,
    requestedAt: Number(row.requested_at),
    expiresAt: Number(row.expires_at),
  };
}

function grantOf(row: Row): PairingGrant {
  return {
    connectorId: String(row.connector_id),
    senderId: String(row.sender_id),
    approvalId: typeof row.approval_id === "string" ? row.approval_id : null,
    grantedAt: Number(row.granted_at),
    expiresAt: Number(row.expires_at),
  };
}
