import { setupSteps } from "../supervisor/onboarding-progress.ts";
import { waitingApprovals } from "./approval-actions.ts";
import { connectorTraits } from "./channels/connector-traits.ts";
import { contextKeys, itemTraits, setupContextKey } from "./contribution-ids.ts";
import { anyServiceActions } from "./service-actions.ts";
import { phaseOf, setupOf, type ViewState } from "./view-state.ts";

/** The value of each context key in a state: what `when` and `enablement` clauses ask for. */
export function contextValues(state: ViewState): Readonly<Record<string, string | boolean>> {
  const none = { canStart: false, canStop: false, canRetry: state.center.kind === "failed" };
  const actions = state.center.kind === "open" ? anyServiceActions(state.center.snapshot) : none;
  return {
    [contextKeys.phase]: phaseOf(state),
    [contextKeys.canStart]: actions.canStart,
    [contextKeys.canStop]: actions.canStop,
    [contextKeys.canRetry]: actions.canRetry,
    ...gatewayValues(state),
    ...setupValues(state),
  };
}

function gatewayValues(state: ViewState): Readonly<Record<string, boolean>> {
  const status = state.center.kind === "open" ? state.center.snapshot.gateway?.status : undefined;
  const connectors = status?.connectors ?? [];
  const { total, enabled } = status?.webhooks ?? { total: 0, enabled: 0 };
  const traits = new Set(connectors.flatMap((connector) => connectorTraits(connector).split(" ")));
  return {
    [contextKeys.hasGateway]: status !== undefined,
    [contextKeys.hasChannels]: connectors.length > 0,
    [contextKeys.hasWebhooks]: total > 0,
    [contextKeys.canEnableWebhook]: enabled < total,
    [contextKeys.canDisableWebhook]: enabled > 0,
    [contextKeys.hasApprovals]: waitingApprovals(state).count > 0,
    [contextKeys.canEnableChannel]: traits.has(itemTraits.canEnable),
    [contextKeys.canDisableChannel]: traits.has(itemTraits.canDisable),
    [contextKeys.canPauseQueue]: traits.has(itemTraits.canPause),
    [contextKeys.canResumeQueue]: traits.has(itemTraits.canResume),
    [contextKeys.canDrainQueue]: traits.has(itemTraits.canDrain),
    [contextKeys.hasDeadLetters]: traits.has(itemTraits.hasDeadLetters),
  };
}

function setupValues(state: ViewState): Readonly<Record<string, boolean>> {
  const steps = setupOf(state)?.steps ?? [];
  const finished = new Set(
    steps.filter(({ state }) => state === "done" || state === "skipped").map(({ id }) => id),
  );
  return Object.fromEntries(setupSteps.map((id) => [setupContextKey(id), finished.has(id)]));
}
