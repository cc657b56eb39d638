import path from "node:path";
import type { SqlJsStatic } from "sql.js";
import { PalyraError } from "../../platform/errors.ts";
import type { FileLayer } from "./file-layer.ts";
import { decodeImage, imageFormat } from "./image-format.ts";
import {
  encodeJournalHeader,
  type JournalFault,
  JournalReader,
  journalFormat,
  journalHeaderBytes,
} from "./journal-format.ts";
import { MemoryDatabase } from "./memory-database.ts";
import type { SetAside } from "./set-aside.ts";
import { filesOf, imageName, journalName } from "./store-files.ts";

/** What the files of a folder amount to. Nothing in the folder was changed yet. */
export interface Recovered {
  readonly memory: MemoryDatabase;
  readonly nextSequence: number;
  /** Generation of the image that was used, null when there was none. */
  readonly imageGeneration: number | null;
  readonly imageBytes: number;
  /** Generation of the journal to go on with. */
  readonly generation: number;
  /** Intact content of that journal, header included. */
  readonly journal: Uint8Array;
  /** Texts of the statements in it. */
  readonly knownStatements: readonly string[];
  /** Bytes of all journals that were replayed. */
  readonly replayedBytes: number;
  readonly setAside: readonly SetAside[];
}

/**
 * Reads the newest image that is intact and the journals since.
 * @throws `state_newer` when a later version of the program wrote the files; file errors as they are
 */
export async function recover(layer: FileLayer, folder: string, sqlite: SqlJsStatic): Promise<Recovered> {
  const { images, journals } = filesOf(await layer.list(folder));
  const setAside: SetAside[] = [];
  for (const generation of [...images].reverse()) {
    const file = imageName(generation);
    const opened = openImage(sqlite, await layer.read(path.join(folder, file)), file);
    if (typeof opened === "string") {
      setAside.push({ file, reason: opened, lossPossible: false });
      continue;
    }
    const base = { ...opened, generation };
    return replayJournals(
      layer,
      folder,
      base,
      journals.filter((g) => g >= generation),
      setAside,
    );
  }
  const first = journals[0];
  const reachesBack =
    first === undefined ||
    startsHistory(
      await layer.read(path.join(folder, journalName(first))),
      images.length === 0 && first === 1,
    );
  if (reachesBack) {
    const base = { memory: new MemoryDatabase(sqlite), sequence: 0, generation: null, bytes: 0 };
    return replayJournals(layer, folder, base, journals, setAside);
  }
  return startOver(sqlite, images, journals);
}

/**
 * True when a journal begins with the very first transaction. The only journal of a folder without images
 * does so even when its header cannot be read.
 */
function startsHistory(bytes: Uint8Array, onlyPossibility: boolean): boolean {
  const header = new JournalReader(bytes).header;
  return header === null ? onlyPossibility : header.firstSequence === 1;
}

interface Base {
  readonly memory: MemoryDatabase;
  readonly sequence: number;
  readonly generation: number | null;
  readonly bytes: number;
}

function openImage(
  sqlite: SqlJsStatic,
  bytes: Uint8Array,
  file: string,
): { memory: MemoryDatabase; sequence: number; bytes: number } | string {
  const image = decodeImage(bytes);
  if (image === null) return "its checksum is wrong";
  requireKnownFormat(file, image.trailer.format, imageFormat);
  const memory = new MemoryDatabase(sqlite, image.database);
  const fault = memory.findFault("quick");
  if (fault === null) return { memory, sequence: image.trailer.sequence, bytes: bytes.length };
  memory.close();
  return `SQLite finds a fault in it: ${fault}`;
}

function requireKnownFormat(file: string, found: number, known: number): void {
  if (found <= known) return;
  throw new PalyraError("state_newer", `${file} has format ${found}; this version reads up to ${known}.`);
}

async function replayJournals(
  layer: FileLayer,
  folder: string,
  base: Base,
  generations: readonly number[],
  setAside: SetAside[],
): Promise<Recovered> {
  let sequence = base.sequence;
  let replayedBytes = 0;
  let last: { generation: number; bytes: Uint8Array; statements: readonly string[] } | null = null;
  let broken = false;
  for (const generation of generations) {
    const file = journalName(generation);
    const bytes = await layer.read(path.join(folder, file));
    const reader = new JournalReader(bytes);
    if (reader.header !== null) requireKnownFormat(file, reader.header.format, journalFormat);
    if (broken || (reader.header !== null && reader.header.firstSequence !== sequence + 1)) {
      broken = true;
      setAside.push({ file, reason: "transactions before it are missing", lossPossible: true });
      continue;
    }
    for (const record of reader) {
      if (!base.memory.replay(record.statements)) {
        reader.rejectLast();
        break;
      }
      sequence = record.sequence;
    }
    if (reader.fault !== null) {
      const tail = bytes.subarray(reader.validBytes);
      const torn = generation === generations.at(-1) && isTorn(reader.fault, reader.header === null);
      if (tail.length > 0) setAside.push({ file, tail, reason: reader.fault, lossPossible: !torn });
      broken = true;
    }
    replayedBytes += reader.validBytes;
    last = { generation, bytes: bytes.subarray(0, reader.validBytes), statements: reader.statements };
  }
  const generation = last?.generation ?? base.generation ?? 1;
  const common = {
    memory: base.memory,
    nextSequence: sequence + 1,
    imageGeneration: base.generation,
    imageBytes: base.bytes,
    generation,
    replayedBytes,
    setAside,
  };
  return last !== null && last.bytes.length >= journalHeaderBytes
    ? { ...common, journal: last.bytes, knownStatements: last.statements }
    : { ...common, journal: encodeJournalHeader(generation, sequence + 1), knownStatements: [] };
}

/** A record that a crash cut off was never reported as stored; a header is always written whole. */
function isTorn(fault: JournalFault, headerLost: boolean): boolean {
  return !headerLost && fault !== "unreadable record";
}

/** No image can be read and the journals do not reach back to the beginning. */
function startOver(sqlite: SqlJsStatic, images: readonly number[], journals: readonly number[]): Recovered {
  const generation = Math.max(...images, ...journals) + 1;
  const reason = "no image could be read that it continues";
  return {
    memory: new MemoryDatabase(sqlite),
    nextSequence: 1,
    imageGeneration: null,
    imageBytes: 0,
    generation,
    journal: encodeJournalHeader(generation, 1),
    knownStatements: [],
    replayedBytes: 0,
    setAside: [
      ...images.map((g) => ({
        file: imageName(g),
        reason: "its content cannot be read",
        lossPossible: true,
      })),
      ...journals.map((g) => ({ file: journalName(g), reason, lossPossible: true })),
    ],
  };
}
