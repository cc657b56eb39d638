import type { PalyraError } from "../../platform/errors.ts";
import type { FileLayer } from "./file-layer.ts";
import type { JournaledStatement, JournalRecord } from "./journal-format.ts";
import { JournalWriter } from "./journal-writer.ts";
import { storageFailed } from "./storage-error.ts";

interface Waiting {
  readonly record: JournalRecord | null;
  readonly resolve: () => void;
  readonly reject: (error: PalyraError) => void;
}

interface Rotation {
  readonly resolve: (lastSequence: number) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Brings committed transactions to the journal: all that are committed while the disk works share the next
 * write and sync. After the first failure nothing is written any more and everybody is refused.
 */
export class CommitQueue {
  readonly #layer: FileLayer;
  readonly #folder: string;
  readonly #onFailure: (error: PalyraError) => void;
  readonly #afterFlush: () => void;
  #journal: JournalWriter;
  #nextSequence: number;
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | null = null;
  #flushScheduled = false;
  #rotation: Rotation | null = null;
  #failure: PalyraError | null = null;

  constructor(parts: {
    layer: FileLayer;
    folder: string;
    journal: JournalWriter;
    nextSequence: number;
    /** Called once, before anybody is refused. */
    onFailure: (error: PalyraError) => void;
    afterFlush: () => void;
  }) {
    this.#layer = parts.layer;
    this.#folder = parts.folder;
    this.#journal = parts.journal;
    this.#nextSequence = parts.nextSequence;
    this.#onFailure = parts.onFailure;
    this.#afterFlush = parts.afterFlush;
  }

  /** The error that stopped the queue; null while it works. */
  get failure(): PalyraError | null {
    return this.#failure;
  }

  get generation(): number {
    return this.#journal.generation;
  }

  get journalBytes(): number {
    return this.#journal.bytes;
  }

  /**
   * Resolves when the statements of a transaction and all transactions before it are on the disk. Without
   * statements it waits for what the transaction may have read.
   */
  commit(statements: readonly JournaledStatement[]): Promise<void> {
    const record = statements.length === 0 ? null : { sequence: this.#nextSequence, statements };
    if (record !== null) this.#nextSequence += 1;
    else if (this.#waiting.length === 0 && this.#flushing === null) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record, resolve, reject });
      this.#schedule();
    });
  }

  /**
   * Goes over to a new journal.
   * @returns the sequence of the last transaction in the old one
   */
  rotate(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#rotation = { resolve, reject };
      this.#schedule();
    });
  }

  /** Refuses everything from now on. Returns the error that was first. */
  fail(error: PalyraError): PalyraError {
    if (this.#failure !== null) return this.#failure;
    this.#failure = error;
    this.#onFailure(error);
    return error;
  }

  /** Waits until everything committed is on the disk or refused, then closes the journal. */
  async close(): Promise<void> {
    while (this.#flushing !== null || this.#flushScheduled) {
      await (this.#flushing ?? new Promise(setImmediate));
    }
    await this.#journal.close();
  }

  /** Starts the flush after the current turn of the event loop, so that simultaneous writers share it. */
  #schedule(): void {
    if (this.#flushing !== null || this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(() => {
      this.#flushScheduled = false;
      this.#flushing = this.#flush().finally(() => {
        this.#flushing = null;
        if (this.#waiting.length > 0 || this.#rotation !== null) this.#schedule();
      });
    });
  }

  async #flush(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    if (this.#failure !== null) {
      for (const { reject } of batch) reject(this.#failure);
    } else {
      try {
        const records = batch.flatMap(({ record }) => record ?? []);
        if (records.length > 0) await this.#journal.append(records);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        const failure = this.fail(storageFailed(this.#folder, error));
        for (const { reject } of batch) reject(failure);
      }
    }
    await this.#rotateWhenAsked();
    this.#afterFlush();
  }

  /** Between two flushes everything that is not waiting is in the journal. */
  async #rotateWhenAsked(): Promise<void> {
    const rotation = this.#rotation;
    if (rotation === null) return;
    this.#rotation = null;
    const firstWaiting = this.#waiting.find(({ record }) => record !== null)?.record;
    const firstSequence = firstWaiting?.sequence ?? this.#nextSequence;
    const generation = this.#journal.generation + 1;
    let fresh: JournalWriter;
    try {
      if (this.#failure !== null) throw this.#failure;
      fresh = await JournalWriter.prepare(this.#layer, this.#folder, generation, firstSequence);
    } catch (error) {
      rotation.reject(error);
      return;
    }
    try {
      await fresh.publish();
    } catch (error) {
      // Nobody can tell which journal counts after a crash, so neither may grow.
      await fresh.close();
      rotation.reject(this.fail(storageFailed(this.#folder, error)));
      return;
    }
    await this.#journal.close();
    this.#journal = fresh;
    rotation.resolve(firstSequence - 1);
  }
}
