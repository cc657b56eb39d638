import type { CheckResult, CheckStatus, RepairResult } from "../contracts/doctor.ts";
import type { Paint } from "./terminal.ts";
import { visibleText } from "./visible-text.ts";

const marks: Readonly<
  Record<CheckStatus, readonly [word: string, colour: "green" | "yellow" | "red" | "dim"]>
> = {
  ok: ["ok", "green"],
  warning: ["warning", "yellow"],
  failed: ["failed", "red"],
  unknown: ["unknown", "dim"],
};

/** The results for people: one line for each, and below those that need it what to do. */
export function renderChecks(checks: readonly CheckResult[], paint: Paint): string[] {
  return checks.flatMap((check) => {
    const [word, colour] = marks[check.status];
    const head = `${paint(colour, word.padEnd(8))} ${paint("bold", check.title)}: ${visibleText(check.evidence)}`;
    const next =
      check.status === "ok" || check.next_step === undefined ? [] : [`  ${visibleText(check.next_step)}`];
    const repair =
      check.repair === undefined
        ? []
        : [
            `  Repair: ${check.repair.title}`,
            ...check.repair.preview.map((line) => `    ${visibleText(line)}`),
          ];
    return [head, ...next, ...repair];
  });
}

export function renderRepairs(repairs: readonly RepairResult[], paint: Paint): string[] {
  return repairs.flatMap(({ id, done, outcome }) => [
    `${done ? paint("green", "repaired") : paint("red", "not repaired")} ${id}`,
    ...outcome.map((sentence) => `  ${visibleText(sentence)}`),
  ]);
}

/** One sentence about all: what failed, and what can be repaired. */
export function renderSummary(checks: readonly CheckResult[]): string {
  const failed = checks.filter(({ status }) => status === "failed").length;
  const warnings = checks.filter(({ status }) => status === "warning").length;
  const unknown = checks.filter(({ status }) => status === "unknown").length;
  const repairs = checks.filter(({ repair }) => repair !== undefined).length;
  const counts = `${checks.length} checks: ${failed} failed, ${warnings} with a warning, ${unknown} unknown.`;
  return repairs === 0
    ? counts
    : `${counts} “palyra doctor --fix” makes ${repairs === 1 ? "1 repair" : `${repairs} repairs`}.`;
}
