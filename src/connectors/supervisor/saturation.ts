import type { CircuitStatus, Saturation } from "../../contracts/connector-operations.ts";
import type { ConnectorReadiness } from "../../contracts/sidecar-status.ts";
import type { AdapterRateLimits } from "../connector-adapter.ts";
import type { QueueSnapshot } from "../store/parts/queue-control.ts";

/** Rows due at the same time from which on sending does not keep up. */
const manyDue = 8;

export interface SaturationFacts {
  readonly enabled: boolean;
  readonly readiness: ConnectorReadiness;
  readonly queue: QueueSnapshot;
  readonly rateLimits: AdapterRateLimits | null;
  readonly circuit: CircuitStatus["state"];
}

/** How much a connector is held up, on the one scale there is: the first state that applies, with its reasons. */
export function saturationOf(facts: SaturationFacts): Saturation {
  const { queue, circuit } = facts;
  const limits = facts.rateLimits ?? { globalRetryAfterMs: null, routes: [] };
  const globalWait = limits.globalRetryAfterMs ?? 0;
  const activeRoutes = limits.routes.filter((route) => route.retryAfterMs > 0).length;
  if (!facts.enabled) return { state: "paused", reasons: ["connector_disabled"] };
  if (queue.paused) {
    const why = queue.pauseReason === null ? [] : [`pause_reason=${queue.pauseReason}`];
    return { state: "paused", reasons: ["queue_paused", ...why] };
  }
  if (facts.readiness === "auth_failed" || facts.readiness === "missing_credential") {
    return { state: "auth_failed", reasons: [facts.readiness] };
  }
  if (queue.deadLetters > 0)
    return { state: "dead_lettered", reasons: [`dead_letters=${queue.deadLetters}`] };
  if (globalWait > 0 || activeRoutes > 0) {
    const reasons = [
      ...(globalWait > 0 ? [`global_retry_after_ms=${globalWait}`] : []),
      ...(activeRoutes > 0 ? [`active_route_limits=${activeRoutes}`] : []),
    ];
    return { state: "rate_limited", reasons };
  }
  if (circuit !== "closed") return { state: "circuit_open", reasons: [`circuit=${circuit}`] };
  if (queue.dueOutbox >= manyDue)
    return { state: "backpressure", reasons: [`due_outbox=${queue.dueOutbox}`] };
  if (queue.pendingOutbox > queue.dueOutbox + queue.claimedOutbox) {
    return { state: "retrying", reasons: [`pending_outbox=${queue.pendingOutbox}`] };
  }
  return { state: "healthy", reasons: [] };
}
