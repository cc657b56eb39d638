import type { Runner } from "mocha";
import { emitTestEvents } from "./mocha-events.ts";
import { OpenTimers } from "./open-timers.ts";
import { TestProgress } from "./test-progress.ts";

/** A run that has not ended by itself this long after its last test has left something open. */
const LINGER_MS = 5_000;

/** Mocha's reporter of all parts that run in plain Node: live progress, and the summary for the run as a whole. */
export default class MochaReporter {
  constructor(runner: Runner) {
    const progress = new TestProgress();
    const timers = new OpenTimers();
    // Who stops the run before its last test is told how far it came.
    process.once("exit", () => progress.writeSummary());
    emitTestEvents(runner, (event) => {
      progress.accept(event);
      if (event.type === "end") {
        progress.writeSummary();
        setTimeout(() => nameWhatIsOpen(timers), LINGER_MS).unref();
      }
    });
  }
}

function nameWhatIsOpen(timers: OpenTimers): void {
  const open = process.getActiveResourcesInfo().join(", ");
  console.log(`  The tests are done, but something is still open: ${open}`);
  for (const timer of timers.describe()) {
    console.log(`  ${timer}`);
  }
}
