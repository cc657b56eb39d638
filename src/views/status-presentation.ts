import type { OverallStatus, ServiceView, Warning } from "../contracts/snapshot.ts";
import { waitingApprovals } from "./approval-actions.ts";
import { commandIds, manageTrustCommand } from "./contribution-ids.ts";
import { commandLink, escapeMarkdown } from "./markdown.ts";
import { remedyOfError, remedyOfWarning } from "./remedies.ts";
import { anyServiceActions } from "./service-actions.ts";
import { allWarnings, isWarned, type ViewState } from "./view-state.ts";
import { connectorStateWord, count, overallStatusWords, serviceStateWords } from "./wording.ts";

/** Everything the status bar item shows, decided in one place. */
export interface StatusPresentation {
  readonly text: string;
  /** Markdown with theme icons and command links. */
  readonly tooltip: string;
  readonly accessibilityLabel: string;
  /** Colours the item; only where the user has to act. */
  readonly attention: "none" | "warning" | "error";
}

const icons: Readonly<Record<OverallStatus, string>> = {
  stopped: "circle-slash",
  stopping: "sync~spin",
  starting: "sync~spin",
  healthy: "pass",
  degraded: "warning",
  down: "error",
};

/** Commands a link in the tooltip may run. */
export const tooltipCommands: readonly string[] = [...Object.values(commandIds), manageTrustCommand];

export function statusPresentation(state: ViewState): StatusPresentation {
  const { center } = state;
  switch (center.kind) {
    case "opening":
      return present("sync~spin", "Starting", "Palyra is looking for its services.", state, [], "none");
    case "untrusted": {
      const reason = "This workspace is not trusted, so Palyra does not start or control the gateway here.";
      const links = [commandLink("Manage Workspace Trust", manageTrustCommand)];
      return present("shield", "Restricted", reason, state, links, "none");
    }
    case "failed": {
      const remedy = remedyOfError(center.problem);
      const links = [
        commandLink(remedy.title, remedy.command, remedy.arguments),
        ...settingsLink(remedy.command),
      ];
      const reason = `${center.problem.message} ${center.problem.next_step}`;
      return present("error", "Down", reason, state, links, "error");
    }
    case "open":
      return presentSnapshot(state, center.snapshot);
  }
}

function presentSnapshot(
  state: ViewState,
  snapshot: Extract<ViewState["center"], { kind: "open" }>["snapshot"],
): StatusPresentation {
  const status = snapshot.overall_status;
  const actions = anyServiceActions(snapshot);
  const told = allWarnings(state);
  const facts = [...approvalLines(state), ...snapshot.services.map((view) => serviceLine(view, told))];
  for (const connector of snapshot.gateway?.status.connectors ?? []) {
    const dead = connector.queue.dead_letters;
    const undeliverable =
      dead === 0 ? "" : `, ${count(dead, "undeliverable message", "undeliverable messages")}`;
    facts.push(
      `$(plug) ${escapeMarkdown(connector.connector_id)}: ${connectorStateWord(connector)}${undeliverable}`,
    );
  }
  const links = [
    commandLink("Open Control Center", commandIds.openControlCenter),
    ...(actions.canRetry ? [commandLink("Retry", commandIds.retry)] : []),
    ...(actions.canStop
      ? [commandLink("Restart", commandIds.restart), commandLink("Stop", commandIds.stop)]
      : []),
    ...(actions.canStart && !actions.canStop ? [commandLink("Start", commandIds.start)] : []),
    commandLink("Show Logs", commandIds.showLogs),
  ];
  return present(
    icons[status],
    overallStatusWords[status],
    snapshot.overall_reason,
    state,
    links,
    attentionOf(state, status),
    facts,
  );
}

/**
 * Down colours the item as an error; degraded only when there is something the user can do about it; what waits for
 * the user's word is that too.
 */
function attentionOf(state: ViewState, status: OverallStatus): StatusPresentation["attention"] {
  if (status === "down") return "error";
  if (waitingApprovals(state).count > 0) return "warning";
  const mendable = allWarnings(state).some((warning) => remedyOfWarning(warning) !== null);
  return status === "degraded" && mendable ? "warning" : "none";
}

function present(
  icon: string,
  word: string,
  reason: string,
  state: ViewState,
  links: readonly string[],
  attention: StatusPresentation["attention"],
  facts: readonly string[] = [],
): StatusPresentation {
  const blocks = [
    `**Palyra: ${word}**`,
    escapeMarkdown(reason),
    facts.join("  \n"),
    allWarnings(state).map(warningLine).join("  \n"),
    links.join(" · "),
  ];
  return {
    text: `$(${icon}) Palyra: ${word}`,
    tooltip: blocks.filter((block) => block !== "").join("\n\n"),
    accessibilityLabel: [`Palyra: ${word}.`, reason, ...whatTheColourSays(state)].join(" "),
    attention,
  };
}

/** What colours the item, in words: not everybody sees the colour. */
function whatTheColourSays(state: ViewState): readonly string[] {
  const waiting = waitingApprovals(state).count;
  const warnings = allWarnings(state).length;
  return [
    ...(waiting === 0 ? [] : [`${count(waiting, "approval waits", "approvals wait")} for you.`]),
    ...(warnings === 0 ? [] : [`${count(warnings, "warning", "warnings")}.`]),
  ];
}

/** How much waits for the user, and the oldest of it with its two answers. */
function approvalLines(state: ViewState): readonly string[] {
  const { count: waiting, first } = waitingApprovals(state);
  const [oldest] = first;
  if (oldest === undefined) return [];
  const { approval_id: id, sentence } = oldest;
  const answers = [
    commandLink("Allow", commandIds.allowApproval, [id]),
    commandLink("Deny", commandIds.denyApproval, [id]),
  ];
  return [
    `$(question) ${count(waiting, "approval waits", "approvals wait")} for you: ${escapeMarkdown(sentence)} ${answers.join(" · ")}`,
  ];
}

function serviceLine(view: ServiceView, told: readonly Warning[]): string {
  const since = view.ready_at_unix_ms === null ? "" : `, since ${clockTime(view.ready_at_unix_ms)}`;
  const pid = view.pid === null ? "" : `, process ${view.pid}`;
  const ports = view.ports.map((bound) => `, port ${bound.port}`).join("");
  const restarts = view.restarts === 0 ? "" : `, ${count(view.restarts, "restart", "restarts")}`;
  const problem = view.problem === null || isWarned(view.problem, told) ? "" : `. ${view.problem.message}`;
  const details = escapeMarkdown(
    `${serviceStateWords[view.state]}${since}${pid}${ports}${restarts}${problem}`,
  );
  return `$(server-process) ${escapeMarkdown(view.display_name)}: ${details}`;
}

function warningLine(warning: Warning): string {
  const remedy = remedyOfWarning(warning);
  const link = remedy === null ? "" : ` ${commandLink(remedy.title, remedy.command, remedy.arguments)}`;
  return `$(${warning.severity}) ${escapeMarkdown(warning.message)}${link}`;
}

function settingsLink(shown: string): readonly string[] {
  return shown === commandIds.openSettings ? [] : [commandLink("Open Settings", commandIds.openSettings)];
}

function clockTime(unixMs: number): string {
  return new Date(unixMs).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
}
