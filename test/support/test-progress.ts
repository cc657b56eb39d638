import writeFileAtomic from "write-file-atomic";

/** Names the file in which one part of the tests leaves its numbers for the run as a whole. */
export const SUMMARY_VARIABLE = "PALYRA_TEST_SUMMARY";

/** A test slower than this many milliseconds gets a line of its own, so that a long suite shows that it moves. */
const NOTEWORTHY_MS = 500;

/** What happens in a part, as plain data: it may come from another process. */
export type TestEvent =
  | { readonly type: "pass"; readonly suite: string; readonly title: string; readonly ms: number }
  | { readonly type: "fail"; readonly suite: string; readonly title: string; readonly error: string }
  | { readonly type: "end" };

export interface TestSummary {
  readonly passed: number;
  readonly failed: number;
  /** False when the part ended before its last test. */
  readonly finished: boolean;
}

/** Counts the results of one part and prints them as they come: a line per suite, slow test and failure. */
export class TestProgress {
  readonly #print: (line: string) => void;
  readonly #failures: string[] = [];
  #passed = 0;
  #finished = false;
  #suite: { readonly title: string; passed: number; failed: number; ms: number } | undefined;

  constructor(print: (line: string) => void = console.log) {
    this.#print = print;
  }

  accept(event: TestEvent): void {
    if (event.type === "end") {
      this.#finishSuite();
      this.#finished = true;
      this.#printFailures();
      return;
    }
    if (this.#suite?.title !== event.suite) {
      this.#finishSuite();
      this.#suite = { title: event.suite, passed: 0, failed: 0, ms: 0 };
    }
    if (event.type === "pass") {
      this.#passed += 1;
      this.#suite.passed += 1;
      this.#suite.ms += event.ms;
      if (event.ms >= NOTEWORTHY_MS) {
        this.#print(`    ok ${event.title} (${seconds(event.ms)})`);
      }
    } else {
      this.#failures.push(`${event.suite} ${event.title}`);
      this.#suite.failed += 1;
      this.#print(`    FAILED ${event.title}\n${indent(event.error)}`);
    }
  }

  summary(): TestSummary {
    return { passed: this.#passed, failed: this.#failures.length, finished: this.#finished };
  }

  /** Leaves the summary where the run as a whole asked for it. */
  writeSummary(environment: NodeJS.ProcessEnv = process.env): void {
    const file = environment[SUMMARY_VARIABLE];
    if (file) {
      writeFileAtomic.sync(file, JSON.stringify(this.summary()));
    }
  }

  #finishSuite(): void {
    const suite = this.#suite;
    if (suite) {
      const failed = suite.failed > 0 ? `, ${suite.failed} failed` : "";
      this.#print(`  ${suite.title}: ${suite.passed} passed${failed} (${seconds(suite.ms)})`);
    }
    this.#suite = undefined;
  }

  #printFailures(): void {
    for (const name of this.#failures) {
      this.#print(`  FAILED ${name}`);
    }
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function indent(text: string): string {
  return text
    .split("\n")
    .map((line) => `       ${line}`)
    .join("\n");
}
