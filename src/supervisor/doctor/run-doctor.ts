import type { CheckResult, DoctorReport, RepairResult } from "../../contracts/doctor.ts";
import { messageOf } from "../../platform/errors.ts";
import { Redactor } from "../../platform/redactor.ts";
import { redactDeep } from "../redact-deep.ts";
import type { Check, DoctorContext, DoctorHost, Finding, Repair } from "./check.ts";
import { doctorContext } from "./doctor-context.ts";

/** Time for one check, in milliseconds. All run at once, so the whole takes no longer. */
const checkLimitMs = 9_000;
/** Longest evidence, in characters. */
const evidenceLimit = 2_000;

/** What one examination found. */
export interface Examination {
  readonly results: readonly CheckResult[];
  /** Repairs by the id of their check, in the order of the checks. */
  readonly repairs: ReadonlyMap<string, Repair>;
}

/** Makes all checks at once. It changes nothing and never throws: what cannot be checked is `unknown`. */
export async function examine(
  host: DoctorHost,
  checks: readonly Check[],
  limitMs: number = checkLimitMs,
): Promise<Examination> {
  const redactor = new Redactor();
  const context = doctorContext(host, redactor);
  const made = await Promise.all(
    checks.map(async (check) => {
      const started = performance.now();
      const finding = await runCheck(check, context, limitMs);
      return { check, finding, durationMs: Math.round(performance.now() - started) };
    }),
  );
  return {
    results: made.map(({ check, finding, durationMs }) =>
      redactDeep(resultOf(check, finding, durationMs), redactor),
    ),
    repairs: new Map(
      made.flatMap(({ check, finding: { repair } }) => (repair === undefined ? [] : [[check.id, repair]])),
    ),
  };
}

/**
 * Does repairs, one after another, and makes all checks again.
 * @param chosen ids of the checks whose repairs the user wants
 */
export async function repairAndExamine(
  host: DoctorHost,
  checks: readonly Check[],
  { repairs }: Examination,
  chosen: readonly string[],
): Promise<DoctorReport> {
  const done: RepairResult[] = [];
  for (const [id, repair] of repairs) {
    if (chosen.includes(id)) done.push(await applyRepair(id, repair));
  }
  return { checks: [...(await examine(host, checks)).results], repairs: done };
}

async function applyRepair(id: string, repair: Repair): Promise<RepairResult> {
  const outcome: string[] = [];
  let done = true;
  try {
    await repair.apply((sentence) => outcome.push(sentence));
  } catch (thrown) {
    done = false;
    outcome.push(outcome.length === 0 ? messageOf(thrown) : `The rest was not done: ${messageOf(thrown)}`);
  }
  return redactDeep({ id, done, outcome }, new Redactor());
}

async function runCheck(check: Check, context: DoctorContext, limitMs: number): Promise<Finding> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding>((resolve) => {
    timer = setTimeout(
      () => resolve({ status: "unknown", evidence: `It took longer than ${limitMs / 1000} s.` }),
      limitMs,
    );
  });
  try {
    return await Promise.race([check.run(context), late]);
  } catch (thrown) {
    return { status: "unknown", evidence: `It could not be checked: ${messageOf(thrown)}` };
  } finally {
    clearTimeout(timer);
  }
}

function resultOf({ id, title }: Check, finding: Finding, durationMs: number): CheckResult {
  const { status, evidence, nextStep, remedy, repair } = finding;
  return {
    id,
    title,
    status,
    evidence: evidence.length > evidenceLimit ? `${evidence.slice(0, evidenceLimit - 1)}…` : evidence,
    ...(nextStep === undefined ? {} : { next_step: nextStep }),
    ...(remedy === undefined ? {} : { remedy }),
    ...(repair === undefined ? {} : { repair: { title: repair.title, preview: [...repair.preview] } }),
    duration_ms: durationMs,
  };
}
