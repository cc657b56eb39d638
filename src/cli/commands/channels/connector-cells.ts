import type { ConnectorStatus } from "../../../contracts/sidecar-status.ts";
import type { StyledCell } from "../../output/table.ts";

/** How a connector is, in one cell: ready, off, or what is missing. */
export function readinessCell({ enabled, readiness, liveness }: ConnectorStatus): StyledCell {
  if (!enabled) return { text: "off", style: "dim" };
  if (readiness === "ready") {
    return liveness === "running"
      ? { text: "ready", style: "green" }
      : { text: `ready, ${liveness}`, style: "yellow" };
  }
  return { text: readiness.replaceAll("_", " "), style: readiness === "unknown" ? "dim" : "red" };
}
