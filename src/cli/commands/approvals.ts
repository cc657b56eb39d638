import type { ApprovalVerdict, PendingApproval, PendingApprovals } from "../../contracts/approvals.ts";
import { PalyraError } from "../../platform/errors.ts";
import { type CommandContext, hostName, inspectorFor } from "../command-context.ts";
import type { Answer } from "../output/answer.ts";
import { record } from "../output/record.ts";
import { duration } from "../render-status.ts";
import type { Paint } from "../terminal.ts";
import { visibleData, visibleText } from "../visible-text.ts";

/**
 * `palyra approvals`: the risky actions that wait for the owner, the oldest first.
 * @throws `not_running` when there is no gateway that could ask
 */
export async function listApprovals(context: CommandContext): Promise<Answer> {
  const { snapshot } = await inspectorFor(context).inspect();
  const waiting = snapshot.gateway?.status.approvals;
  if (waiting === undefined) {
    throw new PalyraError("not_running", "The gateway does not run, so nothing is known of approvals.");
  }
  return {
    data: waiting,
    records: [
      record("approvals.count", { count: waiting.count }),
      ...waiting.first.map((one) =>
        record("approvals.approval", {
          id: one.approval_id,
          risk: one.risk,
          requested_by: one.requested_by,
          expires_at_unix_ms: one.expires_at_unix_ms,
          sentence: one.sentence,
        }),
      ),
    ],
    lines: (paint, now) => renderApprovals(waiting, now, paint),
  };
}

/**
 * `palyra approvals allow ID` and `deny ID`: the owner's word, brought by who owns the control center, or to the
 * gateway itself when nobody does.
 * @param reason told to who asked; null for none
 * @throws `not_found`, `conflict` as the gateway says; `not_running`
 */
export async function decideApproval(
  context: CommandContext,
  approvalId: string,
  verdict: ApprovalVerdict,
  reason: string | null,
): Promise<Answer> {
  const request = { approval_id: approvalId, verdict, reason, via: hostName } as const;
  const inspector = inspectorFor(context);
  const silent = { snapshot: () => undefined, log: () => undefined };
  const owner = await inspector.findOwner(silent);
  const link = owner ?? (await inspector.watchSidecar("gateway", () => undefined))?.link ?? null;
  if (link === null) throw new PalyraError("not_running", "The gateway does not run.");
  try {
    const message = await ("command" in link
      ? link.command({ kind: "decide_approval", ...request })
      : link.decideApproval(request));
    const outcome = { approval_id: approvalId, verdict, message };
    return {
      data: outcome,
      records: [record("approvals.decision", outcome)],
      lines: () => [visibleText(message)],
    };
  } finally {
    link.close();
  }
}

/**
 * Waiting approvals as lines for people.
 * @param now Unix time in milliseconds, for the time that is left
 */
export function renderApprovals(waiting: PendingApprovals, now: number, paint: Paint): string[] {
  if (waiting.count === 0) return ["Nothing waits for your decision."];
  const { count, first } = visibleData(waiting);
  const head = count === 1 ? "1 action waits" : `${count} actions wait`;
  const lines = [paint("bold", `${head} for your decision:`)];
  for (const approval of first) lines.push("", ...approvalLines(approval, now, paint));
  if (count > first.length) {
    lines.push("", `${count - first.length} more wait; they are shown when some of these are decided.`);
  }
  lines.push("", "palyra approvals allow ID, or palyra approvals deny ID --reason WHY");
  return lines;
}

function approvalLines(approval: PendingApproval, now: number, paint: Paint): string[] {
  const { approval_id, sentence, risk, requested_by, expires_at_unix_ms } = approval;
  const isSerious = risk === "high" || risk === "critical";
  const left = duration(Math.max(0, expires_at_unix_ms - now));
  return [
    `  ${paint("cyan", approval_id)}  ${paint(isSerious ? "red" : "yellow", `${risk} risk`)}`,
    `    ${sentence}`,
    `    ${paint("dim", `asked by ${requested_by}, ${left} left`)}`,
  ];
}
