import type { ApprovalRisk, PendingApproval } from "../contracts/approvals.ts";
import type { ErrorDetails } from "../contracts/errors.ts";
import { isSendingPaused } from "../contracts/sending-paused.ts";
import type { ConnectorStatus } from "../contracts/sidecar-status.ts";
import type { ServiceState, ServiceView, Warning } from "../contracts/snapshot.ts";
import { approvalItemId, waitingApprovals } from "./approval-actions.ts";
import { connectorItemId, connectorTraits } from "./channels/connector-traits.ts";
import { commandIds, itemTraits } from "./contribution-ids.ts";
import { recentEventNodes } from "./event-nodes.ts";
import type { NodeIcon, OverviewNode } from "./overview-node.ts";
import { remedyOfError, remedyOfWarning } from "./remedies.ts";
import { serviceActions, serviceItemId } from "./service-actions.ts";
import { setupNodes } from "./setup/setup-nodes.ts";
import { allWarnings, isWarned, phaseOf, type ViewState } from "./view-state.ts";
import { webhookNodes } from "./webhooks/webhook-nodes.ts";
import { agoWords, connectorStateWord, count, durationWords, serviceStateWords } from "./wording.ts";

const green = "testing.iconPassed";
const yellow = "problemsWarningIcon.foreground";
const red = "problemsErrorIcon.foreground";

const serviceIcons: Readonly<Record<ServiceState, NodeIcon>> = {
  stopped: { id: "circle-outline" },
  starting: { id: "sync~spin" },
  running: { id: "pass-filled", color: green },
  degraded: { id: "warning", color: yellow },
  unhealthy: { id: "error", color: red },
  backoff: { id: "history", color: yellow },
  failed: { id: "error", color: red },
  stopping: { id: "sync~spin" },
};

/**
 * Items of the overview: warnings and what waits for the user first, then services and connectors. Empty where a welcome text
 * says more.
 * @param now milliseconds since 1970, for uptimes
 */
export function overviewNodes(state: ViewState, now: number): readonly OverviewNode[] {
  const { center } = state;
  const told = allWarnings(state);
  const warnings = told.map(warningNode);
  if (center.kind === "failed") return [problemNode("problem", center.problem), ...warnings];
  if (center.kind !== "open") return warnings;
  if (phaseOf(state) === "notStarted") return [];
  const { snapshot } = center;
  const connectors = snapshot.gateway?.status.connectors ?? [];
  const outdated = snapshot.sources.some(({ source, state }) => source === "gateway" && state === "stale");
  return [
    ...setupNodes(state),
    ...group("warnings", "Warnings", warnings),
    ...approvalGroup(state, now),
    ...group(
      "services",
      "Services",
      snapshot.services.map((view) => serviceNode(view, told, now)),
    ),
    ...(snapshot.gateway === null ? [] : [connectorGroup(connectors, outdated)]),
    ...webhookNodes(snapshot.gateway?.status.webhooks),
    ...recentEventNodes(snapshot.recent_events, now),
  ];
}

function group(id: string, label: string, children: readonly OverviewNode[]): readonly OverviewNode[] {
  return children.length === 0 ? [] : [{ id, label, accessibilityLabel: label, expanded: true, children }];
}

/** What waits for the owner's word; those that are not shown are counted in the last item. */
function approvalGroup(state: ViewState, now: number): readonly OverviewNode[] {
  const { count: waiting, first } = waitingApprovals(state);
  const nodes = first.map((approval) => approvalNode(approval, now));
  const hidden = waiting - first.length;
  if (hidden > 0) nodes.push(fact("approvals/more", "More wait behind these", String(hidden), "ellipsis"));
  return group("approvals", "Approvals", nodes);
}

const riskIcons: Readonly<Record<ApprovalRisk, NodeIcon>> = {
  low: { id: "question" },
  medium: { id: "question", color: yellow },
  high: { id: "question", color: red },
  critical: { id: "question", color: red },
};

