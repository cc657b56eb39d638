import path from "node:path";
import { messageOf, PalyraError } from "../../platform/errors.ts";
import type { ImageBuilder } from "./build-image.ts";
import { Checkpointer } from "./checkpointer.ts";
import { CommitQueue } from "./commit-queue.ts";
import { type FileLayer, nodeFileLayer, removeIfPresent, temporarySuffix } from "./file-layer.ts";
import { type FolderLock, lockFolder } from "./folder-lock.ts";
import type { JournaledStatement } from "./journal-format.ts";
import { JournalWriter } from "./journal-writer.ts";
import { loadSqlite, type MemoryDatabase } from "./memory-database.ts";
import { recover } from "./recover.ts";
import { setAside } from "./set-aside.ts";
import type { Row, SqlValue } from "./sql-value.ts";
import { storageStep } from "./storage-error.ts";
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
  readonly #emit: (event: StoreEvent) => void;
  readonly #queue: CommitQueue;
  readonly #checkpointer: Checkpointer;
  readonly #checkpointBytes: number;
  readonly #failureListeners = new Set<(error: PalyraError) => void>();
  #inTransaction = false;
  #closed = false;
  #checkpoint: Promise<void> | null = null;
  /** A journal must grow beyond this (bytes) before a compaction is tried again that has failed. */
  #checkpointFloor = 0;

  private constructor(parts: {
    options: DurableDatabaseOptions;
    layer: FileLayer;
    memory: MemoryDatabase;
    lock: FolderLock;
    journal: JournalWriter;
    checkpointer: Checkpointer;
    nextSequence: number;
    recoveryEvents: readonly StoreEvent[];
  }) {
    const { options, layer, journal, nextSequence } = parts;
    this.folder = options.folder;
    this.recoveryEvents = parts.recoveryEvents;
    this.#memory = parts.memory;
    this.#lock = parts.lock;
    this.#emit = options.onEvent ?? (() => undefined);
    this.#checkpointer = parts.checkpointer;
    this.#checkpointBytes = options.checkpointBytes ?? defaultCheckpointBytes;
    this.#queue = new CommitQueue({
      layer,
      folder: options.folder,
      journal,
      nextSequence,
      onFailure: (error) => this.#pause(error),
      afterFlush: () => {
        if (this.#queue.journalBytes > this.#checkpointDueAt()) this.#startCheckpoint();
      },
    });
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
        layer,
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
    const checkpoint = this.#checkpoint?.catch(() => undefined);
    await this.#queue.close();
    await checkpoint;
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
      this.#queue.fail(
        new PalyraError("storage_failed", `The store cannot undo a change: ${messageOf(error)}`, {
          cause: reason,
        }),
      );
    }
  }

  #checkpointDueAt(): number {
    return Math.max(this.#checkpointBytes, this.#checkpointer.imageBytes / 4, this.#checkpointFloor);
  }

  #startCheckpoint(): void {
    if (this.#checkpoint !== null || this.#closed || this.#queue.failure !== null) return;
    this.checkpoint().catch((error: unknown) => {
      if (this.#closed) return;
      this.#emit({
        kind: "checkpoint_failed",
        level: "warn",
        message: `The store could not be compacted and keeps its journal: ${messageOf(error)}`,
        details: { journalBytes: this.#queue.journalBytes },
      });
    });
  }

  async #runCheckpoint(): Promise<void> {
    const started = performance.now();
    this.#checkpointFloor = this.#queue.journalBytes + this.#checkpointBytes;
    const lastSequence = await this.#queue.rotate();
    this.#checkpointFloor = 0;
    const bytes = await this.#checkpointer.run(this.#queue.generation, lastSequence);
    const milliseconds = Math.round(performance.now() - started);
    this.#emit({
      kind: "checkpoint_done",
      level: "info",
      message: `The store was compacted to ${bytes} bytes in ${milliseconds} ms.`,
      details: { bytes, milliseconds, generation: this.#queue.generation },
    });
  }

  #pause(error: PalyraError): void {
    this.#emit({ kind: "paused", level: "error", message: error.message, details: { folder: this.folder } });
    for (const listener of this.#failureListeners) listener(error);
  }

  #requireOpen(): void {
    if (this.#closed)
      throw new PalyraError("storage_failed", "The store is closed.", {
        nextStep: "Start the gateway again.",
      });
  }
}
