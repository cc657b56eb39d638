import { messageOf } from "../../platform/errors.ts";
import type { Checkpointer } from "./checkpointer.ts";
import type { CommitQueue } from "./commit-queue.ts";
import { storeClosed } from "./storage-error.ts";
import type { StoreEvent } from "./store-events.ts";

/** When journals are replaced by an image: one at a time, without stopping who writes. */
export class Compaction {
  readonly #queue: CommitQueue;
  readonly #checkpointer: Checkpointer;
  readonly #journalBytes: number;
  readonly #isClosed: () => boolean;
  readonly #emit: (event: StoreEvent) => void;
  #running: Promise<void> | null = null;
  /** A journal must grow beyond this (bytes) before a compaction is tried again that has failed. */
  #floor = 0;

  constructor(parts: {
    queue: CommitQueue;
    checkpointer: Checkpointer;
    /** A journal longer than this (bytes), and than a quarter of the image, is compacted. */
    journalBytes: number;
    isClosed: () => boolean;
    emit: (event: StoreEvent) => void;
  }) {
    this.#queue = parts.queue;
    this.#checkpointer = parts.checkpointer;
    this.#journalBytes = parts.journalBytes;
    this.#isClosed = parts.isClosed;
    this.#emit = parts.emit;
  }

  /** Compacts now, or joins the compaction that runs. @throws when the image cannot be written */
  run(): Promise<void> {
    return this.#running ?? this.#begin("quick");
  }

  /**
   * A compaction that begins now: one that runs already may not have what was written since its beginning.
   * @throws when the image cannot be written, or the store was closed meanwhile
   */
  async runAnew(depth: "quick" | "full"): Promise<void> {
    // Whoever started that one hears of its failure.
    while (this.#running !== null) await this.#running.catch(() => undefined);
    if (this.#isClosed()) throw storeClosed();
    await this.#begin(depth);
  }

  /** To be called when the journal has grown. */
  startWhenDue(): void {
    const limit = Math.max(this.#journalBytes, this.#checkpointer.imageBytes / 4, this.#floor);
    if (this.#queue.journalBytes > limit) this.start();
  }

  /** Compacts in the background unless it cannot be or is being done. A failure is told as an event. */
  start(): void {
    if (this.#running !== null || this.#isClosed() || this.#queue.failure !== null) return;
    this.run().catch((error: unknown) => {
      if (this.#isClosed()) return;
      this.#emit({
        kind: "checkpoint_failed",
        level: "warn",
        message: `The store could not be compacted and keeps its journal: ${messageOf(error)}`,
        details: { journalBytes: this.#queue.journalBytes },
      });
    });
  }

  /** Gives up what runs; nothing is begun after this. */
  async end(): Promise<void> {
    this.#checkpointer.abort();
    // A compaction that is given up says so to nobody: the journals have everything.
    await this.#running?.catch(() => undefined);
  }

  #begin(depth: "quick" | "full"): Promise<void> {
    const running = this.#compact(depth).finally(() => {
      this.#running = null;
    });
    this.#running = running;
    return running;
  }

  async #compact(depth: "quick" | "full"): Promise<void> {
    const started = performance.now();
    this.#floor = this.#queue.journalBytes + this.#journalBytes;
    const lastSequence = await this.#queue.rotate();
    this.#floor = 0;
    const bytes = await this.#checkpointer.run(this.#queue.generation, lastSequence, depth);
    const milliseconds = Math.round(performance.now() - started);
    this.#emit({
      kind: "checkpoint_done",
      level: "info",
      message: `The store was compacted to ${bytes} bytes in ${milliseconds} ms.`,
      details: { bytes, milliseconds, generation: this.#queue.generation },
    });
  }
}
