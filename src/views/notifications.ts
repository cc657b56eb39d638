import * as vscode from "vscode";
import type { PendingApproval } from "../contracts/approvals.ts";
import type { ErrorDetails } from "../contracts/errors.ts";
import { serviceDisplayNames } from "../contracts/service-kinds.ts";
import type { ServiceKind } from "../contracts/services.ts";
import { nextStepIn } from "../supervisor/next-steps.ts";
import { newApprovals } from "./approval-actions.ts";
import { commandIds, settingIds } from "./contribution-ids.ts";
import { type FailureNotice, FailureNotices } from "./failure-notices.ts";
import { type RunnableRemedy, remedyOfError } from "./remedies.ts";
import { serviceActions } from "./service-actions.ts";
import type { Settings } from "./settings.ts";
import type { ViewStateSource } from "./view-state-source.ts";

const never = "Don't Show Again";
const showLogs = "Show Logs";
const retry = "Retry";
const allow = "Allow Once";
const deny = "Deny";

/** Tells once about each service that fails, unless the user does not want to be told. */
export function notifyOfFailures(source: ViewStateSource, settings: () => Settings): vscode.Disposable {
  const notices = new FailureNotices();
  const subscription = source.onChange((state, before) => {
    for (const notice of notices.next(before, state)) {
      if (settings().notifications === "problems") void tell(notice);
    }
  });
  return new vscode.Disposable(() => subscription.dispose());
}

async function tell({ service, displayName, problem }: FailureNotice): Promise<void> {
  const text = `${displayName} has stopped: ${problem.message} ${problem.next_step}`;
  const chosen = await vscode.window.showErrorMessage(text, retry, showLogs, never);
  if (chosen === retry) await vscode.commands.executeCommand(commandIds.retry, service);
  if (chosen === showLogs) await vscode.commands.executeCommand(commandIds.showLogs, service);
  if (chosen === never) {
    const configuration = vscode.workspace.getConfiguration();
    await configuration.update(settingIds.notifications, "none", vscode.ConfigurationTarget.Global);
  }
}

/** Asks once about each risky action that begins to wait, unless the user does not want to be told. */
export function notifyOfApprovals(source: ViewStateSource, settings: () => Settings): vscode.Disposable {
  const subscription = source.onChange((state, before) => {
    if (settings().notifications === "none") return;
    for (const approval of newApprovals(before, state)) void ask(approval);
  });
  return new vscode.Disposable(() => subscription.dispose());
}

async function ask({ approval_id, sentence, risk, requested_by }: PendingApproval): Promise<void> {
  const text = `Palyra asks for your approval (${risk} risk, for ${requested_by}): ${sentence}`;
  const chosen = await vscode.window.showWarningMessage(text, allow, deny);
  if (chosen === allow) await vscode.commands.executeCommand(commandIds.allowApproval, approval_id);
  if (chosen === deny) await vscode.commands.executeCommand(commandIds.denyApproval, approval_id);
}

/** Says that a changed setting waits for the next start of services that run; those that failed try again with it. */
export async function offerRestart(source: ViewStateSource, changed: readonly ServiceKind[]): Promise<void> {
  const { center } = source.state;
  if (center.kind !== "open") return;
  const views = center.snapshot.services.filter(({ service }) => changed.includes(service));
  for (const view of views) {
    if (serviceActions(view).canRetry) await vscode.commands.executeCommand(commandIds.retry, view.service);
  }
  const running = views.filter((view) => serviceActions(view).canStop).map(({ service }) => service);
  if (running.length === 0) return;
  const names = running.map((service) => serviceDisplayNames[service]).join(" and ");
  const text =
    running.length === 1
      ? `${names} uses the changed setting from its next start.`
      : `${names} use the changed setting from their next start.`;
  const restart = "Restart";
  const chosen = await vscode.window.showInformationMessage(text, restart);
  if (chosen !== restart) return;
  for (const service of running) await vscode.commands.executeCommand(commandIds.restartService, service);
}

/** Shows why a command of the user did not work, with the command that mends it. */
export async function showProblem(
  problem: ErrorDetails,
  remedy: RunnableRemedy = remedyOfError(problem),
): Promise<void> {
  const text = `${problem.message} ${nextStepIn("editor", problem)}`;
  const chosen = await vscode.window.showErrorMessage(text, remedy.title);
  if (chosen !== undefined) await vscode.commands.executeCommand(remedy.command, ...remedy.arguments);
}
