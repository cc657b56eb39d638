import * as z from "zod";
import { errorCatalogue } from "../../../contracts/error-catalogue.ts";
import { ApprovalRequired, MutationDone } from "../../../contracts/http-channels.ts";
import type { Answer } from "../../output/answer.ts";
import { record } from "../../output/record.ts";
import { visibleText } from "../../visible-text.ts";

/** A change that was made, or that waits for the owner. */
export const MutationAnswer = z.union([ApprovalRequired, MutationDone]);
type MutationAnswer = z.infer<typeof MutationAnswer>;

/** @param action `edit`, `delete` or `react` */
export function changeAnswer(action: string, connectorId: string, answer: MutationAnswer): Answer {
  const name = `message.${action}`;
  if ("approval_required" in answer) {
    const { approval, policy, preview } = answer;
    return {
      data: answer,
      records: [
        record(name, {
          connector_id: connectorId,
          approval_required: true,
          approval_id: approval.approval_id,
          policy_action: policy.action,
          policy_reason: policy.reason,
          preview_message_id: preview.locator.message_id,
        }),
      ],
      lines: (paint) => [
        `${paint("yellow", "It waits for your decision:")} ${visibleText(approval.sentence)}`,
        visibleText(
          `Say “palyra approvals allow ${approval.approval_id}”, then this again with --approval-id ${approval.approval_id}.`,
        ),
      ],
      exitCode: errorCatalogue.failed_precondition.exitCode,
    };
  }
  const { status, reason, locator } = answer.result;
  const denied = status === "denied";
  return {
    data: answer,
    records: [record(name, { connector_id: connectorId, status, reason, message_id: locator.message_id })],
    lines: (paint) => [
      denied
        ? `${paint("red", "Not done.")} ${visibleText(reason ?? "The bot may not do that there.")}`
        : visibleText(`Message ${locator.message_id}: ${status.replaceAll("_", " ")}.`),
    ],
    ...(denied ? { exitCode: errorCatalogue.forbidden.exitCode } : {}),
  };
}
