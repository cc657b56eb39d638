import {
  noPairing,
  type PairingCode,
  type PairingGrant,
  type PairingState,
  type PairingStore,
  type PendingPairing,
  type SenderMark,
} from "../router/pairing/pairing-store.ts";
import type { DurableDatabase, Transaction } from "./durable-database.ts";
import { retention } from "./retention.ts";

/** One row of `pairing_entries`. */
interface Entry {
  readonly kind: keyof PairingState;
  readonly key: string;
  readonly json: string;
  /** When it began (ms): entries of a kind are read in this order. */
  readonly at: number;
  /** When it is of no use any more (ms). */
  readonly endsAt: number;
}

const readSql = `SELECT kind, entry_key, entry_json FROM pairing_entries WHERE connector_id = ?
  ORDER BY began_at, entry_key`;

/** The table `pairing_entries`: each code, request, grant and mark is a row, so that a change writes only what differs. */
export class SqlitePairing implements PairingStore {
  readonly #database: DurableDatabase;

  constructor(database: DurableDatabase) {
    this.#database = database;
  }

  async read(connectorId: string): Promise<PairingState> {
    return stateOf((sql, params) => this.#database.read(sql, params), connectorId);
  }

  async connectors(): Promise<string[]> {
    const rows = this.#database.read(
      "SELECT DISTINCT connector_id FROM pairing_entries ORDER BY connector_id",
    );
    return rows.map(({ connector_id }) => String(connector_id));
  }

  update<T>(
    connectorId: string,
    change: (state: PairingState) => { readonly state: PairingState; readonly result: T },
  ): Promise<T> {
    return this.#database.write((tx) => {
      const before = stateOf((sql, params) => tx.all(sql, params), connectorId);
      const { state, result } = change(before);
      writeDifference(tx, connectorId, entriesOf(before), entriesOf(state));
      return result;
    });
  }
}

function stateOf(all: Transaction["all"], connectorId: string): PairingState {
  const state: { [kind in keyof PairingState]: unknown[] } = {
    codes: [],
    pending: [],
    grants: [],
    failures: [],
    hints: [],
  };
  const rows = all(readSql, [connectorId]);
  if (rows.length === 0) return noPairing;
  for (const { kind, entry_json } of rows) {
    // A kind of a later version is not this version's to judge; it stays in the table.
    if (isKind(kind)) state[kind].push(JSON.parse(String(entry_json)));
  }
  return {
    codes: state.codes as PairingCode[],
    pending: state.pending as PendingPairing[],
    grants: state.grants as PairingGrant[],
    failures: state.failures as SenderMark[],
    hints: state.hints as SenderMark[],
  };
}

function isKind(kind: unknown): kind is keyof PairingState {
  return typeof kind === "string" && kind in noPairing;
}

function entriesOf(state: PairingState): Map<string, Entry> {
  const entries = [
    ...state.codes.map((code) => entry("codes", code.code, code, code.createdAt, code.expiresAt)),
    ...state.pending.map((one) => entry("pending", one.sender, one, one.requestedAt, one.expiresAt)),
    ...state.grants.map((grant) => entry("grants", grant.sender, grant, grant.grantedAt, grant.expiresAt)),
    ...marks("failures", state.failures),
    ...marks("hints", state.hints),
  ];
  return new Map(entries.map((one) => [`${one.kind} ${one.key}`, one]));
}

/** Marks have no key of their own: the same sender can have several at one instant. */
function marks(kind: "failures" | "hints", list: readonly SenderMark[]): Entry[] {
  const seen = new Map<string, number>();
  return list.map((mark) => {
    const name = `${mark.sender} ${mark.at}`;
    const number = seen.get(name) ?? 0;
    seen.set(name, number + 1);
    return entry(kind, `${name} ${number}`, mark, mark.at, mark.at);
  });
}

function entry(kind: keyof PairingState, key: string, content: object, at: number, endsAt: number): Entry {
  return { kind, key, json: JSON.stringify(content), at, endsAt };
}

function writeDifference(
  tx: Transaction,
  connectorId: string,
  before: ReadonlyMap<string, Entry>,
  after: ReadonlyMap<string, Entry>,
): void {
  for (const [id, { kind, key }] of before) {
    if (after.has(id)) continue;
    tx.run("DELETE FROM pairing_entries WHERE connector_id = ? AND kind = ? AND entry_key = ?", [
      connectorId,
      kind,
      key,
    ]);
  }
  for (const [id, { kind, key, json, at, endsAt }] of after) {
    if (before.get(id)?.json === json) continue;
    tx.run(
      `INSERT INTO pairing_entries (connector_id, kind, entry_key, entry_json, began_at, forget_at)
       VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (connector_id, kind, entry_key) DO UPDATE SET entry_json = excluded.entry_json,
         began_at = excluded.began_at, forget_at = excluded.forget_at`,
      [connectorId, kind, key, json, at, endsAt + retention.pairing.maxAgeMs],
    );
  }
}
