import { inspect } from "node:util";
import type { Runnable, Runner, Suite } from "mocha";
import type { TestEvent } from "./test-progress.ts";

/** Translates what a mocha runner does into events. A failed hook counts as a failure of its own. */
export function emitTestEvents(runner: Runner, emit: (event: TestEvent) => void): void {
  runner.on("pass", (test) => {
    emit({ type: "pass", suite: outermost(test), title: innerTitle(test), ms: test.duration ?? 0 });
  });
  runner.on("fail", (test: Runnable, error: unknown) => {
    emit({ type: "fail", suite: outermost(test), title: innerTitle(test), error: describe(error) });
  });
  // A test that is skipped or has no body proves nothing, and none may hide in a green run.
  runner.on("pending", (test) => {
    emit({ type: "fail", suite: outermost(test), title: innerTitle(test), error: "skipped: it did not run" });
  });
  runner.once("end", () => emit({ type: "end" }));
}

function suitesOf(test: Runnable): Suite[] {
  const suites: Suite[] = [];
  for (let suite = test.parent; suite && !suite.root; suite = suite.parent) {
    suites.unshift(suite);
  }
  return suites;
}

function outermost(test: Runnable): string {
  return suitesOf(test)[0]?.title ?? "(no suite)";
}

function innerTitle(test: Runnable): string {
  return [...suitesOf(test).slice(1), test].map(({ title }) => title).join(" ");
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) {
    return inspect(error);
  }
  const cause = error.cause === undefined ? "" : `\ncaused by ${describe(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
