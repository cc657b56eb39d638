import path from "node:path";
import { messageOf, PalyraError, systemErrorCode } from "../../platform/errors.ts";
import type { ImageBuilder } from "./build-image.ts";
import { Checkpointer } from "./checkpointer.ts";
import {
  type FileLayer,
  nodeFileLayer,
  removeIfPresent,
  temporarySuffix,
  writeFileDurably,
} from "./file-layer.ts";
import { type FolderLock, lockFolder } from "./folder-lock.ts";
import type { JournaledStatement, JournalRecord } from "./journal-format.ts";
import { JournalWriter } from "./journal-writer.ts";
import { loadSqlite, type MemoryDatabase } from "./memory-database.ts";
import { recover, type SetAside } from "./recover.ts";
import type { Row, SqlValue } from "./sql-value.ts";
import type { StoreEvent } from "./store-events.ts";

/** Reads and writes inside one transaction. Usable only until the function it was given to returns. */
export interface Transaction {
  /** Rows of a reading statement. */
  all(sql: string, params?: readonly SqlValue[]): Row[];
  /** First row of a reading statement. */
  get(sql: string, params?: readonly SqlValue[]): Row | undefined;
  /**
   * Runs a writing statement and returns the number of rows it changed (-1 for a change of the schema).
   * Times, ids and random values must be parameters, because the statement is run again after a restart.
   */
  run(sql: string, params?: readonly SqlValue[]): number;
}

/** One step of the schema; its number is its position in the list, counted from 1. */
export type Migration = (tx: Transaction) => void;

export interface DurableDatabaseOptions {
  /** Created when missing. Holds nothing but the files of this database. */
  readonly folder: string;
  readonly migrations: readonly Migration[];
  /** Content of `sql-wasm.wasm`. */
  readonly wasm: Uint8Array;
  readonly imageBuilder: ImageBuilder;
  /** Unix time in milliseconds, for the names of files that are set aside. */
  readonly now?: () => number;
  readonly onEvent?: (event: StoreEvent) => void;
  readonly fileLayer?: FileLayer;
  readonly lock?: (folder: string) => Promise<FolderLock>;
  /** A journal longer than this (bytes), and than a quarter of the image, starts a checkpoint. */
  readonly checkpointBytes?: number;
}

const defaultCheckpointBytes = 8 * 1024 * 1024;

interface Waiting {
  readonly record: JournalRecord | null;
  readonly resolve: () => void;
  readonly reject: (error: PalyraError) => void;
}

/**
 * SQLite in memory, made durable: a transaction takes effect at once, and its promise resolves when its
 * statements are in the journal on the disk. All transactions that are committed while the disk works
 * share the next write and sync. A checkpoint replaces journals by an image without stopping anybody.
 *
 * When the disk fails, the database is paused: every further write is refused with `storage_failed`. The
 * outcome of the writes in flight at that moment is known only after opening the folder again.
 */
export class DurableDatabase {
  readonly folder: string;
  /** What was found broken while opening. */
  readonly recoveryEvents: readonly StoreEvent[];
  readonly #memory: MemoryDatabase;
  readonly #lock: FolderLock;
  readonly #layer: FileLayer;
  readonly #emit: (event: StoreEvent) => void;
  readonly #checkpointer: Checkpointer;
  readonly #checkpointBytes: number;
  readonly #failureListeners = new Set<(error: PalyraError) => void>();
  #journal: JournalWriter;
  #nextSequence: number;
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | null = null;
  #flushScheduled = false;
  #inTransaction = false;
  #failure: PalyraError | null = null;
  #closed = false;
  #rotation: { resolve: (lastSequence: number) => void; reject: (error: unknown) => void } | null = null;
  #checkpoint: Promise<void> | null = null;
  #checkpointFloor = 0;

  private constructor(parts: {
    options: DurableDatabaseOptions;
    memory: MemoryDatabase;
    lock: FolderLock;
    journal: JournalWriter;
    checkpointer: Checkpointer;
    nextSequence: number;
    recoveryEvents: readonly StoreEvent[];
  }) {
    this.folder = parts.options.folder;
    this.recoveryEvents = parts.recoveryEvents;
    this.#memory = parts.memory;
    this.#lock = parts.lock;
    this.#layer = parts.options.fileLayer ?? nodeFileLayer;
    this.#emit = parts.options.onEvent ?? (() => undefined);
    this.#journal = parts.journal;
    this.#checkpointer = parts.checkpointer;
    this.#nextSequence = parts.nextSequence;
    this.#checkpointBytes = parts.options.checkpointBytes ?? defaultCheckpointBytes;
  }

