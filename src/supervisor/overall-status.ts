import type { ServiceKind } from "../contracts/services.ts";
import type { ControlCenterSnapshot, OverallStatus, ServiceView } from "../contracts/snapshot.ts";
import { flappingOf } from "./flapping.ts";

export interface OverallVerdict {
  readonly status: OverallStatus;
  /** Why, in one sentence that can be shown. */
  readonly reason: string;
}

type StatusInputs = Pick<ControlCenterSnapshot, "services" | "gateway" | "browserd">;

/** How long after its hello a gateway that is not well counts as still starting, in milliseconds. */
const settlingMs = 10_000;

/**
 * The state of the whole in one word, from the first rule that applies: nothing wanted -> stopped; the gateway
 * fails -> down; something wanted is on its way -> starting; something wanted is not well -> degraded.
 * @param now Unix time in milliseconds
 */
export function overallStatus(inputs: StatusInputs, now: number): OverallVerdict {
  const { status, reason } = judge(inputs, now);
  return { status, reason: firstSentence(reason) };
}

/** The rest of a longer text is in the warnings. */
function firstSentence(text: string): string {
  return /^.+?[.!?](?=\s+[\p{Lu}“])/u.exec(text)?.[0] ?? text;
}

function judge({ services, gateway, browserd }: StatusInputs, now: number): OverallVerdict {
  const wanted = services.filter((view) => view.desired_running);
  if (wanted.length === 0) {
    const ending = services.find((view) => view.state === "stopping");
    return {
      status: "stopped",
      reason: ending === undefined ? "Palyra is stopped." : `${ending.display_name} is stopping.`,
    };
  }
  const main = find(services, "gateway");
  if (main?.desired_running && ["failed", "backoff", "unhealthy"].includes(main.state)) {
    return { status: "down", reason: main.problem?.message ?? `${main.display_name} is down.` };
  }
  if (main?.desired_running && isOnItsWay(main)) {
    const verb = main.state === "stopping" ? "is restarting" : "is starting";
    return { status: "starting", reason: `${main.display_name} ${verb}.` };
  }
  if (main?.desired_running && gateway?.status.health === "unhealthy") {
    const settling = now - (main.ready_at_unix_ms ?? 0) < settlingMs;
    return { status: settling ? "starting" : "down", reason: firstReason(gateway.status.reasons, main) };
  }
  if (main?.desired_running && main.state === "degraded") {
    return { status: "degraded", reason: main.problem?.message ?? `${main.display_name} is degraded.` };
  }
  for (const view of wanted) {
    if (view === main) continue;
    if (isOnItsWay(view)) return { status: "starting", reason: `${view.display_name} is starting.` };
    if (view.state !== "running") {
      return {
        status: "degraded",
        reason: view.problem?.message ?? `${view.display_name} is ${view.state}.`,
      };
    }
  }
  const browser = find(services, "browserd");
  if (browser?.desired_running && browserd !== null && browserd.status.health !== "ok") {
    return { status: "degraded", reason: firstReason(browserd.status.reasons, browser) };
  }
  const unready = gateway?.status.connectors.find(
    ({ enabled, readiness }) => enabled && readiness !== "ready",
  );
  if (unready !== undefined) {
    return {
      status: "degraded",
      reason:
        unready.last_error?.message ??
        `${unready.connector_id} is not ready (${unready.readiness.replaceAll("_", " ")}).`,
    };
  }
  const flapping = wanted.map((view) => flappingOf(view, now)).find((reason) => reason !== null);
  if (flapping !== undefined) return { status: "degraded", reason: flapping };
  const stopped = services.find((view) => !view.desired_running);
  if (stopped === undefined) return { status: "healthy", reason: "All services are running." };
  const reason = `${stopped.display_name} is stopped, as you wished.`;
  // Without the gateway nobody is answered; without the browser daemon all else works as the user wants it.
  return { status: stopped === main ? "degraded" : "healthy", reason };
}

function isOnItsWay(view: ServiceView): boolean {
  return view.state === "starting" || view.state === "stopping" || view.state === "stopped";
}

function find(services: readonly ServiceView[], kind: ServiceKind): ServiceView | undefined {
  return services.find((view) => view.service === kind);
}

function firstReason(reasons: readonly { readonly message: string }[], view: ServiceView): string {
  return reasons[0]?.message ?? `${view.display_name} is not well.`;
}
