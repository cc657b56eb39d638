import type { ApprovalState } from "../../contracts/approvals.ts";
import type { DurableDatabase, Transaction } from "./durable-database.ts";
import { appendEvent } from "./events.ts";
import type {
  ApprovalChange,
  ApprovalQuery,
  ApprovalRecord,
  ApprovalStep,
  ApprovalStore,
} from "./parts/approval-store.ts";
import type { Row, SqlValue } from "./sql-value.ts";

/** Under this name stand the events of approvals that belong to no connector. */
const noConnector = "gateway";
const isOpen = "finished_at IS NULL";

/** The table `approvals`. */
export class SqliteApprovals implements ApprovalStore {
  readonly #database: DurableDatabase;
  readonly #onAdded: (now: number) => void;

  /** @param onAdded called with the instant of every new row, here or among the events */
  constructor(database: DurableDatabase, onAdded: (now: number) => void) {
    this.#database = database;
    this.#onAdded = onAdded;
  }

  request<T>(
    digest: string,
    principal: string,
    now: number,
    decide: (same: ApprovalRecord | null, pending: number) => ApprovalChange<T>,
  ): Promise<T> {
    return this.#write(now, (tx) => {
      const same = tx.get(
        `SELECT * FROM approvals WHERE digest = ? AND principal = ? AND ${isOpen} ORDER BY approval_id DESC LIMIT 1`,
        [digest, principal],
      );
      const pending = Number(tx.get("SELECT COUNT(*) AS n FROM approvals WHERE state = 'pending'")?.n);
      return decide(same === undefined ? null : recordOf(same), pending);
    });
  }

  update<T>(
    approvalId: string,
    now: number,
    decide: (record: ApprovalRecord | null) => ApprovalChange<T>,
  ): Promise<T> {
    return this.#write(now, (tx) => {
      const row = tx.get("SELECT * FROM approvals WHERE approval_id = ?", [approvalId]);
      return decide(row === undefined ? null : recordOf(row));
    });
  }

  async get(approvalId: string): Promise<ApprovalRecord | null> {
    const [row] = this.#database.read("SELECT * FROM approvals WHERE approval_id = ?", [approvalId]);
    return row === undefined ? null : recordOf(row);
  }

  async list(query: ApprovalQuery): Promise<ApprovalRecord[]> {
    const conditions: string[] = [];
    const params: SqlValue[] = [];
    const only = (condition: string, ...values: readonly (SqlValue | undefined)[]): void => {
      const given = values.filter((value) => value !== undefined);
      if (given.length === 0) return;
      conditions.push(condition);
      params.push(...given);
    };
    const states = query.states ?? [];
    only("approval_id < ?", query.before);
    only(`state IN (${states.map(() => "?").join(", ")})`, ...states);
    only("subject_type = ?", query.subjectType);
    only("subject_id = ?", query.subjectId);
    only("principal = ?", query.principal);
    only("requested_at >= ?", query.since);
    only("requested_at < ?", query.until);
    const where = conditions.length === 0 ? "1" : conditions.join(" AND ");
    const sql = `SELECT * FROM approvals WHERE ${where} ORDER BY approval_id DESC LIMIT ?`;
    return this.#database.read(sql, [...params, query.limit]).map(recordOf);
  }

  async pending(limit: number): Promise<{ count: number; first: ApprovalRecord[] }> {
    const [all] = this.#database.read("SELECT COUNT(*) AS n FROM approvals WHERE state = 'pending'");
    const rows = this.#database.read(
      "SELECT * FROM approvals WHERE state = 'pending' ORDER BY approval_id LIMIT ?",
      [limit],
    );
    return { count: Number(all?.n), first: rows.map(recordOf) };
  }

  async due(now: number, limit: number): Promise<ApprovalRecord[]> {
    const sql = `SELECT * FROM approvals WHERE ${isOpen} AND expires_at <= ? ORDER BY expires_at LIMIT ?`;
    return this.#database.read(sql, [now, limit]).map(recordOf);
  }

  async nextDueAt(): Promise<number | null> {
    const [row] = this.#database.read(`SELECT MIN(expires_at) AS due FROM approvals WHERE ${isOpen}`);
    return row?.due === null || row?.due === undefined ? null : Number(row.due);
  }

  async #write<T>(now: number, decide: (tx: Transaction) => ApprovalChange<T>): Promise<T> {
    const { result, isNoted } = await this.#database.write((tx) => {
      const { record, step, result } = decide(tx);
      if (record !== undefined) putRecord(tx, record);
      if (record !== undefined && step !== undefined) noteStep(tx, record, step, now);
      return { result, isNoted: step !== undefined };
    });
    if (isNoted) this.#onAdded(now);
    return result;
  }
}

function putRecord(tx: Transaction, record: ApprovalRecord): void {
  const { approvalId, connectorId, subjectType, subjectId, digest, requestedBy, requestedAt } = record;
  const { state, expiresAt, finishedAt, ...kept } = record;
  tx.run(
    `INSERT INTO approvals (approval_id, connector_id, subject_type, subject_id, principal, digest, state,
       requested_at, expires_at, finished_at, record_json)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (approval_id) DO UPDATE SET state = excluded.state, expires_at = excluded.expires_at,
       finished_at = excluded.finished_at, record_json = excluded.record_json`,
    [
      approvalId,
      connectorId,
      subjectType,
      subjectId,
      requestedBy.principal,
      digest,
      state,
      requestedAt,
      expiresAt,
      finishedAt,
      JSON.stringify(kept),
    ],
  );
}

function noteStep(tx: Transaction, record: ApprovalRecord, step: ApprovalStep, now: number): void {
  const { approvalId, action, resource, risk, requestedBy, decision } = record;
  const details = {
    approval_id: approvalId,
    action,
    resource,
    risk,
    requested_by: requestedBy.principal,
    ...(decision === null
      ? {}
      : { decided_by: decision.by.principal, decided_via: decision.by.surface, reason: decision.reason }),
  };
  appendEvent(tx, { ...step, connectorId: record.connectorId ?? noConnector, details }, now);
}

/** The columns say how it stands; the rest never changes but for the decision. */
function recordOf(row: Row): ApprovalRecord {
  const kept = JSON.parse(String(row.record_json)) as Omit<
    ApprovalRecord,
    "state" | "expiresAt" | "finishedAt"
  >;
  return {
    ...kept,
    state: String(row.state) as ApprovalState,
    expiresAt: Number(row.expires_at),
    finishedAt: row.finished_at === null ? null : Number(row.finished_at),
  };
}
