// npm run torture -- [--minutes N] [--seed N] [--json] [--break nonce|inbox]
// Ends with 0 when nothing was found, 1 when something was, 2 for a wrong call, 3 when there is no result.
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { messageOf } from "../../src/platform/errors.ts";
import { type Breakage, breakages, buildGateway } from "./build-gateway.ts";
import { conversationCount, peopleCount } from "./place.ts";
import { planTorture } from "./plan.ts";
import { type TortureProgress, type TortureReport, torture } from "./torture.ts";

const usage = "npm run torture -- [--minutes 5] [--seed N] [--json] [--break nonce|inbox]";

interface Wish {
  readonly durationMs: number;
  readonly seed: number;
  readonly json: boolean;
  readonly breakage: Breakage | null;
}

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const wish = readWish(argv);
  if (wish === null) {
    process.stderr.write(`That is not how it is called. Next step: ${usage}\n`);
    return 2;
  }
  const stopped = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => stopped.abort(new Error(`it was stopped by ${signal}.`)));
  }
  const { seed, durationMs, breakage } = wish;
  const plan = planTorture({ seed, durationMs, conversations: conversationCount, people: peopleCount });
  const broken = breakage === null ? "" : ` without its ${breakage} guarantee`;
  tell(`Torturing the gateway${broken} for ${durationMs / 60_000} minutes, seed ${seed}.`);
  const bundles = await mkdtemp(path.join(os.tmpdir(), "palyra-torture-build-"));
  try {
    const bundle = await buildGateway(bundles, breakage);
    const report = await torture({
      plan,
      bundle,
      signal: stopped.signal,
      onProgress: showProgress,
      keepsFolder: breakage === null,
    });
    showReport(report, wish.json);
    return report.lost + report.duplicated + report.outOfOrder > 0 ? 1 : 0;
  } catch (thrown) {
    tell(`There is no result: ${messageOf(thrown)}`);
    return 3;
  } finally {
    await rm(bundles, { recursive: true, force: true });
  }
}

function readWish(argv: readonly string[]): Wish | null {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        minutes: { type: "string", default: "5" },
        seed: { type: "string" },
        json: { type: "boolean", default: false },
        break: { type: "string" },
      },
    });
    const minutes = Number(values.minutes);
    const seed = values.seed === undefined ? Math.floor(Math.random() * 1e9) : Number(values.seed);
    const breakage = breakages.find((one) => one === values.break) ?? null;
    const isRight =
      minutes > 0 && minutes <= 24 * 60 && Number.isSafeInteger(seed) && seed >= 0 && seed < 1e9;
    if (!isRight || (values.break !== undefined && breakage === null)) return null;
    return { durationMs: minutes * 60_000, seed, json: values.json, breakage };
  } catch (thrown) {
    // parseArgs throws for what it does not know.
    if (thrown instanceof TypeError) return null;
    throw thrown;
  }
}

/** On a terminal one line that is written over, else a line now and then. */
function showProgress({ elapsedMs, kills, verdict, phase }: TortureProgress): void {
  const seconds = Math.round(elapsedMs / 1000);
  const { answered, written, duplicated, outOfOrder } = verdict;
  const line = `${seconds} s, ${phase}: ${kills} kills, ${answered} of ${written} answered, ${duplicated} twice, ${outOfOrder} out of order`;
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line}`);
  else if (seconds % 15 === 0) tell(line);
}

function showReport(report: TortureReport, json: boolean): void {
  const { kills, written, answered, lost, duplicated, outOfOrder, seed } = report;
  if (process.stderr.isTTY) tell("");
  for (const finding of report.findings.slice(0, 50)) tell(finding);
  if (report.findings.length > 50) tell(`and ${report.findings.length - 50} more`);
  if (report.ownEnds > 0) tell(`The gateway ended ${report.ownEnds} times by itself.`);
  if (report.keptFolder !== null) tell(`Its files and logs are in ${report.keptFolder}.`);
  tell(
    `${kills} kills, ${report.faults} faults, ${report.identifies} IDENTIFYs, ${report.resumes} RESUMEs; ` +
      `settled after ${(report.settledAfterMs / 1000).toFixed(1)} s.`,
  );
  tell(
    `${written} written, ${answered} answered, ${lost} lost, ${duplicated} duplicated, ${outOfOrder} out of order; seed ${seed}.`,
  );
  if (json) {
    const figures = { kills, written, answered, lost, duplicated, outOfOrder, seed };
    process.stdout.write(`${JSON.stringify(figures)}\n`);
  }
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