function approvalNode(approval: PendingApproval, now: number): OverviewNode {
  const { approval_id, sentence, risk, requested_by, expires_at_unix_ms } = approval;
  const description = `${risk} risk · ${requested_by}`;
  const left = durationWords(Math.max(0, expires_at_unix_ms - now));
  return {
    id: approvalItemId(approval_id),
    label: sentence,
    description,
    tooltip: `${sentence}\n\nAsked by ${requested_by}; ${risk} risk; ${left} left to decide. It is done once, and only if you allow it.`,
    icon: riskIcons[risk],
    contextValue: itemTraits.approval,
    accessibilityLabel: `Waits for your decision: ${sentence} ${risk} risk, asked by ${requested_by}`,
    children: [],
  };
}

function serviceNode(view: ServiceView, told: readonly Warning[], now: number): OverviewNode {
  const word = serviceStateWords[view.state];
  const uptime = view.ready_at_unix_ms === null ? null : durationWords(now - view.ready_at_unix_ms);
  const ports = view.ports.map((bound) => `:${bound.port}`).join(" ");
  const description = [word, uptime === null ? "" : `up ${uptime}`, ports].filter(Boolean).join(" · ");
  const actions = serviceActions(view);
  const id = serviceItemId(view.service);
  const untold = isWarned(view.problem, told) ? null : view.problem;
  const traits = [
    itemTraits.service,
    actions.canStart ? itemTraits.canStart : "",
    actions.canStop ? itemTraits.canStop : "",
    actions.canRetry ? itemTraits.canRetry : "",
  ];
  return {
    id,
    label: view.display_name,
    description,
    tooltip: view.problem === null ? `${view.display_name}: ${description}` : sentences(view.problem),
    icon: serviceIcons[view.state],
    contextValue: traits.filter(Boolean).join(" "),
    accessibilityLabel: `${view.display_name}, ${description}`,
    expanded: untold !== null,
    children: [
      ...(untold === null ? [] : [problemNode(`${id}/problem`, untold)]),
      ...serviceFacts(view, id, uptime, now),
    ],
  };
}

function serviceFacts(
  view: ServiceView,
  id: string,
  uptime: string | null,
  now: number,
): readonly OverviewNode[] {
  const facts: OverviewNode[] = [];
  if (view.pid !== null) {
    facts.push(
      fact(`${id}/pid`, "Process", `${view.pid}${view.adopted ? ", found running" : ""}`, "server-process"),
    );
  }
  if (uptime !== null) facts.push(fact(`${id}/uptime`, "Uptime", uptime, "clock"));
  for (const bound of view.ports)
    facts.push(fact(`${id}/port:${bound.name}`, `Port ${bound.name}`, `${bound.port}`, "plug"));
  const restarts = view.restarts === 0 ? "none" : count(view.restarts, "restart", "restarts");
  facts.push(fact(`${id}/restarts`, "Restarts", restarts, "history"));
  const crashes = view.recent_crashes.toReversed();
  if (crashes.length > 0) {
    const ends = crashes.map(({ unix_ms, reason }) =>
      fact(`${id}/crash:${unix_ms}`, reason, agoWords(now - unix_ms), "debug-disconnect"),
    );
    facts.push({ ...fact(`${id}/crashes`, "Crashes", `${crashes.length} lately`, "flame"), children: ends });
  }
  if (view.last_exit !== null)
    facts.push(fact(`${id}/exit`, "Last exit", view.last_exit, "debug-disconnect"));
  if (view.version !== null) facts.push(fact(`${id}/version`, "Version", view.version, "tag"));
  return facts;
}

/** @param outdated the gateway does not answer, so that this is what it told last */
function connectorGroup(connectors: readonly ConnectorStatus[], outdated: boolean): OverviewNode {
  const children =
    connectors.length > 0
      ? connectors.map(connectorNode)
      : [
          {
            id: "connectors/none",
            label: "Nothing is connected",
            icon: { id: "add" },
            description: "Connect Discord",
            accessibilityLabel: "Nothing is connected. Connect Discord.",
            tooltip: "Connect a Discord bot, so that people can write to it.",
            command: { title: "Connect Discord", command: commandIds.connectDiscord, arguments: [] },
            children: [],
          },
        ];
  return {
    id: "connectors",
    label: "Connectors",
    ...(outdated ? { description: "out of date: the gateway does not answer" } : {}),
    accessibilityLabel: outdated ? "Connectors, out of date" : "Connectors",
    expanded: true,
    children,
  };
}

