import type { ControlCenterSnapshot } from "../contracts/snapshot.ts";
import type { DisposableLike } from "./control-center-options.ts";
import { Emitter } from "./emitter.ts";

/** Shortest time between two snapshots, in milliseconds: at most ten a second. */
const publishMs = 100;

export interface PublisherOptions {
  readonly clock: { now(): number };
  build(revision: number): ControlCenterSnapshot;
  /** Called with each new snapshot before the listeners are. */
  published(snapshot: ControlCenterSnapshot): void;
}

/** Builds and hands out a snapshot when something changed, and never more often than ten times a second. */
export class SnapshotPublisher {
  readonly #options: PublisherOptions;
  readonly #listeners = new Emitter<ControlCenterSnapshot>();
  #latest: ControlCenterSnapshot;
  #fingerprint: string;
  #timer: NodeJS.Timeout | null = null;
  #waiting: (() => void)[] = [];
  #publishedAt = Number.NEGATIVE_INFINITY;
  #disposed = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#latest = options.build(0);
    this.#fingerprint = fingerprintOf(this.#latest);
  }

  get latest(): ControlCenterSnapshot {
    return this.#latest;
  }

  onSnapshot(listener: (snapshot: ControlCenterSnapshot) => void): DisposableLike {
    return this.#listeners.on(listener);
  }

  /** Something changed: a snapshot follows soon. */
  changed(): void {
    if (this.#timer !== null || this.#disposed) return;
    const wait = this.#publishedAt + publishMs - this.#options.clock.now();
    // At once after a quiet time, but after the step in progress, so that one step gives one snapshot.
    this.#timer = setTimeout(() => this.publish(), Math.min(Math.max(wait, 0), publishMs));
  }

  /** Publishes now, when there is anything new. */
  publish(): void {
    this.#clearTimer();
    const next = this.#options.build(this.#latest.revision + 1);
    const fingerprint = fingerprintOf(next);
    if (fingerprint !== this.#fingerprint) {
      this.#fingerprint = fingerprint;
      this.#latest = next;
      this.#publishedAt = this.#options.clock.now();
      this.#options.published(next);
      this.#listeners.emit(next);
    }
    this.#wake();
  }

  /** Resolves when every change so far is in the latest snapshot. */
  published(): Promise<void> {
    if (this.#timer === null) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  dispose(): void {
    this.#disposed = true;
    this.#clearTimer();
    this.#wake();
    this.#listeners.dispose();
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** Equal for two snapshots that differ only in their number and time. */
function fingerprintOf(snapshot: ControlCenterSnapshot): string {
  return JSON.stringify({ ...snapshot, revision: 0, generated_at_unix_ms: 0 });
}
