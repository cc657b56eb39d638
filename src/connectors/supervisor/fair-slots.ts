/** One of those who share the slots. */
export interface SlotShare {
  /**
   * Takes up to `wanted` slots. Who gets fewer than wanted is called back when one is free for them.
   * @returns slots taken; each is to be given back
   */
  take(wanted: number): number;
  giveBack(count: number): void;
  /** There is nothing to take slots for any more. */
  withdraw(): void;
}

interface Share {
  readonly wake: () => void;
}

/**
 * A number of slots for work that many share. While somebody waits, a free slot is kept for each of them, in
 * the order in which they came: however much one of them has to do, every other gets its turn after at most as
 * many returned slots as others wait before it.
 */
export class FairSlots {
  readonly #capacity: number;
  readonly #waiting = new Set<Share>();
  #used = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get used(): number {
    return this.#used;
  }

  /** @param wake called when a slot is free for this share after it got fewer than it wanted */
  join(wake: () => void): SlotShare {
    const share: Share = { wake };
    return {
      take: (wanted) => this.#take(share, wanted),
      giveBack: (count) => this.#giveBack(count),
      withdraw: () => {
        if (this.#waiting.delete(share)) this.#wakeNext();
      },
    };
  }

  #take(share: Share, wanted: number): number {
    const before = this.#waitingBefore(share);
    const taken = Math.max(0, Math.min(wanted, this.#capacity - this.#used - before));
    if (taken > 0) this.#waiting.delete(share);
    this.#used += taken;
    if (taken < wanted) this.#waiting.add(share);
    return taken;
  }

  #waitingBefore(share: Share): number {
    let before = 0;
    for (const other of this.#waiting) {
      if (other === share) break;
      before += 1;
    }
    return before;
  }

  #giveBack(count: number): void {
    if (count === 0) return;
    this.#used -= count;
    this.#wakeNext();
  }

  /** Everybody for whom a slot is kept is told. */
  #wakeNext(): void {
    const free = this.#capacity - this.#used;
    for (const share of [...this.#waiting].slice(0, free)) share.wake();
  }
}
