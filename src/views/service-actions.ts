import type { ServiceKind } from "../contracts/services.ts";
import type { ControlCenterSnapshot, ServiceState, ServiceView } from "../contracts/snapshot.ts";

/** What a user may do with a service in its state. Stop is always possible while something runs or will. */
export interface ServiceActions {
  readonly canStart: boolean;
  readonly canStop: boolean;
  readonly canRetry: boolean;
}

const startable: ReadonlySet<ServiceState> = new Set(["stopped", "failed"]);
const stoppable: ReadonlySet<ServiceState> = new Set([
  "starting",
  "running",
  "degraded",
  "unhealthy",
  "backoff",
]);

export function serviceActions(view: ServiceView): ServiceActions {
  const canRetry = view.state === "failed" || view.state === "backoff";
  return {
    canStart: startable.has(view.state) && !canRetry,
    // One that is on its way down to come up again can be told to stay down.
    canStop: stoppable.has(view.state) || (view.state === "stopping" && view.desired_running),
    canRetry,
  };
}

/** Actions that at least one service of the snapshot allows. */
export function anyServiceActions(snapshot: ControlCenterSnapshot): ServiceActions {
  const each = snapshot.services.map(serviceActions);
  return {
    canStart: each.some((actions) => actions.canStart),
    canStop: each.some((actions) => actions.canStop),
    canRetry: each.some((actions) => actions.canRetry),
  };
}

/** Id of a service's item in the tree. */
export function serviceItemId(service: ServiceKind): string {
  return `service:${service}`;
}

/**
 * The service that a command was called for: a tree item's id, or the service's own name.
 * Returns null when the argument names none.
 */
export function serviceOfArgument(argument: unknown): ServiceKind | null {
  if (typeof argument !== "string") return null;
  const name = argument.startsWith("service:") ? argument.slice("service:".length) : argument;
  return name === "gateway" || name === "browserd" ? name : null;
}
