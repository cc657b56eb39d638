/**
 * Keeps tasks of one conversation in order. Where nothing waits, a task runs at once, in the same turn of
 * the event loop.
 */
export class ConversationLanes {
  readonly #tails = new Map<string, Promise<void>>();
  #barrier: Promise<void> | null = null;

  /** Every task that comes before `barrier` resolves waits for it. */
  holdUntil(barrier: Promise<void>): void {
    const settled = barrier.finally(() => {
      if (this.#barrier === settled) this.#barrier = null;
    });
    this.#barrier = settled;
  }

  /** @param task never rejects */
  run(conversation: string, task: () => Promise<void> | void): void {
    const tail = this.#tails.get(conversation);
    if (tail === undefined && this.#barrier === null) {
      const running = task();
      if (running !== undefined) this.#append(conversation, running);
      return;
    }
    this.#append(conversation, Promise.all([tail, this.#barrier]).then(task));
  }

  #append(conversation: string, running: Promise<void>): void {
    const tail = running.finally(() => {
      if (this.#tails.get(conversation) === tail) this.#tails.delete(conversation);
    });
    this.#tails.set(conversation, tail);
  }
}
