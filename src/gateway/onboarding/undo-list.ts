import { messageOf } from "../../platform/errors.ts";

interface UndoStep {
  readonly what: string;
  readonly undo: () => Promise<void>;
}

/** What has been done so far, and how each of it is taken back: all or nothing. */
export class UndoList {
  readonly #steps: UndoStep[] = [];

  /** @param what names the step in a failure: “the bot token” */
  add(what: string, undo: () => Promise<void>): void {
    this.#steps.push({ what, undo });
  }

  /**
   * Takes everything back, the last first. One step that fails does not keep the others from being taken back.
   * @returns what could not be taken back, with the reasons; empty when all is as before
   */
  async takeBack(): Promise<string[]> {
    const failures: string[] = [];
    for (const { what, undo } of this.#steps.reverse()) {
      try {
        await undo();
      } catch (thrown) {
        failures.push(`${what} (${messageOf(thrown)})`);
      }
    }
    this.#steps.length = 0;
    return failures;
  }
}
