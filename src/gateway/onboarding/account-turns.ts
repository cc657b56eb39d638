import type { UnfinishedAccount } from "./unfinished-account.ts";

/** Changes of accounts, one after another: each sees what the one before has left, and nothing half done. */
export class AccountTurns {
  readonly #unfinished: UnfinishedAccount;
  #last: Promise<unknown> = Promise.resolve();

  constructor(unfinished: UnfinishedAccount) {
    this.#unfinished = unfinished;
  }

  /**
   * Does the work after all that was asked for before; a failure is the asker's only.
   * @throws when a change that was cut short cannot be taken back now; the work is not begun then
   */
  next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(async () => {
      await this.#unfinished.settle();
      return await work();
    });
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Takes back what was cut short, when it is its turn. Never rejects. */
  async settle(): Promise<void> {
    await this.next(() => Promise.resolve()).catch((thrown: unknown) => this.#unfinished.failed(thrown));
  }
}
