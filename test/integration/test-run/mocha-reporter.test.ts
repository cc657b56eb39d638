import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { SUMMARY_VARIABLE } from "../../support/test-progress.ts";
import { PROJECT_ROOT } from "../../support/vscode/install-vscode.ts";

const runFile = promisify(execFile);

describe("The report of a test run", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "palyra-report-"));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function report(tests: string): Promise<{ output: string; summary: unknown }> {
    const file = path.join(folder, "some.test.mjs");
    const summaryFile = path.join(folder, "summary.json");
    await writeFile(file, tests);
    const mocha = path.join(PROJECT_ROOT, "node_modules", "mocha", "bin", "mocha.js");
    const reporter = path.join(PROJECT_ROOT, "test", "support", "mocha-reporter.ts");
    // Mocha ends with the number of failures: its output is what counts here.
    const { stdout } = await runFile(process.execPath, [mocha, "--no-config", "--reporter", reporter, file], {
      env: { ...process.env, [SUMMARY_VARIABLE]: summaryFile },
    }).catch((error: { stdout: string }) => error);
    return { output: stdout, summary: JSON.parse(await readFile(summaryFile, "utf8")) };
  }

  it("counts what passed and prints a line per suite", async () => {
    const { output, summary } = await report(
      `describe("Doors", () => { it("open", () => {}); it("close", () => {}); });`,
    );
    assert.deepEqual(summary, { passed: 2, failed: 0, finished: true });
    assert.match(output, /Doors: 2 passed/);
  });

  it("prints a failure with its cause at once and its name again at the end", async () => {
    const { output, summary } = await report(`describe("Doors", () => { describe("of glass", () => {
      it("open", () => { throw new Error("it is stuck", { cause: new Error("rust") }); });
    }); });`);
    assert.deepEqual(summary, { passed: 0, failed: 1, finished: true });
    assert.match(output, /FAILED of glass open\n\s+Error: it is stuck[\s\S]+caused by Error: rust/);
    assert.match(output.trimEnd(), /FAILED Doors of glass open$/);
  });

  it("counts a skipped test as a failure", async () => {
    const { summary } = await report(`describe("Doors", () => { it.skip("open", () => {}); });`);
    assert.deepEqual(summary, { passed: 0, failed: 1, finished: true });
  });

  it("says how far it came when it is stopped before its last test", async () => {
    const { summary } = await report(
      `describe("Doors", () => { it("open", () => {}); it("close", () => { process.exit(143); }); });`,
    );
    assert.deepEqual(summary, { passed: 1, failed: 0, finished: false });
  });

  it("counts a hook that fails", async () => {
    const { summary } = await report(
      `describe("Doors", () => { before(() => { throw new Error("no house"); }); it("open", () => {}); });`,
    );
    assert.deepEqual(summary, { passed: 0, failed: 1, finished: true });
  });

  it("names what is left open after the last test, and where a timer was set", async () => {
    const { output } = await report(`describe("Doors", () => { it("open", () => {
      const ajar = setInterval(function creak() {}, 4_500);
      setTimeout(function shut() { clearInterval(ajar); }, 7_000);
    }); });`);
    assert.match(output, /something is still open: .*Timeout/);
    assert.match(output, /a timer of 4500 ms, set at\n.*some\.test\.mjs:2/);
  }).timeout(20_000);
});
