import path from "node:path";
import type { SqlJsStatic } from "sql.js";
import { PalyraError } from "../../platform/errors.ts";
import { type FileLayer, nodeFileLayer, writeFileDurably } from "./file-layer.ts";
import { type FolderLock, lockFolder } from "./folder-lock.ts";
import { decodeImage, encodeImage, type ImageTrailer, imageFormat } from "./image-format.ts";
import { loadSqlite, MemoryDatabase } from "./memory-database.ts";
import { requireKnownSchema } from "./open-files.ts";
import { storageStep } from "./storage-error.ts";
import { filesOf, imageName, journalName } from "./store-files.ts";
import { type Migration, missingMigrations, runTransaction, type Transaction } from "./transaction.ts";

/**
 * Writes an image to a file of its own.
 * @param makeImage makes the image, once it is clear that the file does not exist
 * @returns size in bytes
 */
export async function writeBackup(
  layer: FileLayer,
  file: string,
  makeImage: () => Promise<Uint8Array>,
): Promise<number> {
  const folder = path.dirname(file);
  return storageStep(folder, async () => {
    await layer.makeFolder(folder);
    if ((await layer.list(folder)).includes(path.basename(file))) {
      throw new PalyraError("conflict", `${file} exists already.`, { nextStep: "Choose another file name." });
    }
    const image = await makeImage();
    if (decodeImage(image) === null) throw new Error("The image was damaged while it was read.");
    await writeFileDurably(layer, file, image);
    return image.length;
  });
}

export interface RestoreOptions {
  /** Folder of the database, which nobody may have open. */
  readonly folder: string;
  /** Absolute path of the file that `backup` wrote. */
  readonly file: string;
  readonly migrations: readonly Migration[];
  /** Content of `sql-wasm.wasm`. */
  readonly wasm: Uint8Array;
  /** Unix time in milliseconds. */
  readonly now: number;
  /** Changes the content before it counts, with the newest schema. */
  readonly adapt?: (tx: Transaction) => void;
  readonly fileLayer?: FileLayer;
  readonly lock?: (folder: string) => Promise<FolderLock>;
}

/**
 * Makes a backup the content of a database. What was there is kept in the folder under new names; a crash on the
 * way leaves either the old content or the new one.
 * @throws `validation_error` when the file is no intact backup, `state_newer` when a later version made it,
 *   `store_locked` when the database is open, `storage_failed` when files cannot be read or written
 */
export async function restoreBackup(options: RestoreOptions): Promise<void> {
  const { folder } = options;
  const layer = options.fileLayer ?? nodeFileLayer;
  await storageStep(folder, async () => {
    await layer.makeFolder(folder);
    const lock = await (options.lock ?? lockFolder)(folder);
    try {
      const { database, sequence } = await contentOf(layer, options);
      const old = filesOf(await layer.list(folder));
      const generation = Math.max(0, ...old.images, ...old.journals) + 1;
      // From this rename on the backup counts: it is the newest image and no journal continues it.
      await writeFileDurably(
        layer,
        path.join(folder, imageName(generation)),
        encodeImage(database, generation, sequence),
      );
      const stamp = new Date(options.now).toISOString().replace(/[:.]/g, "-");
      for (const name of [...old.images.map(imageName), ...old.journals.map(journalName)]) {
        await layer.rename(path.join(folder, name), path.join(folder, `${name}.replaced-${stamp}`));
      }
      await layer.syncFolder(folder);
    } finally {
      await lock.release();
    }
  });
}

async function contentOf(
  layer: FileLayer,
  options: RestoreOptions,
): Promise<{ database: Uint8Array; sequence: number }> {
  const { file, migrations } = options;
  const { trailer, database } = decodeBackup(file, await layer.read(file));
  if (trailer.format > imageFormat) {
    throw new PalyraError("state_newer", `${file} has format ${trailer.format}.`);
  }
  const memory = openMemory(file, await loadSqlite(options.wasm), database);
  try {
    const version = memory.schemaVersion;
    requireKnownSchema(file, version, migrations.length);
    const steps = [...missingMigrations(version, migrations)].map(({ apply }) => apply);
    if (options.adapt !== undefined) steps.push(options.adapt);
    for (const step of steps) {
      runTransaction(memory, step, (failure) => {
        throw failure;
      });
    }
    return { database: memory.export(), sequence: trailer.sequence };
  } finally {
    memory.close();
  }
}

function decodeBackup(file: string, bytes: Uint8Array): { trailer: ImageTrailer; database: Uint8Array } {
  const decoded = decodeImage(bytes);
  if (decoded === null) throw notABackup(file, "its checksum is wrong");
  return decoded;
}

function openMemory(file: string, sqlite: SqlJsStatic, database: Uint8Array): MemoryDatabase {
  const memory = new MemoryDatabase(sqlite, database);
  const fault = memory.findFault("full");
  if (fault === null) return memory;
  memory.close();
  throw notABackup(file, fault);
}

function notABackup(file: string, reason: string): PalyraError {
  return new PalyraError("validation_error", `${file} is not an intact backup: ${reason}.`, {
    nextStep: "Choose another backup.",
  });
}
