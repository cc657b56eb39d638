import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { PalyraError, systemErrorCode } from "../../platform/errors.ts";

const open = promisify(fs.open);
const write = promisify(fs.write) as unknown as WriteFunction;
const datasync = promisify(fs.fdatasync);
const fsync = promisify(fs.fsync);
const closeDescriptor = promisify(fs.close);

type WriteFunction = (
  descriptor: number,
  data: Uint8Array,
  offset: number,
  length: number,
  position: number,
) => Promise<{ bytesWritten: number }>;

/** A file that only grows. */
export interface AppendFile {
  /** Adds all bytes at the end, or rejects; a rejected call may have added some of them. */
  append(data: Uint8Array): Promise<void>;
  /** Resolves when every byte appended so far is on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The file operations that the database is made of: all of them, so that a test can fail, cut short or
 * undo each one. Paths are absolute; errors are those of Node.js with their `code`.
 */
export interface FileLayer {
  makeFolder(folder: string): Promise<void>;
  /** Names in a folder, unsorted. */
  list(folder: string): Promise<string[]>;
  read(file: string): Promise<Uint8Array>;
  /** Creates a file that must not exist yet (`EEXIST`), readable by its owner only. */
  create(file: string): Promise<AppendFile>;
  /** Replaces `to` in one step when it exists. */
  rename(from: string, to: string): Promise<void>;
  remove(file: string): Promise<void>;
  /** Resolves when the names in the folder (creations, renames) are on the disk. */
  syncFolder(folder: string): Promise<void>;
}

class NodeAppendFile implements AppendFile {
  readonly #descriptor: number;
  #position = 0;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  async append(data: Uint8Array): Promise<void> {
    let offset = 0;
    while (offset < data.length) {
      const { bytesWritten } = await write(
        this.#descriptor,
        data,
        offset,
        data.length - offset,
        this.#position,
      );
      offset += bytesWritten;
      this.#position += bytesWritten;
    }
  }

  sync(): Promise<void> {
    return datasync(this.#descriptor);
  }

  close(): Promise<void> {
    return closeDescriptor(this.#descriptor);
  }
}

/** The file layer on the real file system. */
export const nodeFileLayer: FileLayer = {
  async makeFolder(folder) {
    await fs.promises.mkdir(folder, { recursive: true, mode: 0o700 });
  },
  list: (folder) => fs.promises.readdir(folder),
  async read(file) {
    // Without O_NONBLOCK the opening of a pipe would wait for somebody who writes to it.
    const handle = await fs.promises.open(file, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
    try {
      if (!(await handle.stat()).isFile()) {
        throw new PalyraError("storage_failed", `${file} is not a file.`, {
          nextStep: "Move what is in its place away, then restart.",
        });
      }
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  },
  async create(file) {
    return new NodeAppendFile(await open(file, "wx", 0o600));
  },
  rename: (from, to) => fs.promises.rename(from, to),
  remove: (file) => fs.promises.unlink(file),
  async syncFolder(folder) {
    // Windows has no way to sync a folder; NTFS journals names by itself.
    if (process.platform === "win32") return;
    const descriptor = await open(folder, fs.constants.O_RDONLY);
    try {
      await fsync(descriptor);
    } finally {
      await closeDescriptor(descriptor);
    }
  },
};

/**
 * Large files are synced in pieces: file systems make a sync of one file wait for what another has written
 * meanwhile, and a sync of the journal must not wait for a whole image.
 */
const pieceBytes = 2 * 1024 * 1024;

/**
 * Writes a whole new file under its temporary name and syncs it; `publish` gives it its name. Leaves it open
 * at its end. When it fails nothing has changed but the temporary file.
 */
export async function prepareFile(layer: FileLayer, file: string, data: Uint8Array): Promise<AppendFile> {
  const temporary = `${file}${temporarySuffix}`;
  await removeIfPresent(layer, temporary);
  const handle = await layer.create(temporary);
  try {
    for (let start = 0; start === 0 || start < data.length; start += pieceBytes) {
      await handle.append(data.subarray(start, start + pieceBytes));
      await handle.sync();
    }
    return handle;
  } catch (error) {
    await closeQuietly(handle);
    throw error;
  }
}

/**
 * Gives a prepared file its name, durably, in place of an older one. When it fails, either name may be there
 * after a crash.
 */
export async function publishFile(layer: FileLayer, file: string): Promise<void> {
  await layer.rename(`${file}${temporarySuffix}`, file);
  await layer.syncFolder(path.dirname(file));
}

/** Writes a whole new file durably: temporary name, sync, rename, sync of the folder. */
export async function writeFileDurably(layer: FileLayer, file: string, data: Uint8Array): Promise<void> {
  const handle = await prepareFile(layer, file, data);
  await closeQuietly(handle);
  await publishFile(layer, file);
}

/** Ends the names of files that were not finished: they hold nothing that exists nowhere else. */
export const temporarySuffix = ".tmp";

export async function removeIfPresent(layer: FileLayer, file: string): Promise<void> {
  try {
    await layer.remove(file);
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") throw error;
  }
}

/** Closes a file whose content no longer matters: an error here adds nothing to the one that led here. */
export async function closeQuietly(handle: AppendFile): Promise<void> {
  await handle.close().catch(() => undefined);
}
