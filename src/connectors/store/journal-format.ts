import { crc32 } from "node:zlib";
import type { SqlValue } from "./sql-value.ts";

/**
 * The journal: a header, then one record for each committed transaction. All numbers are little-endian.
 *
 * header  magic "PALYJRNL" | u32 format | u32 generation | u64 first sequence | u32 crc of the 24 bytes | u32 0
 * record  u32 payload length | u32 crc of sequence and payload | u64 sequence | payload
 *
 * The payload is JSON, `[[sql, parameters, changes], ...]`. The text of a statement stands in the file once:
 * later uses give its number, counted in order of appearance. A blob is `{"b": base64}`.
 */
export interface JournaledStatement {
  readonly sql: string;
  readonly params: readonly SqlValue[];
  /** Rows the statement changed when it first ran, -1 when not counted; a replay must change as many. */
  readonly changes: number;
}

export interface JournalRecord {
  readonly sequence: number;
  readonly statements: readonly JournaledStatement[];
}

export interface JournalHeader {
  readonly format: number;
  readonly generation: number;
  readonly firstSequence: number;
}

const magic = Buffer.from("PALYJRNL", "latin1");
export const journalFormat = 1;
export const journalHeaderBytes = 32;
const recordHeaderBytes = 16;

export function encodeJournalHeader(generation: number, firstSequence: number): Buffer {
  const header = Buffer.alloc(journalHeaderBytes);
  magic.copy(header, 0);
  header.writeUInt32LE(journalFormat, 8);
  header.writeUInt32LE(generation, 12);
  header.writeBigUInt64LE(BigInt(firstSequence), 16);
  header.writeUInt32LE(crc32(header.subarray(0, 24)), 24);
  return header;
}

/** Null when the bytes do not begin with an intact header. */
function decodeJournalHeader(bytes: Uint8Array): JournalHeader | null {
  if (bytes.length < journalHeaderBytes) return null;
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, journalHeaderBytes);
  if (!header.subarray(0, 8).equals(magic)) return null;
  if (crc32(header.subarray(0, 24)) !== header.readUInt32LE(24)) return null;
  return {
    format: header.readUInt32LE(8),
    generation: header.readUInt32LE(12),
    firstSequence: Number(header.readBigUInt64LE(16)),
  };
}

/** Turns records into bytes; one per journal file, because it numbers the statements of that file. */
export class RecordEncoder {
  readonly #numbers: Map<string, number>;

  /** @param known statements that stand in the file already, in order of appearance */
  constructor(known: readonly string[] = []) {
    this.#numbers = new Map(known.map((sql, index) => [sql, index]));
  }

  encode(record: JournalRecord): Buffer {
    const payload = JSON.stringify(
      record.statements.map(({ sql, params, changes }) => [
        this.#reference(sql),
        params.map(toJson),
        changes,
      ]),
    );
    const length = Buffer.byteLength(payload);
    const bytes = Buffer.allocUnsafe(recordHeaderBytes + length);
    bytes.writeUInt32LE(length, 0);
    bytes.writeBigUInt64LE(BigInt(record.sequence), 8);
    bytes.write(payload, recordHeaderBytes);
    bytes.writeUInt32LE(crc32(bytes.subarray(8)), 4);
    return bytes;
  }

  #reference(sql: string): number | string {
    const known = this.#numbers.get(sql);
    if (known !== undefined) return known;
    this.#numbers.set(sql, this.#numbers.size);
    return sql;
  }
}

/** Why reading a journal stopped before its end. */
export type JournalFault = "incomplete record" | "wrong checksum" | "wrong sequence" | "unreadable record";

/**
 * Reads the records of a journal one after another. After the iteration `validBytes` is the length of the
 * intact part, `fault` says what ended it (null at a proper end), `statements` are the texts seen.
 */
export class JournalReader implements Iterable<JournalRecord> {
  readonly header: JournalHeader | null;
  readonly statements: string[] = [];
  validBytes: number;
  fault: JournalFault | null = null;
  readonly #bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.header = decodeJournalHeader(bytes);
    this.validBytes = this.header === null ? 0 : journalHeaderBytes;
  }

  *[Symbol.iterator](): Generator<JournalRecord> {
    if (this.header === null) {
      this.fault = "unreadable record";
      return;
    }
    let sequence = this.header.firstSequence;
    while (this.validBytes < this.#bytes.length) {
      const known = this.statements.length;
      const read = this.#readRecord(this.validBytes, sequence);
      if (typeof read === "string") {
        this.fault = read;
        return;
      }
      const before = this.validBytes;
      this.validBytes = read.end;
      this.#rollback = { bytes: before, statements: known };
      yield read.record;
      sequence += 1;
    }
  }

  #rollback = { bytes: 0, statements: 0 };

  /** Says that the record just read cannot be applied: it and all after it do not belong to the intact part. */
  rejectLast(): void {
    this.validBytes = this.#rollback.bytes;
    this.statements.length = this.#rollback.statements;
    this.fault = "unreadable record";
  }

  #readRecord(start: number, sequence: number): { record: JournalRecord; end: number } | JournalFault {
    const bytes = this.#bytes;
    if (start + recordHeaderBytes > bytes.length) return "incomplete record";
    const length = bytes.readUInt32LE(start);
    const end = start + recordHeaderBytes + length;
    if (length === 0 || end > bytes.length) return "incomplete record";
    if (crc32(bytes.subarray(start + 8, end)) !== bytes.readUInt32LE(start + 4)) return "wrong checksum";
    if (bytes.readBigUInt64LE(start + 8) !== BigInt(sequence)) return "wrong sequence";
    const statements = this.#decode(bytes.toString("utf8", start + recordHeaderBytes, end));
    return statements === null ? "unreadable record" : { record: { sequence, statements }, end };
  }

  #decode(payload: string): JournaledStatement[] | null {
    const rows = JSON.parse(payload) as [number | string, JsonValue[], number][];
    const statements: JournaledStatement[] = [];
    for (const [reference, params, changes] of rows) {
      if (typeof reference === "string") this.statements.push(reference);
      const sql = typeof reference === "string" ? reference : this.statements[reference];
      if (sql === undefined) return null;
      statements.push({ sql, params: params.map(fromJson), changes });
    }
    return statements;
  }
}

type JsonValue = string | number | null | { readonly b: string };

function toJson(value: SqlValue): JsonValue {
  return value instanceof Uint8Array ? { b: Buffer.from(value).toString("base64") } : value;
}

function fromJson(value: JsonValue): SqlValue {
  return value !== null && typeof value === "object" ? new Uint8Array(Buffer.from(value.b, "base64")) : value;
}
