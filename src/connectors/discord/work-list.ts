/** Something to do; tells whether it is done, and never rejects. */
export type Task = () => Promise<boolean>;

/**
 * Tasks by name, done a few at a time. A name that is asked for again while it waits, is being done or is done is not
 * done twice; one that failed is tried again with the next run.
 */
export class WorkList {
  readonly #parallel: number;
  readonly #waiting = new Map<string, Task>();
  readonly #active = new Map<string, Task>();
  readonly #failed = new Map<string, Task>();
  readonly #done = new Set<string>();
  #stopped = false;

  /** @param parallel tasks that are done at the same time */
  constructor(parallel: number) {
    this.#parallel = parallel;
  }

  /** Whether a task was asked for, whatever has become of it. */
  has(name: string): boolean {
    return [this.#waiting, this.#active, this.#failed, this.#done].some((list) => list.has(name));
  }

  add(name: string, task: Task): void {
    if (!this.has(name)) (this.#stopped ? this.#failed : this.#waiting).set(name, task);
  }

  /** Whether a task could not be done, or was given up. */
  hasFailed(name: string): boolean {
    return this.#failed.has(name);
  }

  /** Does what waits, also what is added meanwhile, and what failed before; one run at a time. @returns whether all is done */
  async run(): Promise<boolean> {
    if (!this.#stopped) for (const [name, task] of this.#failed) this.#waiting.set(name, task);
    const work = async (): Promise<void> => {
      for (let next = this.#take(); next !== undefined; next = this.#take()) await this.#do(...next);
    };
    await Promise.all(Array.from({ length: this.#parallel }, work));
    return this.#failed.size === 0;
  }

  /** Begins nothing more: what is not done by now has failed, whatever becomes of it. */
  stop(): void {
    this.#stopped = true;
    for (const [name, task] of [...this.#waiting, ...this.#active]) this.#failed.set(name, task);
    this.#waiting.clear();
  }

  #take(): [string, Task] | undefined {
    const [next] = this.#waiting;
    if (next === undefined) return undefined;
    this.#waiting.delete(next[0]);
    this.#active.set(...next);
    return next;
  }

  async #do(name: string, task: Task): Promise<void> {
    const isDone = await task();
    this.#active.delete(name);
    if (!isDone) this.#failed.set(name, task);
    else if (!this.#stopped) {
      this.#failed.delete(name);
      this.#done.add(name);
    }
  }
}
