import { decodeImage, encodeImage } from "./image-format.ts";
import { JournalReader } from "./journal-format.ts";
import { loadSqlite, MemoryDatabase } from "./memory-database.ts";

export interface ImageSource {
  /** Content of `sql-wasm.wasm`. */
  readonly wasm: Uint8Array;
  /** The image to start from; null for the empty database. */
  readonly image: Uint8Array | null;
  /** Complete journals since that image, in order. */
  readonly journals: readonly Uint8Array[];
  /** Generation of the new image. */
  readonly generation: number;
  /** How thoroughly the new image is looked through: its pages, or every index entry too. */
  readonly depth: "quick" | "full";
}

/** Makes an image out of an older one and the journals since. May use the buffers it is given up. */
export interface ImageBuilder {
  /** @param signal ends the work early; the promise rejects then */
  build(source: ImageSource, signal: AbortSignal): Promise<Uint8Array>;
}

/**
 * Loads an image, replays journals on it, checks the outcome and returns it as a new image.
 * Blocks for tens of milliseconds and more: meant for a worker thread.
 * @throws when a journal is not intact or does not fit: the new image would miss transactions
 */
export async function buildImage(source: ImageSource): Promise<Uint8Array<ArrayBuffer>> {
  const base = source.image === null ? null : decodeImage(source.image);
  if (source.image !== null && base === null) throw new Error("The image to start from is not intact.");
  const memory = new MemoryDatabase(await loadSqlite(source.wasm), base?.database);
  try {
    let sequence = base?.trailer.sequence ?? 0;
    for (const journal of source.journals) {
      const reader = new JournalReader(journal);
      if (reader.header?.firstSequence !== sequence + 1)
        throw new Error("A journal does not follow the one before.");
      for (const record of reader) {
        if (!memory.replay(record.statements))
          throw new Error(`Transaction ${record.sequence} cannot be replayed.`);
        sequence = record.sequence;
      }
      if (reader.fault !== null) throw new Error(`A journal is not intact: ${reader.fault}.`);
    }
    const fault = memory.findFault(source.depth);
    if (fault !== null) throw new Error(`The new image is not sound: ${fault}`);
    return encodeImage(memory.export(), source.generation, sequence);
  } finally {
    memory.close();
  }
}

/** Builds in the calling thread: for tests and small databases. */
export const inlineImageBuilder: ImageBuilder = { build: (source) => buildImage(source) };
