import { messageOf, PalyraError, systemErrorCode } from "../../platform/errors.ts";
import { writeBackup } from "./backup.ts";
import type { ImageBuilder } from "./build-image.ts";
import { Checkpointer } from "./checkpointer.ts";
import { CommitQueue } from "./commit-queue.ts";
import { Compaction } from "./compaction.ts";
import { type FileLayer, nodeFileLayer } from "./file-layer.ts";
import { type FolderLock, lockFolder } from "./folder-lock.ts";
import { loadSqlite, type MemoryDatabase } from "./memory-database.ts";
import { type OpenedFiles, openFiles } from "./open-files.ts";
import type { Row, SqlValue } from "./sql-value.ts";
import { storageFailed, storageStep, storeClosed } from "./storage-error.ts";
import type { StoreEvent } from "./store-events.ts";
import { type Migration, missingMigrations, runTransaction, type Transaction } from "./transaction.ts";

export type { Migration, Transaction } from "./transaction.ts";

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

/**
 * SQLite in memory, made durable: a transaction takes effect at once, and its promise resolves when its
 * statements are in the journal on the disk. All transactions that are committed while the disk works
 * share the next write and sync. A checkpoint replaces journals by an image without stopping anybody.
 *
 * When the disk fails, the database is paused: every further write is refused with `storage_failed`, reading
 * goes on. The outcome of the writes in flight at that moment is known only after `reopen`.
 */
export class DurableDatabase {
  readonly folder: string;
  readonly #options: DurableDatabaseOptions;
  readonly #layer: FileLayer;
  readonly #lock: FolderLock;
  readonly #emit: (event: StoreEvent) => void;
  readonly #checkpointBytes: number;
  readonly #failureListeners = new Set<(error: PalyraError) => void>();
  #memory!: MemoryDatabase;
  #queue!: CommitQueue;
  #checkpointer!: Checkpointer;
  #compaction!: Compaction;
  #recoveryEvents: readonly StoreEvent[] = [];
  #isLoaded = false;
  #inTransaction = false;
  #closed = false;
  #reopening: Promise<readonly StoreEvent[]> | null = null;

  private constructor(options: DurableDatabaseOptions, layer: FileLayer, lock: FolderLock) {
    this.folder = options.folder;
    this.#options = options;
    this.#layer = layer;
    this.#lock = lock;
    this.#emit = options.onEvent ?? (() => undefined);
    this.#checkpointBytes = options.checkpointBytes ?? defaultCheckpointBytes;
  }

  /**
   * Opens the database of a folder, or makes one. What cannot be read is set aside under a new name and
   * told in `recoveryEvents`. A refused opening leaves nothing behind: it can be tried again at any time.
   * @throws `store_locked` when somebody else has it open, `state_newer` when a later version wrote it,
   *   `storage_failed` when the folder cannot be read or written
   */
  static async open(options: DurableDatabaseOptions): Promise<DurableDatabase> {
    const layer = options.fileLayer ?? nodeFileLayer;
    const lock = await storageStep(options.folder, async () => {
      await layer.makeFolder(options.folder);
      return (options.lock ?? lockFolder)(options.folder);
    });
    const database = new DurableDatabase(options, layer, lock);
    try {
      await database.#load();
      return database;
    } catch (error) {
      if (database.#isLoaded) database.#memory.close();
      await lock.release();
      throw error;
    }
  }

  /** What was found broken while opening, or while opening again. */
  get recoveryEvents(): readonly StoreEvent[] {
    return this.#recoveryEvents;
  }

  /** The error that paused the database; null while it works. */
  get failure(): PalyraError | null {
    return this.#queue.failure;
  }

  /** Bytes of the journal that grows. */
  get journalBytes(): number {
    return this.#queue.journalBytes;
  }

  /** Bytes of the newest image, 0 before the first. */
  get imageBytes(): number {
    return this.#checkpointer.imageBytes;
  }

  /** Calls back whenever the database is paused. Returns a function that ends the subscription. */
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
    if (this.#queue.failure !== null) throw this.#queue.failure;
    const { result, statements } = this.#execute(run);
    await this.#queue.commit(statements);
    return result;
  }

  /**
   * Writes a new image now and drops what it makes needless.
   * @throws when it cannot be written; the database goes on with the journals it has
   */
  checkpoint(): Promise<void> {
    this.#requireOpen();
    return this.#compaction.run();
  }

  /** Looks through the whole memory, which takes a while. @returns null when it is sound, else the first fault */
  findFault(): string | null {
    this.#requireOpen();
    return this.#memory.findFault("full");
  }

  /**
   * Reads all files again, builds the database anew from them beside the one at work, looks through every page
   * and index, and keeps the outcome as the new image.
   * @returns null when all is sound, else the first fault found
   * @throws `storage_failed` when files cannot be read or written
   */
  async checkIntegrity(): Promise<string | null> {
    this.#requireOpen();
    try {
      await this.#compaction.runAnew("full");
      return null;
    } catch (error) {
      if (error instanceof PalyraError) throw error;
      if (systemErrorCode(error) !== undefined) throw storageFailed(this.folder, error);
      return messageOf(error);
    }
  }

  /**
   * Writes a copy of everything that was stored when this was called, while others go on writing.
   * @param file absolute path of a file that does not exist, outside of the database's folder
   * @returns size in bytes
   * @throws `conflict` when the file exists, `storage_failed` when it cannot be written
   */
  backup(file: string): Promise<number> {
    this.#requireOpen();
    return writeBackup(this.#layer, file, async () => {
      await this.#compaction.runAnew("quick");
      return this.#checkpointer.readImage();
    });
  }

