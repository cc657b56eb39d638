/** Changes of accounts, one after another: each sees what the one before has left. */
export class AccountTurns {
  #last: Promise<unknown> = Promise.resolve();

  /** Does the work after all that was asked for before; a failure is the asker's only. */
  next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
