import {
  ConnectorLiveness,
  ConnectorReadiness,
  type ConnectorLiveness as Liveness,
} from "../../contracts/sidecar-status.ts";
import { PalyraError } from "../../platform/errors.ts";
import type { DurableDatabase, Transaction } from "./durable-database.ts";
import { requireValidSpec } from "./instance-spec.ts";
import type {
  ConnectorInstanceRecord,
  ConnectorInstanceSpec,
  InstanceStore,
  RuntimeState,
} from "./parts/instance-store.ts";
import { removeConnector } from "./remove-connector.ts";
import type { Row } from "./sql-value.ts";

const recordSql = `SELECT i.*, c.last_inbound_at, c.last_outbound_at FROM connector_instances AS i
  LEFT JOIN counters AS c ON c.connector_id = i.connector_id`;
const byIdSql = `${recordSql} WHERE i.connector_id = ?`;
const errorCharacters = 1_024;

/** The table `connector_instances`. */
export class SqliteInstances implements InstanceStore {
  readonly #database: DurableDatabase;

  constructor(database: DurableDatabase) {
    this.#database = database;
  }

  async upsert(given: ConnectorInstanceSpec, now: number): Promise<ConnectorInstanceRecord> {
    const spec = requireValidSpec(given);
    return this.#database.write((tx) => {
      tx.run(
        `INSERT INTO connector_instances (connector_id, kind, principal, auth_profile_ref, token_vault_ref,
           egress_allowlist_json, enabled, readiness, liveness, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, 'unknown', 'stopped', ?, ?)
         ON CONFLICT (connector_id) DO UPDATE SET kind = excluded.kind, principal = excluded.principal,
           auth_profile_ref = excluded.auth_profile_ref, token_vault_ref = excluded.token_vault_ref,
           egress_allowlist_json = excluded.egress_allowlist_json, enabled = excluded.enabled,
           updated_at = excluded.updated_at`,
        [
          spec.connectorId,
          spec.kind,
          spec.principal,
          spec.authProfileRef,
          spec.tokenVaultRef,
          JSON.stringify(spec.egressAllowlist),
          spec.enabled ? 1 : 0,
          now,
          now,
        ],
      );
      return requireRecord(tx, spec.connectorId);
    });
  }

  async list(): Promise<ConnectorInstanceRecord[]> {
    return this.#database.read(`${recordSql} ORDER BY i.connector_id`).map(recordOf);
  }

  async get(connectorId: string): Promise<ConnectorInstanceRecord | null> {
    const [row] = this.#database.read(byIdSql, [connectorId]);
    return row === undefined ? null : recordOf(row);
  }

  setEnabled(connectorId: string, enabled: boolean, now: number): Promise<ConnectorInstanceRecord> {
    return this.#database.write((tx) => {
      const changed = tx.run(
        "UPDATE connector_instances SET enabled = ?, liveness = ?, updated_at = ? WHERE connector_id = ?",
        [enabled ? 1 : 0, (enabled ? "starting" : "stopped") satisfies Liveness, now, connectorId],
      );
      if (changed === 0) throw unknownConnector(connectorId);
      return requireRecord(tx, connectorId);
    });
  }

  setRuntimeState(connectorId: string, state: RuntimeState, now: number): Promise<void> {
    return this.#database.write((tx) => {
      const row = tx.get(byIdSql, [connectorId]);
      if (row === undefined) throw unknownConnector(connectorId);
      const readiness = state.readiness ?? String(row.readiness);
      const liveness = state.liveness ?? String(row.liveness);
      const lastError =
        state.lastError === undefined ? textOrNull(row.last_error) : shortened(state.lastError);
      if (readiness === row.readiness && liveness === row.liveness && lastError === row.last_error) return;
      tx.run(
        `UPDATE connector_instances SET readiness = ?, liveness = ?, last_error = ?, updated_at = ?
         WHERE connector_id = ?`,
        [readiness, liveness, lastError, now, connectorId],
      );
    });
  }

  countRestart(connectorId: string, lastError: string | null, now: number): Promise<void> {
    return this.#database.write((tx) => {
      const changed = tx.run(
        `UPDATE connector_instances SET restart_count = restart_count + 1, liveness = 'restarting',
           last_error = ?, updated_at = ? WHERE connector_id = ?`,
        [shortened(lastError), now, connectorId],
      );
      if (changed === 0) throw unknownConnector(connectorId);
    });
  }

  remove(connectorId: string, history: "keep" | "delete"): Promise<void> {
    return this.#database.write((tx) => {
      if (tx.run("DELETE FROM connector_instances WHERE connector_id = ?", [connectorId]) === 0) {
        throw unknownConnector(connectorId);
      }
      removeConnector(tx, connectorId, history);
    });
  }
}

export function unknownConnector(connectorId: string): PalyraError {
  return new PalyraError("not_found", `There is no connector ${connectorId}.`);
}

function requireRecord(tx: Transaction, connectorId: string): ConnectorInstanceRecord {
  const row = tx.get(byIdSql, [connectorId]);
  if (row === undefined) throw unknownConnector(connectorId);
  return recordOf(row);
}

/** A value that this version does not know must not hide the row, and all the others with it. */
function recordOf(row: Row): ConnectorInstanceRecord {
  const unreadable: string[] = [];
  const readable = <T>(column: string, value: T | undefined, instead: T): T => {
    if (value !== undefined) return value;
    unreadable.push(column);
    return instead;
  };
  return {
    connectorId: String(row.connector_id),
    kind: String(row.kind),
    principal: String(row.principal),
    authProfileRef: textOrNull(row.auth_profile_ref),
    tokenVaultRef: textOrNull(row.token_vault_ref),
    egressAllowlist: readable("egress_allowlist", textList(row.egress_allowlist_json), []),
    enabled: row.enabled === 1,
    readiness: readable("readiness", ConnectorReadiness.safeParse(row.readiness).data, "unknown"),
    liveness: readable("liveness", ConnectorLiveness.safeParse(row.liveness).data, "stopped"),
    restartCount: Number(row.restart_count),
    lastError: textOrNull(row.last_error),
    lastInboundAt: numberOrNull(row.last_inbound_at),
    lastOutboundAt: numberOrNull(row.last_outbound_at),
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
    unreadable,
  };
}

function textList(json: unknown): string[] | undefined {
  try {
    const value: unknown = JSON.parse(String(json));
    return Array.isArray(value) && value.every((entry) => typeof entry === "string") ? value : undefined;
  } catch {
    // Told by `unreadable`.
    return undefined;
  }
}

function shortened(text: string | null): string | null {
  return text === null ? null : text.slice(0, errorCharacters);
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function numberOrNull(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