  /**
   * Tries to get a paused database going again, without a new process: reads back what is on the disk and goes on
   * from there. What was refused is gone from the memory unless it reached the disk after all. Does nothing when
   * the database works. Can be tried as often as wished; every try reads the whole database.
   * @returns what was found broken
   * @throws `storage_failed` while the disk still refuses: the database stays paused and readable
   */
  reopen(): Promise<readonly StoreEvent[]> {
    this.#requireOpen();
    if (this.failure === null) return Promise.resolve([]);
    this.#reopening ??= this.#reload().finally(() => {
      this.#reopening = null;
    });
    return this.#reopening;
  }

  /** Waits for the writes in flight, gives up a running checkpoint and releases the folder. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // Its failure is told to who asked for it.
    await this.#reopening?.catch(() => undefined);
    await this.#endWork();
    this.#memory.close();
    await this.#lock.release();
  }

  async #load(): Promise<void> {
    const { folder, migrations, wasm, now = Date.now } = this.#options;
    await storageStep(folder, async () => {
      const sqlite = await loadSqlite(wasm);
      const files = await openFiles(this.#layer, folder, sqlite, migrations.length, now());
      const version = files.memory.schemaVersion;
      this.#install(files);
      for (const event of files.events) this.#emit(event);
      try {
        await this.#migrate(version, migrations);
      } catch (error) {
        await this.#queue.close();
        throw error;
      }
      if (files.damaged || files.replayedBytes > this.#checkpointBytes) this.#compaction.start();
    });
  }

  #install(files: OpenedFiles): void {
    const { folder, wasm, imageBuilder } = this.#options;
    const { imageGeneration, imageBytes, journal, nextSequence } = files;
    const layer = this.#layer;
    this.#memory = files.memory;
    this.#isLoaded = true;
    this.#recoveryEvents = files.events;
    this.#checkpointer = new Checkpointer({
      folder,
      layer,
      builder: imageBuilder,
      wasm,
      imageGeneration,
      imageBytes,
    });
    this.#queue = new CommitQueue({
      layer,
      folder,
      journal,
      nextSequence,
      onFailure: (error) => this.#pause(error),
      afterFlush: () => this.#compaction.startWhenDue(),
    });
    this.#compaction = new Compaction({
      queue: this.#queue,
      checkpointer: this.#checkpointer,
      journalBytes: this.#checkpointBytes,
      isClosed: () => this.#closed,
      emit: this.#emit,
    });
  }

  async #reload(): Promise<readonly StoreEvent[]> {
    await this.#endWork();
    const paused = this.#memory;
    try {
      await this.#load();
    } finally {
      if (this.#memory !== paused) paused.close();
    }
    const message = `The store in ${this.folder} works again.`;
    this.#emit({ kind: "resumed", level: "info", message, details: { folder: this.folder } });
    return this.#recoveryEvents;
  }

  async #endWork(): Promise<void> {
    await this.#compaction.end();
    await this.#queue.close();
  }

  async #migrate(from: number, migrations: readonly Migration[]): Promise<void> {
    for (const { version, apply } of missingMigrations(from, migrations)) {
      await this.write(apply);
      this.#emit({
        kind: "migrated",
        level: "info",
        message: `The store has schema ${version} now.`,
        details: { version },
      });
    }
  }

  #execute<T>(run: (tx: Transaction) => T): ReturnType<typeof runTransaction<T>> {
    if (this.#inTransaction) throw new Error("A transaction was begun inside another one.");
    this.#inTransaction = true;
    try {
      return runTransaction(this.#memory, run, (failure) => {
        // Memory and journal may differ from here on, so nothing may be built on this memory any more.
        const message = `The store cannot undo a change: ${messageOf(failure)}`;
        this.#queue.fail(new PalyraError("storage_failed", message, { cause: failure }));
      });
    } finally {
      this.#inTransaction = false;
    }
  }

  #pause(error: PalyraError): void {
    this.#emit({ kind: "paused", level: "error", message: error.message, details: { folder: this.folder } });
    for (const listener of this.#failureListeners) listener(error);
  }

  #requireOpen(): void {
    if (this.#closed) throw storeClosed();
  }
}
