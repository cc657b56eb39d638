import { isSendingPaused } from "../contracts/sending-paused.ts";
import type { ServiceKind } from "../contracts/services.ts";
import type { ConnectorReadiness } from "../contracts/sidecar-status.ts";
import type {
  ControlCenterSnapshot,
  OverallCause,
  OverallStatus,
  ServiceState,
  ServiceView,
} from "../contracts/snapshot.ts";
import { flappingOf } from "./flapping.ts";
import { pauseMessage } from "./warnings.ts";

export interface OverallVerdict {
  readonly status: OverallStatus;
  /** Why, in one sentence that can be shown. */
  readonly reason: string;
  /** All that the status follows from, the weightiest first, each once; none when nothing is amiss. */
  readonly causes: readonly OverallCause[];
}

type StatusInputs = Pick<ControlCenterSnapshot, "services" | "gateway" | "browserd">;

/** How long after its hello a gateway that is not well counts as still starting, in milliseconds. */
export const settlingMs = 10_000;

interface Situation extends StatusInputs {
  readonly now: number;
  readonly wanted: readonly ServiceView[];
  /** The gateway, when it is wanted. */
  readonly main: ServiceView | undefined;
}

/** A rule gives the causes that it finds; none means that it does not apply. */
interface Rule {
  readonly status: OverallStatus;
  readonly find: (situation: Situation) => readonly OverallCause[];
}

/** The rules in the order of their weight: the first that finds a cause decides. */
const rules: readonly Rule[] = [
  { status: "stopping", find: lastOnesAreStopping },
  { status: "stopped", find: nothingIsWanted },
  { status: "down", find: gatewayDoesNotRun },
  { status: "starting", find: gatewayIsOnItsWay },
  { status: "starting", find: (situation) => gatewayIsUnwell(situation, true) },
  { status: "down", find: (situation) => gatewayIsUnwell(situation, false) },
  { status: "degraded", find: gatewayIsDegraded },
  { status: "starting", find: otherIsOnItsWay },
  { status: "degraded", find: otherDoesNotRun },
  { status: "degraded", find: browserIsUnwell },
  { status: "degraded", find: connectorIsNotReady },
  { status: "degraded", find: connectorIsPaused },
  { status: "degraded", find: goesUpAndDown },
  { status: "degraded", find: gatewayIsNotWanted },
];

/**
 * The state of the whole in one word, from the first rule that applies, and all that it follows from.
 * @param now Unix time in milliseconds
 */
export function overallStatus(inputs: StatusInputs, now: number): OverallVerdict {
  const wanted = inputs.services.filter((view) => view.desired_running);
  const situation = { ...inputs, now, wanted, main: find(wanted, "gateway") };
  const decisive = rules.find((rule) => rule.find(situation).length > 0);
  if (decisive === undefined) {
    const stopped = inputs.services.find((view) => !view.desired_running);
    const reason = stopped === undefined ? "All services are running." : asWished(stopped);
    return { status: "healthy", reason, causes: [] };
  }
  const causes = rules
    .filter((rule) => rule.status === decisive.status)
    .flatMap((rule) => rule.find(situation))
    .map(({ source, message }) => ({ source, message: firstSentence(message) }));
  const messages = [...new Set(causes.map(({ message }) => message))];
  // Later rules look closer, so the last that tells a cause names best where it is.
  const each = messages.flatMap((message) => causes.findLast((cause) => cause.message === message) ?? []);
  return { status: decisive.status, reason: each[0]?.message ?? "", causes: each };
}

/** The rest of a longer text is in the warnings. */
function firstSentence(text: string): string {
  return /^.+?[.!?](?=\s+[\p{Lu}“])/u.exec(text)?.[0] ?? text;
}

const stateWords: Readonly<Record<ServiceState, string>> = {
  stopped: "is stopped",
  starting: "is starting",
  running: "is running",
  degraded: "is not well",
  unhealthy: "does not answer",
  backoff: "waits for its next start",
  failed: "has failed",
  stopping: "is stopping",
};

const readinessWords: Readonly<Record<Exclude<ConnectorReadiness, "ready">, string>> = {
  missing_credential: "has no token",
  auth_failed: "has a token that is refused",
  misconfigured: "is not configured as it must be",
  unknown: "is not connected yet",
};

/** Nothing should run, but something still does. */
function lastOnesAreStopping({ wanted, services }: Situation): readonly OverallCause[] {
  if (wanted.length > 0) return [];
  return services
    .filter(({ state }) => state !== "stopped" && state !== "failed")
    .map((view) => causeOf(view, `${view.display_name} is stopping.`));
}

/** Nothing should run. */
function nothingIsWanted({ wanted }: Situation): readonly OverallCause[] {
  return wanted.length > 0 ? [] : [{ source: "control-center", message: "Palyra is stopped." }];
}

