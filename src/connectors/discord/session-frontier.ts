/**
 * The highest gateway sequence up to which everything is durable. Resuming there replays what a crash
 * would lose, and nothing is forgotten that was received but not yet stored.
 */
export class SessionFrontier {
  #seen: number;
  readonly #pending = new Set<number>();

  /** @param sequence where a resumed session goes on */
  constructor(sequence: number) {
    this.#seen = sequence;
  }

  /** Everything up to and including this sequence is durable. */
  get durable(): number {
    const oldest = Math.min(...this.#pending);
    return Number.isFinite(oldest) ? Math.min(this.#seen, oldest - 1) : this.#seen;
  }

  /** An event arrived that needs nothing to be stored. */
  passed(sequence: number): void {
    this.#seen = Math.max(this.#seen, sequence);
  }

  /** An event arrived and is being stored. */
  begin(sequence: number): void {
    this.#seen = Math.max(this.#seen, sequence);
    this.#pending.add(sequence);
  }

  /** The event is stored, or needs not be. An event that could not be stored stays and holds the frontier. */
  settle(sequence: number): void {
    this.#pending.delete(sequence);
  }
}
