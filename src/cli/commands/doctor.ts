import type { CheckResult, DoctorReport } from "../../contracts/doctor.ts";
import { allChecks } from "../../supervisor/doctor/all-checks.ts";
import { examine, repairAndExamine } from "../../supervisor/doctor/run-doctor.ts";
import { type CommandContext, paintOf, printForPeople } from "../command-context.ts";
import { confirm } from "../confirm.ts";
import { doctorHost, type StartWishes } from "../doctor-host.ts";
import { present } from "../output/answer.ts";
import { record } from "../output/record.ts";
import { renderChecks, renderRepairs, renderSummary } from "../render-doctor.ts";

/** Exit code when a check failed. */
const failedExitCode = 1;

export interface DoctorFlags extends StartWishes {
  /** Do the repairs instead of only listing them. */
  readonly fix: boolean;
  /** Do not ask before the repairs. */
  readonly yes: boolean;
}

/**
 * `palyra doctor`: makes all checks; with `--fix` also the repairs, and all checks again.
 * @returns the exit code: 0 when nothing failed, 1 otherwise
 */
export async function doctor(context: CommandContext, flags: DoctorFlags): Promise<number> {
  const host = doctorHost(context, flags);
  const paint = paintOf(context);
  const examination = await examine(host, allChecks);
  const before = examination.results;
  const repairs = [...examination.repairs.keys()];
  const show = (lines: readonly string[]): void => {
    if (!context.json && !context.plain) printForPeople(context, lines);
  };
  show(renderChecks(before, paint));
  if (!flags.fix || repairs.length === 0 || !(await agreed(context, flags, repairs.length))) {
    show([renderSummary(before)]);
    tell(context, { checks: [...before], repairs: [] });
    return exitCodeOf(before);
  }
  const report = await repairAndExamine(host, allChecks, examination, repairs);
  show(["", ...renderRepairs(report.repairs, paint), "", ...renderChecks(report.checks, paint)]);
  show([renderSummary(report.checks)]);
  tell(context, report);
  return exitCodeOf(report.checks);
}

async function agreed({ terminal }: CommandContext, { yes }: DoctorFlags, count: number): Promise<boolean> {
  if (yes) return true;
  const question = count === 1 ? "Make this repair?" : `Make these ${count} repairs?`;
  // A program that says --fix has made up its mind.
  return (await confirm(terminal, question)) ?? true;
}

/** For programs; people have read it already. */
function tell(context: CommandContext, report: DoctorReport): void {
  if (!context.json && !context.plain) return;
  const { checks, repairs } = report;
  present(context, {
    data: report,
    records: [
      ...checks.map(({ id, status, evidence, next_step }) =>
        record("doctor.check", { id, status, evidence, next_step }),
      ),
      ...repairs.map(({ id, done, outcome }) => record("doctor.repair", { id, done, outcome })),
    ],
    lines: () => [],
  });
}

function exitCodeOf(checks: readonly CheckResult[]): number {
  return checks.some(({ status }) => status === "failed") ? failedExitCode : 0;
}