  /**
   * Opens the database of a folder, or makes one. What cannot be read is set aside under a new name and
   * told in `recoveryEvents`.
   * @throws `store_locked` when somebody else has it open, `state_newer` when a later version wrote it,
   *   `storage_failed` when the folder cannot be read or written
   */
  static async open(options: DurableDatabaseOptions): Promise<DurableDatabase> {
    const layer = options.fileLayer ?? nodeFileLayer;
    const lock = await storageStep(options.folder, async () => {
      await layer.makeFolder(options.folder);
      return (options.lock ?? lockFolder)(options.folder);
    });
    try {
      return await storageStep(options.folder, () => DurableDatabase.#openLocked(options, layer, lock));
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  static async #openLocked(
    options: DurableDatabaseOptions,
    layer: FileLayer,
    lock: FolderLock,
  ): Promise<DurableDatabase> {
    const { folder, migrations } = options;
    const recovered = await recover(layer, folder, await loadSqlite(options.wasm));
    const { memory } = recovered;
    const cleanup: (() => Promise<void>)[] = [];
    try {
      const version = memory.schemaVersion;
      if (version > migrations.length) {
        throw new PalyraError(
          "state_newer",
          `The store in ${folder} has schema ${version}; this version knows up to ${migrations.length}.`,
        );
      }
      for (const name of await layer.list(folder)) {
        if (name.endsWith(temporarySuffix)) await removeIfPresent(layer, path.join(folder, name));
      }
      const time = (options.now ?? Date.now)();
      const recoveryEvents: StoreEvent[] = [];
      for (const item of recovered.setAside) recoveryEvents.push(await setAside(layer, folder, item, time));
      const { generation, journal: content, knownStatements } = recovered;
      const journal = await JournalWriter.continue(layer, folder, generation, content, knownStatements);
      cleanup.push(() => journal.close());
      const checkpointer = new Checkpointer({
        folder,
        layer,
        builder: options.imageBuilder,
        wasm: options.wasm,
        imageGeneration: recovered.imageGeneration,
        imageBytes: recovered.imageBytes,
      });
      const { nextSequence } = recovered;
      const database = new DurableDatabase({
        options,
        memory,
        lock,
        journal,
        checkpointer,
        nextSequence,
        recoveryEvents,
      });
      for (const event of recoveryEvents) database.#emit(event);
      await database.#migrate(version, migrations);
      const damaged = recovered.setAside.some((item) => item.tail === undefined);
      if (damaged || recovered.replayedBytes > database.#checkpointBytes) database.#startCheckpoint();
      return database;
    } catch (error) {
      for (const step of cleanup) await step();
      memory.close();
      throw error;
    }
  }

  /** The error that paused the database; null while it works. */
  get failure(): PalyraError | null {
    return this.#failure;
  }

  /** Bytes of the journal that grows. */
  get journalBytes(): number {
    return this.#journal.bytes;
  }

  /** Calls back once when the database is paused. Returns a function that ends the subscription. */
  onFailure(listener: (error: PalyraError) => void): () => void {
    this.#failureListeners.add(listener);
    return () => this.#failureListeners.delete(listener);
  }

  /** Rows of a reading statement; sees every transaction that took effect, synced or not. */
  read(sql: string, params: readonly SqlValue[] = []): Row[] {
    this.#requireOpen();
    return this.#memory.all(sql, params);
  }

  /**
   * Runs a transaction. It takes effect when the function returns, or not at all when it throws; the promise
   * resolves with its result once that, and everything it could have read, is on the disk.
   * @throws what the function throws; `storage_failed` when the database is or gets paused
   */
  async write<T>(run: (tx: Transaction) => T): Promise<T> {
    this.#requireOpen();
    if (this.#failure !== null) throw this.#failure;
    const { result, statements } = this.#execute(run);
    await this.#settled(statements);
    return result;
  }

  /**
   * Writes a new image now and drops what it makes needless.
   * @throws when it cannot be written; the database goes on with the journals it has
   */
  checkpoint(): Promise<void> {
    this.#requireOpen();
    this.#checkpoint ??= this.#runCheckpoint().finally(() => {
      this.#checkpoint = null;
    });
    return this.#checkpoint;
  }

  /** Looks through the whole database. @returns null when it is sound, else the first fault found */
  findFault(): string | null {
    this.#requireOpen();
    return this.#memory.findFault("full");
  }

  /** Waits for the writes in flight, gives up a running checkpoint and releases the folder. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#checkpointer.abort();
    while (this.#flushing !== null || this.#flushScheduled) {
      await (this.#flushing ?? new Promise(setImmediate));
    }
    await this.#checkpoint?.catch(() => undefined);
    await this.#journal.close();
    this.#memory.close();
    await this.#lock.release();
  }

  async #migrate(from: number, migrations: readonly Migration[]): Promise<void> {
    for (const [index, migration] of migrations.entries()) {
      const version = index + 1;
      if (version <= from) continue;
      await this.write((tx) => {
        migration(tx);
        tx.run(`PRAGMA user_version = ${version}`);
      });
      this.#emit({
        kind: "migrated",
        level: "info",
        message: `The store has schema ${version} now.`,
        details: { version },
      });
    }
  }

  #execute<T>(run: (tx: Transaction) => T): { result: T; statements: JournaledStatement[] } {
    if (this.#inTransaction) throw new Error("A transaction was begun inside another one.");
    const statements: JournaledStatement[] = [];
    const memory = this.#memory;
    let over = false;
    const requireRunning = (): void => {
      if (over) throw new Error("The transaction is over.");
    };
    const all = (sql: string, params: readonly SqlValue[] = []): Row[] => {
      requireRunning();
      return memory.all(sql, params);
    };
    const tx: Transaction = {
      all,
      get: (sql, params) => all(sql, params)[0],
      run(sql, params = []) {
        requireRunning();
        const changes = memory.run(sql, params);
        statements.push({ sql, params: [...params], changes });
        return changes;
      },
    };
    this.#inTransaction = true;
    memory.begin();
    try {
      const result = run(tx);
      if (result instanceof Promise) throw new TypeError("A transaction must not be asynchronous.");
      memory.commit();
      return { result, statements };
    } catch (error) {
      this.#undo(error);
      throw error;
    } finally {
      over = true;
      this.#inTransaction = false;
    }
  }

  #undo(reason: unknown): void {
    try {
      this.#memory.rollback();
    } catch (error) {
      // Memory and journal may differ from here on, so nothing may be built on this memory any more.
      this.#pause(
        new PalyraError("storage_failed", `The store cannot undo a change: ${messageOf(error)}`, {
          cause: reason,
        }),
      );
    }
  }

  #settled(statements: readonly JournaledStatement[]): Promise<void> {
    const record = statements.length === 0 ? null : { sequence: this.#nextSequence, statements };
    if (record !== null) this.#nextSequence += 1;
    // What a transaction without changes has read may not be on the disk yet: it waits with the others.
    else if (this.#waiting.length === 0 && this.#flushing === null) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record, resolve, reject });
      this.#scheduleFlush();
    });
  }

  /** Starts the flush after the current turn of the event loop, so that simultaneous writers share it. */
  #scheduleFlush(): void {
    if (this.#flushing !== null || this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(() => {
      this.#flushScheduled = false;
      this.#flushing = this.#flush().finally(() => {
        this.#flushing = null;
        if (this.#waiting.length > 0 || this.#rotation !== null) this.#scheduleFlush();
      });
    });
  }

  async #flush(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    const records = batch.flatMap(({ record }) => record ?? []);
    if (this.#failure !== null) {
      for (const { reject } of batch) reject(this.#failure);
    } else {
      try {
        if (records.length > 0) await this.#journal.append(records);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        const failure = this.#pause(storageFailed(this.folder, error));
        for (const { reject } of batch) reject(failure);
      }
    }
    await this.#rotateWhenAsked();
    if (this.#journal.bytes > this.#checkpointDueAt()) this.#startCheckpoint();
  }

  #checkpointDueAt(): number {
    return Math.max(this.#checkpointBytes, this.#checkpointer.imageBytes / 4, this.#checkpointFloor);
  }

  #startCheckpoint(): void {
    if (this.#checkpoint !== null || this.#closed || this.#failure !== null) return;
    this.checkpoint().catch((error: unknown) => {
      if (this.#closed) return;
      this.#emit({
        kind: "checkpoint_failed",
        level: "warn",
        message: `The store could not be compacted and keeps its journal: ${messageOf(error)}`,
        details: { journalBytes: this.#journal.bytes },
      });
    });
  }

  async #runCheckpoint(): Promise<void> {
    const started = performance.now();
    this.#checkpointFloor = this.#journal.bytes + this.#checkpointBytes;
    const lastSequence = await new Promise<number>((resolve, reject) => {
      this.#rotation = { resolve, reject };
      this.#scheduleFlush();
    });
    this.#checkpointFloor = 0;
    const bytes = await this.#checkpointer.run(this.#journal.generation, lastSequence);
    const milliseconds = Math.round(performance.now() - started);
    this.#emit({
      kind: "checkpoint_done",
      level: "info",
      message: `The store was compacted to ${bytes} bytes in ${milliseconds} ms.`,
      details: { bytes, milliseconds, generation: this.#journal.generation },
    });
  }

  /** Goes over to a new journal between two flushes, when everything committed before is in the old one. */
  async #rotateWhenAsked(): Promise<void> {
    const rotation = this.#rotation;
    if (rotation === null) return;
    this.#rotation = null;
    const lastSequence =
      (this.#waiting.find(({ record }) => record !== null)?.record?.sequence ?? this.#nextSequence) - 1;
    let fresh: JournalWriter | null = null;
    try {
      if (this.#failure !== null) throw this.#failure;
      fresh = await JournalWriter.prepare(
        this.#layer,
        this.folder,
        this.#journal.generation + 1,
        lastSequence + 1,
      );
    } catch (error) {
      rotation.reject(error);
      return;
    }
    try {
      await fresh.publish();
    } catch (error) {
      // Nobody can tell which journal counts after a crash, so neither may grow.
      await fresh.close();
      rotation.reject(this.#pause(storageFailed(this.folder, error)));
      return;
    }
    await this.#journal.close();
    this.#journal = fresh;
    rotation.resolve(lastSequence);
  }

  /** Returns the error that paused the database first. */
  #pause(error: PalyraError): PalyraError {
    if (this.#failure !== null) return this.#failure;
    this.#failure = error;
    this.#emit({ kind: "paused", level: "error", message: error.message, details: { folder: this.folder } });
    for (const listener of this.#failureListeners) listener(error);
    return error;
  }

  #requireOpen(): void {
    if (this.#closed)
      throw new PalyraError("storage_failed", "The store is closed.", {
        nextStep: "Start the gateway again.",
      });
  }
}

function storageFailed(folder: string, cause: unknown): PalyraError {
  return new PalyraError(
    "storage_failed",
    `The store in ${folder} cannot be written or read: ${messageOf(cause)}`,
    { cause },
  );
}

/** Runs a step of opening; an error of the file system becomes `storage_failed`. */
async function storageStep<T>(folder: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof PalyraError || systemErrorCode(error) === undefined) throw error;
    throw storageFailed(folder, error);
  }
}

/** Gives a file, or a copy of its broken end, a new name. */
async function setAside(layer: FileLayer, folder: string, item: SetAside, time: number): Promise<StoreEvent> {
  const stamp = new Date(time).toISOString().replace(/[:.]/g, "-");
  const taken = new Set(await layer.list(folder));
  const base = `${item.file}.${item.tail === undefined ? "unreadable" : "cut"}-${stamp}`;
  let name = base;
  for (let number = 2; taken.has(name); number += 1) name = `${base}-${number}`;
  if (item.tail === undefined) {
    await layer.rename(path.join(folder, item.file), path.join(folder, name));
    await layer.syncFolder(folder);
  } else {
    await writeFileDurably(layer, path.join(folder, name), item.tail);
  }
  const what = item.tail === undefined ? item.file : `The last ${item.tail.length} bytes of ${item.file}`;
  const loss = item.lossPossible
    ? "Messages stored in it may be missing."
    : "Nothing that was stored is missing.";
  return {
    kind: "set_aside",
    level: item.lossPossible ? "error" : "warn",
    message: `${what} could not be used (${item.reason}) and was kept as ${name}. ${loss}`,
    details: { file: item.file, keptAs: name, reason: item.reason, lossPossible: item.lossPossible },
  };
}
