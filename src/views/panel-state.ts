import type { PanelCommand, PanelState } from "../contracts/panel-link.ts";
import type { ServiceKind } from "../contracts/services.ts";
import type { ControlCenterSnapshot, Warning } from "../contracts/snapshot.ts";
import { commandIds, manageTrustCommand } from "./contribution-ids.ts";
import { type RunnableRemedy, remedyOfWarning } from "./remedies.ts";
import { allWarnings, isWarned, type ViewState } from "./view-state.ts";

/** What the panel shows of the state. A warning whose remedy cannot be run is shown without one. */
export function panelState(state: ViewState): PanelState {
  const { center } = state;
  const warnings = allWarnings(state);
  return {
    phase: center.kind,
    problem: center.kind === "failed" ? center.problem : null,
    snapshot: center.kind === "open" ? withoutToldProblems(center.snapshot, warnings) : null,
    warnings: warnings.map((warning) =>
      remedyOfWarning(warning) === null ? { ...warning, remedy: null } : warning,
    ),
  };
}

/** A problem that is among the warnings is not told again at its service. */
function withoutToldProblems(
  snapshot: ControlCenterSnapshot,
  warnings: readonly Warning[],
): ControlCenterSnapshot {
  const services = snapshot.services.map((view) =>
    isWarned(view.problem, warnings) ? { ...view, problem: null } : view,
  );
  return { ...snapshot, services };
}

/** Whether a connector with undeliverable replies is shown at this moment. */
export function hasUndelivered({ center }: ViewState, connectorId: string): boolean {
  const connectors = center.kind === "open" ? (center.snapshot.gateway?.status.connectors ?? []) : [];
  return connectors.some(({ connector_id, queue }) => connector_id === connectorId && queue.dead_letters > 0);
}

/** The remedy of a warning that is shown at this moment; null when there is none (any more). */
export function remedyOfShownWarning(state: ViewState, warningId: string): RunnableRemedy | null {
  const warning = allWarnings(state).find((candidate) => candidate.id === warningId);
  return warning === undefined ? null : remedyOfWarning(warning);
}

/** The VS Code command, with its arguments, for what the page asked for. */
export function commandOfPanel(
  command: PanelCommand,
  service: ServiceKind | undefined,
): { readonly id: string; readonly arguments: readonly string[] } {
  const args = service === undefined ? [] : [service];
  switch (command) {
    case "manageTrust":
      return { id: manageTrustCommand, arguments: [] };
    case "start":
      return { id: service === undefined ? commandIds.start : commandIds.startService, arguments: args };
    case "stop":
      return { id: service === undefined ? commandIds.stop : commandIds.stopService, arguments: args };
    case "restart":
      return { id: service === undefined ? commandIds.restart : commandIds.restartService, arguments: args };
    case "retry":
    case "showLogs":
      return { id: commandIds[command], arguments: args };
    case "rotateTokens":
    case "setDiscordToken":
    case "connectDiscord":
    case "openSettings":
    case "copySnapshot":
      return { id: commandIds[command], arguments: [] };
  }
}
