import { isDeepStrictEqual } from "node:util";

/** Shortest time between two publications: at most ten a second. */
export const publishIntervalMs = 100;

/** Publishes a value when it changed, at once after a quiet time and else at most ten times a second. */
export class ChangePublisher<T> {
  readonly #read: () => T;
  readonly #publish: (value: T) => void;
  #last: T | undefined;
  #lastAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;

  constructor(read: () => T, publish: (value: T) => void) {
    this.#read = read;
    this.#publish = publish;
  }

  /** Says that the value may have changed. */
  touch(): void {
    if (this.#timer !== null) return;
    const wait = Math.max(0, this.#lastAt + publishIntervalMs - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#publishIfChanged();
    }, wait);
    this.#timer.unref();
  }

  /** Publishes a pending change now. */
  flush(): void {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#publishIfChanged();
  }

  #publishIfChanged(): void {
    const value = this.#read();
    if (this.#last !== undefined && isDeepStrictEqual(value, this.#last)) return;
    this.#last = value;
    this.#lastAt = performance.now();
    this.#publish(value);
  }
}
