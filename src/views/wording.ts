import { isSendingPaused } from "../contracts/sending-paused.ts";
import type { ConnectorLiveness, ConnectorReadiness, ConnectorStatus } from "../contracts/sidecar-status.ts";
import type { OverallStatus, ServiceState } from "../contracts/snapshot.ts";

/** Words of the editor's surfaces for the values of the contracts. */
export const serviceStateWords: Readonly<Record<ServiceState, string>> = {
  stopped: "Stopped",
  starting: "Starting",
  running: "Running",
  degraded: "Degraded",
  unhealthy: "Not responding",
  backoff: "Waiting to restart",
  failed: "Failed",
  stopping: "Stopping",
};

export const overallStatusWords: Readonly<Record<OverallStatus, string>> = {
  stopped: "Stopped",
  stopping: "Stopping",
  starting: "Starting",
  healthy: "Healthy",
  degraded: "Degraded",
  down: "Down",
};

const readinessWords: Readonly<Record<ConnectorReadiness, string>> = {
  ready: "Ready",
  missing_credential: "Token missing",
  auth_failed: "Token refused",
  misconfigured: "Misconfigured",
  unknown: "Not known yet",
};

const livenessWords: Readonly<Record<ConnectorLiveness, string>> = {
  stopped: "Stopped",
  starting: "Connecting",
  running: "Connected",
  restarting: "Reconnecting",
  failed: "Failed",
};

/** State of a connector in a word or two: what keeps it from working, else how its connection is. */
export function connectorStateWord(connector: ConnectorStatus): string {
  if (!connector.enabled) return "Off";
  const connected = connector.liveness === "running" && connector.readiness === "ready";
  if (connected) return isSendingPaused(connector) ? "Sending paused" : readinessWords.ready;
  const blocked = connector.readiness !== "ready" && connector.readiness !== "unknown";
  return blocked ? readinessWords[connector.readiness] : livenessWords[connector.liveness];
}

/** `1 restart`, `2 restarts`. */
export function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** How long ago something was, such as `5 min ago`. */
export function agoWords(milliseconds: number): string {
  return milliseconds < 60_000 ? "just now" : `${durationWords(milliseconds)} ago`;
}

/** A duration in its two largest units, such as `2 h 5 min`. Not in seconds: nothing that shows it ticks so often. */
export function durationWords(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days > 0) return `${days} d ${hours % 24} h`;
  if (hours > 0) return `${hours} h ${minutes % 60} min`;
  return minutes > 0 ? `${minutes} min` : "< 1 min";
}
