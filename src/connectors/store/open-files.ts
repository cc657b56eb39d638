import path from "node:path";
import type { SqlJsStatic } from "sql.js";
import { PalyraError } from "../../platform/errors.ts";
import { type FileLayer, removeIfPresent, temporarySuffix } from "./file-layer.ts";
import { JournalWriter } from "./journal-writer.ts";
import type { MemoryDatabase } from "./memory-database.ts";
import { type Recovered, recover } from "./recover.ts";
import { forgetOldSetAside, setAside } from "./set-aside.ts";
import type { StoreEvent } from "./store-events.ts";

/** A database brought back from its files, and the journal that it goes on with. */
export interface OpenedFiles extends Pick<Recovered, "nextSequence" | "imageGeneration" | "imageBytes"> {
  readonly memory: MemoryDatabase;
  readonly journal: JournalWriter;
  /** Bytes of all journals that were replayed. */
  readonly replayedBytes: number;
  /** What was found broken, one event for each file. */
  readonly events: readonly StoreEvent[];
  /** A whole file could not be used: a new image should be written soon. */
  readonly damaged: boolean;
}

/**
 * Reads the files of a folder that is locked already, sets aside what cannot be used, and starts to write.
 * @param knownSchema the highest schema version that the program knows
 * @param time Unix milliseconds for the names of files that are set aside
 * @throws `state_newer`; file errors as they are
 */
export async function openFiles(
  layer: FileLayer,
  folder: string,
  sqlite: SqlJsStatic,
  knownSchema: number,
  time: number,
): Promise<OpenedFiles> {
  const recovered = await recover(layer, folder, sqlite);
  const { memory, generation, knownStatements } = recovered;
  try {
    requireKnownSchema(folder, memory.schemaVersion, knownSchema);
    for (const name of await layer.list(folder)) {
      if (name.endsWith(temporarySuffix)) await removeIfPresent(layer, path.join(folder, name));
    }
    const events: StoreEvent[] = [];
    for (const item of recovered.setAside) events.push(await setAside(layer, folder, item, time));
    await forgetOldSetAside(layer, folder);
    const journal = await JournalWriter.continue(
      layer,
      folder,
      generation,
      recovered.journal,
      knownStatements,
    );
    const damaged = recovered.setAside.some((item) => item.tail === undefined);
    const { nextSequence, imageGeneration, imageBytes, replayedBytes } = recovered;
    return { memory, journal, nextSequence, imageGeneration, imageBytes, replayedBytes, events, damaged };
  } catch (error) {
    memory.close();
    throw error;
  }
}

/** @throws `state_newer` */
export function requireKnownSchema(where: string, version: number, known: number): void {
  if (version <= known) return;
  throw new PalyraError(
    "state_newer",
    `The store in ${where} has schema ${version}; this version knows up to ${known}.`,
  );
}
