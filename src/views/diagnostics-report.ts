import type { CheckResult, CheckStatus, DoctorReport } from "../contracts/doctor.ts";

const words: Readonly<Record<CheckStatus, string>> = {
  failed: "Failed",
  warning: "Warning",
  unknown: "Not checked",
  ok: "Fine",
};
const order: readonly CheckStatus[] = ["failed", "warning", "unknown", "ok"];

/** The report as text of a document: what needs somebody first. */
export function reportText({ checks, repairs }: DoctorReport): string {
  const lines = ["Palyra: Diagnostics", "", summaryOf(checks), ""];
  for (const { id, done, outcome } of repairs) {
    lines.push(`${done ? "Repaired" : "Not repaired"}: ${id}`, ...outcome.map((text) => `    ${text}`), "");
  }
  for (const status of order) {
    for (const check of checks.filter((candidate) => candidate.status === status)) {
      lines.push(`${words[status]}: ${check.title}`, `    ${check.evidence}`);
      if (status !== "ok" && check.next_step !== undefined) lines.push(`    ${check.next_step}`);
      if (check.repair !== undefined) {
        lines.push(`    Repair: ${check.repair.title}`);
        lines.push(...check.repair.preview.map((line) => `        ${line}`));
      }
    }
    if (checks.some((candidate) => candidate.status === status)) lines.push("");
  }
  return lines.join("\n");
}

/** One sentence about all checks. */
export function summaryOf(checks: readonly CheckResult[]): string {
  const named = (status: CheckStatus): string[] =>
    checks.filter((check) => check.status === status).map(({ title }) => title);
  const failed = named("failed");
  const warnings = named("warning");
  const parts = [
    ...(failed.length === 0 ? [] : [`Failed: ${failed.join(", ")}.`]),
    ...(warnings.length === 0 ? [] : [`Worth a look: ${warnings.join(", ")}.`]),
  ];
  return parts.length === 0
    ? `All ${checks.length} checks are done and found nothing wrong.`
    : parts.join(" ");
}