/** Without the gateway nobody is answered. */
function gatewayDoesNotRun({ main }: Situation): readonly OverallCause[] {
  if (main === undefined || !["failed", "backoff", "unhealthy"].includes(main.state)) return [];
  return [causeOf(main, main.problem?.message ?? `${main.display_name} is down.`)];
}

function gatewayIsOnItsWay({ main }: Situation): readonly OverallCause[] {
  return main !== undefined && isOnItsWay(main) ? [onItsWay(main)] : [];
}

/** It runs and says that it cannot work: soon after its start that is normal, later it is as good as down. */
function gatewayIsUnwell({ main, gateway, now }: Situation, settling: boolean): readonly OverallCause[] {
  if (main === undefined || gateway?.status.health !== "unhealthy") return [];
  if (isSettling(main, now) !== settling) return [];
  return [causeOf(main, firstReason(gateway.status.reasons, main))];
}

function gatewayIsDegraded({ main, gateway }: Situation): readonly OverallCause[] {
  if (main?.state !== "degraded") return [];
  const reasons = gateway?.status.health === "degraded" ? gateway.status.reasons : [];
  const told = [...(main.problem === null ? [] : [main.problem]), ...reasons];
  const messages = told.map(({ message }) => message);
  return (messages.length > 0 ? messages : [`${main.display_name} is not well.`]).map((message) =>
    causeOf(main, message),
  );
}

function otherIsOnItsWay({ wanted, main }: Situation): readonly OverallCause[] {
  return wanted.filter((view) => view !== main && isOnItsWay(view)).map(onItsWay);
}

function otherDoesNotRun({ wanted, main, browserd }: Situation): readonly OverallCause[] {
  // What it tells of itself says more than that it is not well.
  const tells = (browserd?.status.reasons ?? []).length > 0;
  return wanted
    .filter((view) => view !== main && view.state !== "running" && !isOnItsWay(view))
    .filter((view) => view.problem !== null || view.state !== "degraded" || !tells)
    .map((view) => causeOf(view, view.problem?.message ?? `${view.display_name} ${stateWords[view.state]}.`));
}

function browserIsUnwell({ wanted, browserd }: Situation): readonly OverallCause[] {
  const browser = find(wanted, "browserd");
  if (browser === undefined || browserd === null || browserd.status.health === "ok") return [];
  return [causeOf(browser, firstReason(browserd.status.reasons, browser))];
}

function connectorIsNotReady({ gateway }: Situation): readonly OverallCause[] {
  return (gateway?.status.connectors ?? [])
    .filter(({ enabled, readiness, liveness }) => {
      const isLost = liveness === "restarting" || liveness === "failed";
      return enabled && (readiness !== "ready" || isLost);
    })
    .map(({ connector_id, last_error, readiness }) => {
      const how = readiness === "ready" ? "has lost its connection" : readinessWords[readiness];
      return { source: connector_id, message: last_error?.message ?? `${connector_id} ${how}.` };
    });
}

function connectorIsPaused({ gateway }: Situation): readonly OverallCause[] {
  return (gateway?.status.connectors ?? [])
    .filter(isSendingPaused)
    .map(({ connector_id }) => ({ source: connector_id, message: pauseMessage(connector_id) }));
}

function goesUpAndDown({ wanted, now }: Situation): readonly OverallCause[] {
  return wanted.flatMap((view) => {
    const message = flappingOf(view, now);
    return message === null ? [] : [causeOf(view, message)];
  });
}

/** Without the browser daemon all else works as the user wants it; without the gateway nobody is answered. */
function gatewayIsNotWanted({ services, main }: Situation): readonly OverallCause[] {
  const gateway = find(services, "gateway");
  return main !== undefined || gateway === undefined ? [] : [causeOf(gateway, asWished(gateway))];
}

/** Whether a service came up so lately that what it lacks is still on its way. */
export function isSettling(view: ServiceView, now: number): boolean {
  return now - (view.ready_at_unix_ms ?? 0) < settlingMs;
}

function isOnItsWay(view: ServiceView): boolean {
  return view.state === "starting" || view.state === "stopping" || view.state === "stopped";
}

function onItsWay(view: ServiceView): OverallCause {
  const verb = view.state === "stopping" ? "is restarting" : "is starting";
  return causeOf(view, `${view.display_name} ${verb}.`);
}

function asWished(view: ServiceView): string {
  return `${view.display_name} is stopped, as you wished.`;
}

function causeOf(view: ServiceView, message: string): OverallCause {
  return { source: view.service, message };
}

function find(services: readonly ServiceView[], kind: ServiceKind): ServiceView | undefined {
  return services.find((view) => view.service === kind);
}

function firstReason(reasons: readonly { readonly message: string }[], view: ServiceView): string {
  return reasons[0]?.message ?? `${view.display_name} is not well.`;
}
