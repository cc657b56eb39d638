/** Shortest time a fresh sidecar waits for its first controller, in milliseconds. */
export const bootLingerFloorMs = 10_000;

/**
 * Decides when a sidecar without a controller ends: some time after the last one left, or when none came
 * after the start.
 */
export class Linger {
  readonly #lingerSeconds: number;
  readonly #onExpired: () => void;
  #timer: NodeJS.Timeout | null = null;
  #controllers = 0;

  /**
   * @param lingerSeconds time to stay without a controller; -1 = until told
   * @param onExpired called once per expiry
   */
  constructor(lingerSeconds: number, onExpired: () => void) {
    this.#lingerSeconds = lingerSeconds;
    this.#onExpired = onExpired;
  }

  /** Starts to wait for the first controller. */
  begin(): void {
    this.#arm(Math.max(this.#lingerSeconds * 1000, bootLingerFloorMs));
  }

  controllerJoined(): void {
    this.#controllers += 1;
    this.#disarm();
  }

  controllerLeft(): void {
    this.#controllers -= 1;
    if (this.#controllers === 0) this.#arm(this.#lingerSeconds * 1000);
  }

  dispose(): void {
    this.#disarm();
  }

  #arm(delayMs: number): void {
    this.#disarm();
    if (this.#lingerSeconds < 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#onExpired();
    }, delayMs);
  }

  #disarm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