function connectorNode(connector: ConnectorStatus): OverviewNode {
  const id = connectorItemId(connector.connector_id);
  const word = connectorStateWord(connector);
  const waiting = connector.queue.inbox_pending + connector.queue.outbox_pending;
  const queue = [
    waiting > 0 ? `${waiting} waiting` : "",
    connector.queue.dead_letters > 0 ? `${connector.queue.dead_letters} undeliverable` : "",
  ];
  const description = [word, connector.identity === null ? "" : `@${connector.identity}`, ...queue]
    .filter(Boolean)
    .join(" · ");
  const works = word === "Ready";
  const children: OverviewNode[] = [];
  if (connector.last_error !== null && !works) {
    children.push(problemNode(`${id}/problem`, connector.last_error));
  }
  children.push(
    fact(`${id}/inbox`, "Messages waiting", `${connector.queue.inbox_pending}`, "inbox"),
    fact(`${id}/outbox`, "Replies waiting", `${connector.queue.outbox_pending}`, "send"),
    deadLetterFact(connector, id),
  );
  return {
    id,
    label: connector.connector_id,
    description,
    tooltip: `${connector.connector_id}: ${description}`,
    icon: connectorIcon(connector, works),
    contextValue: connectorTraits(connector),
    accessibilityLabel: `${connector.connector_id}, ${description}`,
    expanded: connector.last_error !== null && !works,
    children,
  };
}

/** Undeliverable messages; where there are some, a click shows them. */
function deadLetterFact({ connector_id, queue }: ConnectorStatus, id: string): OverviewNode {
  const node = fact(`${id}/dead`, "Undeliverable", `${queue.dead_letters}`, "trash");
  if (queue.dead_letters === 0) return node;
  const command = { title: "Show Them", command: commandIds.showDeadLetters, arguments: [connector_id] };
  return { ...node, command };
}

function connectorIcon(connector: ConnectorStatus, works: boolean): NodeIcon {
  if (!connector.enabled || connector.liveness === "stopped") return { id: "circle-outline" };
  if (works) return { id: "pass-filled", color: green };
  if (isSendingPaused(connector)) return { id: "debug-pause", color: yellow };
  if (connector.liveness === "starting" && connector.last_error === null) return { id: "sync~spin" };
  return connector.liveness === "failed" ? { id: "error", color: red } : { id: "warning", color: yellow };
}

function warningNode(warning: Warning): OverviewNode {
  const remedy = remedyOfWarning(warning);
  return {
    id: `warning:${warning.id}`,
    label: warning.message,
    tooltip: `${warning.message} ${warning.next_step}`,
    icon: warning.severity === "error" ? { id: "error", color: red } : { id: "warning", color: yellow },
    contextValue: "warning",
    accessibilityLabel: `${warning.severity}: ${warning.message} ${warning.next_step}`,
    ...(remedy === null ? {} : { description: remedy.title, command: remedy }),
    children: [],
  };
}

function problemNode(id: string, problem: ErrorDetails): OverviewNode {
  const remedy = remedyOfError(problem);
  return {
    id,
    label: problem.message,
    description: remedy.title,
    tooltip: sentences(problem),
    icon: { id: "error", color: red },
    contextValue: "problem",
    accessibilityLabel: `Problem: ${sentences(problem)}`,
    command: remedy,
    children: [],
  };
}

function fact(id: string, label: string, value: string, icon: string): OverviewNode {
  return {
    id,
    label,
    description: value,
    tooltip: `${label}: ${value}`,
    icon: { id: icon },
    contextValue: "fact",
    accessibilityLabel: `${label}: ${value}`,
    children: [],
  };
}

function sentences(problem: ErrorDetails): string {
  return `${problem.message} ${problem.next_step}`;
}
