import type { Runner } from "mocha";
import { emitTestEvents } from "./mocha-events.ts";
import { TestProgress } from "./test-progress.ts";

/** Mocha's reporter of all parts that run in plain Node: live progress, and the summary for the run as a whole. */
export default class MochaReporter {
  constructor(runner: Runner) {
    const progress = new TestProgress();
    emitTestEvents(runner, (event) => {
      progress.accept(event);
      if (event.type === "end") {
        progress.writeSummary();
      }
    });
  }
}
