import type { ErrorDetails } from "../contracts/errors.ts";
import { isSendingPaused } from "../contracts/sending-paused.ts";
import type { ControlCenterSnapshot, ServiceView, Warning } from "../contracts/snapshot.ts";
import { remedyFor } from "./remedies.ts";

/**
 * A problem as a warning with the command that mends it.
 * @param id stable while the problem lasts, so that a user is told once
 * @param source a service kind, a connector id, or `control-center`
 */
export function warningOf(
  id: string,
  source: string,
  severity: Warning["severity"],
  problem: ErrorDetails,
): Warning {
  return {
    id,
    severity,
    source,
    code: problem.code,
    message: problem.message,
    next_step: problem.next_step,
    remedy: remedyFor(problem.code),
  };
}

/** What the owner held back is easily forgotten, and nobody is answered meanwhile. */
function pauseWarning(connectorId: string): Warning {
  return {
    id: `${connectorId}:paused`,
    severity: "warning",
    source: connectorId,
    message: pauseMessage(connectorId),
    next_step: `Resume sending; in a terminal with: palyra channels queue-resume ${connectorId}`,
    remedy: { title: "Resume Sending", command: "palyra.resumeQueue" },
  };
}

export function pauseMessage(connectorId: string): string {
  return `${connectorId} sends nothing: its sending is paused.`;
}

type WarningInputs = Pick<ControlCenterSnapshot, "services" | "gateway" | "browserd">;

/** All warnings that follow from the state of services and connectors; a problem is told once. */
export function warningsOf({ services, gateway, browserd }: WarningInputs): Warning[] {
  const warnings: Warning[] = [];
  for (const view of services) {
    const reasons = (view.service === "gateway" ? gateway : browserd)?.status.reasons ?? [];
    // While it is degraded its problem is one of the reasons below, told by the part that knows.
    if (view.problem !== null && view.state !== "degraded") {
      warnings.push(
        warningOf(`${view.service}:${view.problem.code}`, view.service, severityOf(view), view.problem),
      );
    }
    // What has just come up and is not open yet is no problem; nor is it told by a service that does not run.
    if (view.state === "starting") continue;
    for (const reason of reasons) {
      warnings.push(warningOf(`${view.service}:${reason.code}`, view.service, "warning", reason));
    }
  }
  for (const connector of gateway?.status.connectors ?? []) {
    if (isSendingPaused(connector)) warnings.push(pauseWarning(connector.connector_id));
    if (!connector.enabled || connector.last_error === null) continue;
    if (connector.readiness === "ready" && connector.liveness === "running") continue;
    warnings.push(
      warningOf(
        `${connector.connector_id}:${connector.last_error.code}`,
        connector.connector_id,
        "error",
        connector.last_error,
      ),
    );
  }
  return onlyOnce(warnings);
}

function severityOf(view: ServiceView): Warning["severity"] {
  return view.state === "failed" ? "error" : "warning";
}

/** Drops repeated ids, and a service's general report of what a connector tells more exactly. */
function onlyOnce(warnings: readonly Warning[]): Warning[] {
  const byId = new Map<string, Warning>();
  for (const warning of warnings) if (!byId.has(warning.id)) byId.set(warning.id, warning);
  const unique = [...byId.values()];
  return unique.filter(
    (warning) =>
      warning.source !== "gateway" ||
      !unique.some(
        (other) => other !== warning && other.source !== "gateway" && other.message === warning.message,
      ),
  );
}
