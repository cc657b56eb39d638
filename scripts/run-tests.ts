import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { SUMMARY_VARIABLE, type TestSummary } from "../test/support/test-progress.ts";

const PROJECT_ROOT = fileURLToPath(new URL("../", import.meta.url));
/** A slow machine takes three times as long as a quick one; a hang takes for ever. */
const PART_DEADLINE_MINUTES = 35;
/** The longest wait of the product, that for a quiet moment, takes five minutes and ends by itself; what is left open longer is a fault. */
const LINGER_DEADLINE_MS = 6 * 60_000;

const MOCHA = [
  "node_modules/mocha/bin/mocha.js",
  "--require",
  "./test/support/exit-on-signals.ts",
  "--reporter",
  "./test/support/mocha-reporter.ts",
];

const PARTS: Readonly<Record<string, readonly string[]>> = {
  unit: [...MOCHA, "test/unit/**/*.test.ts"],
  integration: [...MOCHA, "--timeout", "60000", "test/integration/**/*.test.ts"],
  vscode: ["test/vscode/run.ts"],
  e2e: [...MOCHA, "--timeout", "120000", "test/e2e/**/*.test.ts"],
};

interface PartResult {
  readonly passed: number;
  readonly failed: number;
  /** Set when the part did not go as a run should, apart from failed tests. */
  readonly trouble?: string;
}

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => interrupted.abort(`stopped by ${signal}`));
}

process.exitCode = await main(process.argv.slice(2));

async function main(wanted: readonly string[]): Promise<number> {
  const unknown = wanted.find((name) => !(name in PARTS));
  if (unknown !== undefined) {
    console.log(
      `There is no part ${unknown}. Next step: name some of ${Object.keys(PARTS).join(", ")}, or none for all.`,
    );
    return 2;
  }
  const folder = await mkdtemp(path.join(tmpdir(), "palyra-tests-"));
  let passed = 0;
  let failed = 0;
  const troubles: string[] = [];
  try {
    for (const [name, command] of Object.entries(PARTS)) {
      if (!interrupted.signal.aborted && (wanted.length === 0 || wanted.includes(name))) {
        const startedAt = Date.now();
        console.log(`\n${name}`);
        const result = await runPart(command, path.join(folder, `${name}.json`));
        passed += result.passed;
        failed += result.failed;
        if (result.trouble !== undefined) {
          troubles.push(`${name}: ${result.trouble}`);
          failed += result.failed === 0 ? 1 : 0;
        }
        const numbers = `${result.passed} passed, ${result.failed} failed`;
        console.log(`${name}: ${numbers} in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  console.log("");
  for (const trouble of troubles) {
    console.log(trouble);
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

async function runPart(command: readonly string[], summaryFile: string): Promise<PartResult> {
  const ending = await runToEnd(command, summaryFile);
  const summary = await readSummary(summaryFile);
  if (summary === undefined || !summary.finished) {
    return {
      passed: summary?.passed ?? 0,
      failed: summary?.failed ?? 0,
      trouble: `${ending}, before its last test`,
    };
  }
  const { passed, failed } = summary;
  if (passed + failed === 0) {
    return { passed, failed, trouble: "no test ran" };
  }
  const expected = failed === 0 ? "ended with 0" : /^ended with [1-9]/;
  const asExpected = typeof expected === "string" ? ending === expected : expected.test(ending);
  return asExpected ? { passed, failed } : { passed, failed, trouble: ending };
}

/** Runs one part in a process of its own and says in words how that ended. */
async function runToEnd(command: readonly string[], summaryFile: string): Promise<string> {
  const child = spawn(process.execPath, command, {
    cwd: PROJECT_ROOT,
    env: { ...process.env, [SUMMARY_VARIABLE]: summaryFile },
    stdio: "inherit",
  });
  let stoppedFor: string | undefined;
  const stop = (why: string) => {
    stoppedFor ??= why;
    child.kill("SIGTERM");
  };
  const onInterrupt = () => stop(String(interrupted.signal.reason));
  interrupted.signal.addEventListener("abort", onInterrupt, { once: true });
  const deadline = setTimeout(
    () => stop(`stopped: it took longer than ${PART_DEADLINE_MINUTES} minutes`),
    PART_DEADLINE_MINUTES * 60_000,
  );
  let lingering: NodeJS.Timeout | undefined;
  const watch = setInterval(async () => {
    if (lingering === undefined && (await readSummary(summaryFile))?.finished) {
      lingering = setTimeout(
        () => stop("stopped: its tests were done, but something was left open"),
        LINGER_DEADLINE_MS,
      );
    }
  }, 1_000);
  try {
    return await new Promise<string>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => resolve(stoppedFor ?? `ended with ${code ?? signal}`));
    });
  } finally {
    clearTimeout(deadline);
    clearTimeout(lingering);
    clearInterval(watch);
    interrupted.signal.removeEventListener("abort", onInterrupt);
  }
}

async function readSummary(file: string): Promise<TestSummary | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as TestSummary;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}
